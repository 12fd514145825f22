"""What we believe, told subject by subject for a reader: the stored picture, in a newsroom's order.

    Picture, Finding, Conflict rows ─ for_reader ─> one Told a subject: status, gaps, legs, facts, each a line

Reads what the reconciler stored and works nothing out anew but words: alleged, denied by a party, no answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from actors.access import Reader
from actors.models import Source
from shipments.models import Attribute, Conflict, Finding, Leg, Picture, Report, Subject
from shipments.reconciliation.lifecycles import LEG, LIFECYCLES
from shipments.services.parties import Parties, parties_of
from shipments.services.value_names import named, names_of
from shipments.wording import as_of_in_words, interval_in_words

ORDER = ["shipment", "appeal", "offer", "contact", "inquiry", "crisis"]
WITH_LIFECYCLE = {"shipment", "appeal", "offer"}
# What a denial of a milestone amounts to, where English has a better word than "not".
DENIED = {"acknowledged": "no answer so far", "departed": "none seen to depart", "made": "none was made"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing we believe, or know that we do not know. ``confidence`` is per mille."""

    what: str
    value: str
    state: str
    confidence: int | None = None
    origins: tuple[str, ...] = ()
    unresolved: int = 0
    contested: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Told:
    """One subject and what we believe of it; no lines: nothing is believed yet."""

    subject: Subject
    lines: list[Line] = field(default_factory=list)


def tell(subjects: Iterable[Subject], reader: Reader, *, known_at: datetime | None = None) -> list[Told]:
    """What ``reader`` may know of ``subjects`` (now, or at ``known_at``), by kind and then by age."""
    seen = {subject.pk: subject for subject in subjects}
    rows = _Rows(seen, reader, known_at)
    ordered = sorted(seen.values(), key=lambda subject: (ORDER.index(subject.kind), subject.pk))
    return [Told(subject=subject, lines=list(rows.lines(subject))) for subject in ordered]


class _Rows:
    """The picture rows of some subjects, as one reader knows them; a fixed number of queries."""

    def __init__(self, subjects: Mapping[UUID, Subject], reader: Reader, known_at: datetime | None) -> None:
        def known(model: Any) -> Any:
            return model.objects.for_reader(reader, known_at=known_at).filter(subject_id__in=subjects)

        self.pictures = {picture.subject_id: picture for picture in known(Picture)}
        self.findings: defaultdict[UUID, list[Finding]] = defaultdict(list)
        for finding in known(Finding).order_by("attribute", "as_of", "leg", "line", "scope"):
            self.findings[finding.subject_id].append(finding)
        self.conflicts: defaultdict[UUID, list[Conflict]] = defaultdict(list)
        for conflict in known(Conflict).order_by("kind", "stable_id"):
            self.conflicts[conflict.subject_id].append(conflict)
        self.attributes = {each.name: each for each in Attribute.objects.all()}
        self.legs: defaultdict[UUID, list[Leg]] = defaultdict(list)
        for leg in Leg.objects.filter(shipment_id__in=subjects):
            self.legs[leg.shipment_id].append(leg)
        self.parties: dict[UUID, Parties] = parties_of({key: subject.kind for key, subject in subjects.items()})
        self.names = names_of((finding.value for finding in self._all(self.findings)), reader)
        self.named = set(Source.objects.named_to(reader).values_list("code", flat=True))
        self.speakers = self._speakers(reader)
        interests = Source.objects.values_list("code", "actor_id", "interest_rows__actor_id")
        self.interests: defaultdict[str, set[UUID]] = defaultdict(set)
        for code, actor, interest in interests:
            self.interests[code] |= {each for each in (actor, interest) if each}

    def _speakers(self, reader: Reader) -> dict[str, str]:
        """The source of each report that stands for or against something, by the report's reference."""
        named = {reference for finding in self._all(self.findings) for reference in finding.because}
        named |= {each for conflict in self._all(self.conflicts) for each in (*conflict.reports, *conflict.against)}
        reports = Report.objects.visible_to(reader).filter(reference__in=named)
        return dict(reports.values_list("reference", "source__code"))

    @staticmethod
    def _all(rows: Mapping[UUID, list[Any]]) -> Iterator[Any]:
        return (row for each in rows.values() for row in each)

    def lines(self, subject: Subject) -> Iterator[Line]:
        picture = self.pictures.get(subject.pk)
        if picture is None:
            return
        if subject.kind in WITH_LIFECYCLE:
            yield self._status(subject, picture)
        denied = [each for each in self.findings[subject.pk] if each.kind == "milestone" and each.state == "denied"]
        ahead = {each["milestone"] for each in picture.planned if not each["is_seen"]}
        yield from (self._gap(each) for each in picture.planned if not each["is_seen"])
        yield from (
            self._denied(each, picture, subject.kind)
            for each in denied
            if each.attribute not in ahead and picture.status
        )
        yield from self._legs(subject, picture)
        yield from self._facts(subject)

    def _status(self, subject: Subject, picture: Picture) -> Line:
        status, confidence = picture.status, picture.confidence
        said = words(status or picture.leading) or "unknown"
        if not status and picture.leading:
            said, confidence = f"{said} (not confirmed)", picture.leading_confidence
        elif picture.leading and picture.leading != status:
            said += f", perhaps {words(picture.leading)}"
        denials = self._denials(subject, picture)
        remarks = []
        for each in picture.alternatives:
            voices = self._voices(each["origins"], each["unresolved"])
            against = denials.pop(each["label"], set())
            denied = f"; denied by {self._voices(sorted(against))}" if against else ""
            remarks.append(f"or {words(each['label'])}: {voices}{denied}")
        deniers = sorted(set().union(*denials.values()))
        parties = self._parties(subject, deniers)
        if deniers and picture.state == "denied":
            said = DENIED.get(self._first_denied(subject), said)
        elif subject.kind == "appeal" and status == "made" and not self._parties(subject, picture.origins):
            said = "made (alleged)"
        if deniers:
            remarks.append(f"denied by {self._voices(deniers)}{', a party' if parties else ''}")
        return Line(
            what="status",
            value=said,
            state=picture.state,
            confidence=None if picture.state == "denied" else confidence,
            origins=self._shown(picture.origins),
            unresolved=picture.unresolved,
            contested=picture.contested,
            remarks=tuple(remarks),
        )

    def _denials(self, subject: Subject, picture: Picture) -> dict[str, set[str]]:
        """The sources that deny each milestone which somebody claims; where all is denied, what is denied."""
        denials: defaultdict[str, set[str]] = defaultdict(set)
        for row in self.conflicts[subject.pk]:
            if row.kind == "denied":
                denials[row.about.partition(":")[2]] |= self._speaking(self._against(row))
        if picture.state == "denied":
            for finding in self.findings[subject.pk]:
                if finding.state == "denied":
                    denials[finding.attribute] |= self._speaking(finding.because)
        return denials

    def _speaking(self, references: Iterable[str]) -> set[str]:
        return {self.speakers[each] for each in references if each in self.speakers}

    @staticmethod
    def _against(conflict: Conflict) -> list[str]:
        # Where the denial lost, the conflict is about the denial; else about the claim that it beat.
        return conflict.reports if conflict.reason == "denial_outweighed" else conflict.against

    def _parties(self, subject: Subject, sources: Iterable[str]) -> list[str]:
        parties = {actor for _, actor in self.parties[subject.pk].roles}
        return [code for code in sources if self.interests[code] & parties]

    def _first_denied(self, subject: Subject) -> str:
        found = (each.attribute for each in self.findings[subject.pk] if each.kind == "milestone")
        return next(found, "")

    def _gap(self, planned: Mapping[str, Any]) -> Line:
        when = interval_in_words(planned["at"])
        denied = (f"none seen, by {self._voices(planned['denied_by'])}",) if planned["denied_by"] else ()
        return Line(
            what=words(planned["milestone"]),
            value=f"planned{' for ' + when if when else ''}; not seen",
            state="gap",
            origins=self._shown(planned["origins"]),
            unresolved=planned["unresolved"],
            remarks=denied,
        )

    def _denied(self, finding: Finding, picture: Picture, kind: str) -> Line:
        sources = sorted(self._speaking(finding.because))
        return Line(
            what=words(finding.attribute),
            value=denied_in_words(finding, picture, kind),
            state=finding.state,
            origins=self._shown(sources),
        )

    def _legs(self, subject: Subject, picture: Picture) -> Iterator[Line]:
        """One line for the legs of a role that stand alike."""
        stored = {each["key"]: each for each in picture.legs}
        alike: dict[tuple[str, str, str, tuple[str, ...], int], list[str]] = {}
        for leg in self.legs[subject.pk]:
            each = stored.get(leg.key)
            if each is None or not each["timeline"]:
                continue
            last = each["timeline"][-1]
            said = words(each["status"] or f"{each['leading']} (not confirmed)")
            alike.setdefault((leg.role, said, each["state"], tuple(last["origins"]), last["unresolved"]), []).append(
                leg.key
            )
        for (role, said, state, origins, unresolved), keys in alike.items():
            what = f"legs {_legs_together(keys)}" if len(keys) > 1 else f"leg {keys[0]}"
            confidence = min(stored[key]["timeline"][-1]["confidence"] for key in keys)
            yield Line(
                what=what,
                value=f"{said} ({role})",
                state=state,
                confidence=confidence,
                origins=self._shown(origins),
                unresolved=unresolved,
                contested=state == "contested",
            )

    def _facts(self, subject: Subject) -> Iterator[Line]:
        """One line a fact; the same fact of several legs is one."""
        alike: dict[tuple[Any, ...], list[Finding]] = {}
        for finding in self.findings[subject.pk]:
            if finding.kind == "fact":
                key = (finding.attribute, finding.as_of, finding.label, finding.state, tuple(finding.origins))
                alike.setdefault((*key, finding.scope, finding.time_class), []).append(finding)
        for group in alike.values():
            yield self._fact(group)

    def _fact(self, group: list[Finding]) -> Line:
        finding = group[0]
        attribute = self.attributes.get(finding.attribute)
        what = attribute.label if attribute else words(finding.attribute)
        if finding.time_class != "actual":
            what += f" ({finding.time_class})"
        value = self._named(finding.value, finding.label)
        legs = [each.leg for each in group if each.leg]
        if finding.as_of:
            # Counts of people are the rule here, and the column is narrow.
            value = f"{value.removesuffix(' people')} on {as_of_in_words(finding.as_of)}"
        if legs:
            value += f" on each of {len(legs)} legs" if len(legs) > 1 else f" on {legs[0]}"
        return Line(
            what=what,
            value=value,
            state=finding.state,
            confidence=finding.told_confidence,
            origins=self._shown(finding.origins),
            unresolved=finding.unresolved,
            contested=finding.state == "contested",
            remarks=tuple(
                f"or {self._named(each['value'], each['label'])}: {self._voices(each['origins'], each['unresolved'])}"
                for each in finding.alternatives
            ),
        )

    def _named(self, value: dict[str, Any] | None, label: str) -> str:
        return named(value, label, self.names) or "unknown"

    def _shown(self, origins: Iterable[str]) -> tuple[str, ...]:
        return tuple(code if code in self.named else "a protected source" for code in origins)

    def _voices(self, origins: Iterable[str], unresolved: int = 0) -> str:
        return ", ".join([*self._shown(origins), *unnamed(unresolved)])


def denied_in_words(finding: Finding, picture: Picture, kind: str) -> str:
    """What denials of a milestone that nobody claims come to: no answer so far.

    The story may go further all the same: then "denied" is what was said of the milestone, not what is believed.
    """
    legs = (leg["timeline"] for leg in picture.legs if leg["key"] == finding.leg)
    timeline, lifecycle = (next(legs, []), LEG) if finding.leg else (picture.timeline, LIFECYCLES[kind])
    implying = lifecycle.implying(finding.attribute)
    if step := next((each["milestone"] for each in timeline if each["milestone"] in implying), ""):
        return f"denied; {words(step)}, which implies it, weighs more"
    return DENIED.get(finding.attribute, f"not {words(finding.attribute)}")


def words(code: str) -> str:
    """A code as words: out_for_delivery, out for delivery."""
    return code.replace("_", " ")


def _legs_together(keys: list[str]) -> str:
    """Keys of legs told together: back-1, back-2, back-3 as ``back-1 to 3``."""
    stem, dash, first = keys[0].rpartition("-")
    numbers = [key.removeprefix(f"{stem}{dash}") for key in keys]
    if all(each.isdigit() for each in numbers) and len(numbers) > 1:
        whole = [int(each) for each in numbers]
        if whole == list(range(whole[0], whole[-1] + 1)):
            return f"{stem}{dash}{first} to {whole[-1]}"
    return ", ".join(keys)


def unnamed(count: int) -> list[str]:
    """Origins that nobody named, as one more voice."""
    return [f"{count} unnamed"] if count else []
