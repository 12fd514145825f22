"""What a subject's page tells beside its plan: what we believe, what contradicts it, what became of each report.

stored rows of the reader's tier ─┐
folded now, for a reader with     ├─> Panel ─> templates/admin/shipments/panel.html
reports of their own or a grant  ─┘
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from actors.access import Reader
from actors.admin.badges import badge, marking_badge, percent, state_badge, words
from actors.models import Source
from shipments.admin.wording import (
    FATE_COLOURS,
    about_in_words,
    conflict_in_words,
    fate_in_words,
    occurrence_in_words,
    reason_in_words,
    said_in_words,
)
from shipments.models import Conflict, Document, Due, Finding, Picture, Report, Subject
from shipments.reconciliation.lifecycles import LIFECYCLES
from shipments.services.explaining import explain, picture_for, reads_beyond_tier
from shipments.services.picturing import (
    conflict_columns,
    conflict_keys,
    finding_columns,
    finding_keys,
    picture_columns,
)
from shipments.services.telling import denied_in_words
from shipments.services.value_names import named, names_of
from shipments.wording import as_of_in_words, interval_in_words

# A page shows so many reports; the rest is a link to their list.
MOST_REPORTS = 200


WITHHELD = "a withheld source"


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the reader may call those who speak: hidden sources have no name here."""

    speakers: dict[str, str]
    withheld: frozenset[str]
    values: dict[str, str]

    def origins(self, codes: Iterable[str]) -> list[str]:
        return [WITHHELD if code in self.withheld else code for code in codes]

    def speakers_of(self, references: Iterable[str]) -> list[tuple[str, str]]:
        """References with the source that each speaks with; one past the end of the page names itself."""
        return [(reference, self.speakers.get(reference, reference)) for reference in references]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Everything on the page, ready to be printed."""

    summary: dict[str, Any] | None
    steps: Sequence[dict[str, Any]]
    legs: Sequence[dict[str, Any]]
    planned: Sequence[dict[str, Any]]
    facts: Sequence[dict[str, Any]]
    milestones: Sequence[dict[str, Any]]
    conflicts: Sequence[dict[str, Any]]
    reports: Sequence[dict[str, Any]]
    count: int
    more_reports: int
    known_at: datetime | None
    is_folded_for_reader: bool
    is_due: bool


def panel_of(subject: Subject, reader: Reader, *, known_at: datetime | None = None) -> Panel:
    """What ``reader`` may know of ``subject``, at ``known_at`` (now, if None). The caller checked that they see it."""
    beyond = reads_beyond_tier(subject, reader)
    picture, findings, conflicts = (_folded if beyond else _stored)(subject, reader, known_at)
    reports, more = _reports(subject, reader, known_at)
    names = Names(
        speakers={report["reference"]: report["source"] for report in reports},
        withheld=frozenset(Source.objects.exclude(pk__in=_seen_sources(reader)).values_list("code", flat=True)),
        values=names_of(_values(picture, findings), reader),
    )
    told = {step["milestone"] for step in picture.timeline} if picture else set()
    return Panel(
        summary=_summary(picture, names, subject.kind) if picture else None,
        steps=[_step(step, names) for step in picture.timeline] if picture else [],
        legs=[_leg(leg, names) for leg in picture.legs] if picture else [],
        planned=[_planned(each, names) for each in picture.planned] if picture else [],
        facts=[_finding(each, names) for each in findings if each.kind in ("fact", "flag", "place")],
        milestones=[
            _milestone(each, picture, subject.kind, names)
            for each in findings
            if each.kind == "milestone" and not each.leg and each.attribute not in told
        ],
        conflicts=[_conflict(each, names) for each in conflicts],
        reports=_together(reports),
        count=len(reports) + more,
        more_reports=more,
        known_at=known_at,
        is_folded_for_reader=beyond,
        is_due=Due.objects.filter(subject=subject.pk).exists(),
    )


Believed = tuple[Picture | None, list[Finding], list[Conflict]]


def _stored(subject: Subject, reader: Reader, known_at: datetime | None) -> Believed:
    def known(model: Any) -> Any:
        return model.objects.for_reader(reader, known_at=known_at).filter(subject=subject.pk)

    findings = known(Finding).order_by("kind", "attribute", "as_of", "leg", "line", "label")
    return known(Picture).first(), list(findings), list(known(Conflict).order_by("kept_open", "-behind", "stable_id"))


def _folded(subject: Subject, reader: Reader, known_at: datetime | None) -> Believed:
    core = picture_for(subject, reader, known_at=known_at)
    findings = [Finding(**finding_keys(each), **finding_columns(each)) for each in core.findings]
    conflicts = [Conflict(**conflict_keys(each), **conflict_columns(each)) for each in core.conflicts]
    return Picture(subject_id=subject.pk, **picture_columns(core, version=0)), findings, conflicts


def _summary(picture: Picture, names: Names, kind: str) -> dict[str, Any]:
    return {
        "status": words(picture.status) if picture.status else "",
        "state": state_badge(picture.state),
        "confidence": percent(picture.told_confidence),
        "leading": words(picture.leading) if picture.leading != picture.status else "",
        "leading_state": state_badge(picture.leading_state) if picture.leading_state else "",
        "leading_confidence": percent(picture.leading_confidence),
        "origins": names.origins(picture.origins),
        "unresolved": picture.unresolved,
        "has_lifecycle": kind in LIFECYCLES,
        "contested": picture.contested,
        "version": picture.version,
        "known_from": picture.known_from,
        "alternatives": [_alternative(each, names) for each in picture.alternatives],
    }


def _step(step: dict[str, Any], names: Names) -> dict[str, Any]:
    return {
        "milestone": words(step["milestone"]),
        "at": interval_in_words(step["at"]) or "time not said",
        "place": names.values.get(step["place"], step["place"] or ""),
        "state": state_badge(step["state"]),
        "confidence": percent(step["confidence"]),
        "per_mille": step["confidence"],
        "leg": step["stands_for"] or "",
        **_backing(step, names),
    }


def _leg(leg: dict[str, Any], names: Names) -> dict[str, Any]:
    return {
        "key": leg["key"],
        "status": words(leg["status"] or leg["leading"] or "nothing seen"),
        "state": state_badge(leg["state"]),
        "steps": [_step(step, names) for step in leg["timeline"]],
    }


def _planned(planned: dict[str, Any], names: Names) -> dict[str, Any]:
    return {
        "milestone": words(planned["milestone"]),
        "leg": planned["leg"] or "",
        "time_class": planned["time_class"],
        "at": interval_in_words(planned["at"]) or "time not said",
        "is_seen": planned["is_seen"],
        "denied_by": planned["denied_by"],
        **_backing(planned, names),
    }


def _finding(finding: Finding, names: Names) -> dict[str, Any]:
    value = named(finding.value, finding.label, names.values)
    if not value and finding.kind == "fact" and finding.leading:
        value = f"open; the heaviest is {finding.leading}"
    return {
        "attribute": words(finding.attribute),
        "kind": finding.kind,
        "slot": " ".join(each for each in (finding.leg, finding.line) if each),
        "as_of": as_of_in_words(finding.as_of) if finding.as_of else "",
        "value": words(value) if finding.kind != "fact" else value,
        "state": state_badge(finding.state),
        "confidence": percent(finding.told_confidence),
        "alternatives": [_alternative(each, names) for each in finding.alternatives],
        **_backing({"origins": finding.origins, "unresolved": finding.unresolved, "because": finding.because}, names),
    }


def _milestone(finding: Finding, picture: Picture | None, kind: str, names: Names) -> dict[str, Any]:
    """A milestone that no step tells: why not, where it is denied."""
    told = _finding(finding, names)
    is_denied = finding.state == "denied" and picture is not None
    return {**told, "value": denied_in_words(finding, picture, kind)} if is_denied else told


def _values(picture: Picture | None, findings: Sequence[Finding]) -> Iterator[Any]:
    """Whatever may tell of a place or an actor."""
    for finding in findings:
        yield finding.value
        yield from (each["value"] for each in finding.alternatives)
    if picture:
        yield from picture.timeline
        yield from (step for leg in picture.legs for step in leg["timeline"])


def _alternative(alternative: dict[str, Any], names: Names) -> dict[str, Any]:
    return {
        "label": words(named(alternative["value"], alternative["label"], names.values)),
        "origins": names.origins(alternative["origins"]),
        "behind": f"{abs(alternative['margin']) / 1000:.2f}",
    }


def _conflict(conflict: Conflict, names: Names) -> dict[str, Any]:
    return {
        "kind": conflict_in_words(conflict.kind),
        "about": about_in_words(conflict.about, conflict.leg),
        "reason": reason_in_words(conflict.kind, conflict.reason),
        "stable_id": conflict.stable_id,
        "reports": names.speakers_of(conflict.reports),
        "against": names.speakers_of(conflict.against),
        "kept_open": conflict.kept_open,
    }


def _backing(said: dict[str, Any], names: Names) -> dict[str, Any]:
    return {
        "origins": names.origins(said["origins"]),
        "unresolved": said["unresolved"],
        "because": names.speakers_of(said["because"]),
    }


def _seen_sources(reader: Reader) -> Any:
    return Source.objects.named_to(reader).order_by().values("pk")


def _reports(subject: Subject, reader: Reader, known_at: datetime | None) -> tuple[list[dict[str, Any]], int]:
    rows = Report.objects.visible_to(reader).about(subject.pk)
    if known_at:
        rows = rows.filter(received_at__lte=known_at)
    claims = defaultdict(list)
    for claim in explain(subject, reader, known_at=known_at):
        claims[claim.report].append(claim)
    shown = rows.select_related("decision", "leg").order_by("-asserted_at", "source", "document", "-id")
    shown = shown.prefetch_related(
        Prefetch("source", Source.objects.filter(pk__in=_seen_sources(reader))),
        Prefetch("document", Document.objects.visible_to(reader)),
    )
    reports = [_report(report, claims[report.reference]) for report in shown[:MOST_REPORTS]]
    return reports, max(0, rows.count() - MOST_REPORTS) if len(reports) == MOST_REPORTS else 0


def _together(reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for what one source says in one breath of several legs, if the same became of it on each."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for report in reports:
        fates = [claim["fate"] for claim in report["claims"]] if len(report["claims"]) == 1 else [report["reference"]]
        said = ("source", "document", "content", "occurred", "marking", "asserted_at", "manner")
        row = rows.setdefault(tuple(str(report[name]) for name in said) + tuple(fates), {**report, "legs": []})
        row["legs"].append((report["reference"], report["leg"]))
    return list(rows.values())


def _report(report: Report, claims: Sequence[Any]) -> dict[str, Any]:
    return {
        "pk": report.pk,
        "reference": report.reference,
        "source": report.source.name if hasattr(report, "source") else WITHHELD,
        "kind": report.kind,
        "content": said_in_words(report),
        "leg": report.leg.key if report.leg else report.leg_said,
        "occurred": occurrence_in_words(report.occurred_from, report.occurred_to, report.occurred_precision),
        "asserted_at": report.asserted_at,
        "manner": [words(each) for each in (report.directness, report.hedge) if each not in ("own", "asserted")],
        "document": report.document.title if report.document else "",
        "marking": marking_badge(report.marking) if report.marking else "",
        "claims": [
            {
                "about": about_in_words(claim.about, claim.slot) if len(claims) > 1 else "",
                "fate": badge(fate_in_words(claim), FATE_COLOURS.get(claim.fate, "default")),
                "weight": f"{claim.weight / 1000:.2f}",
            }
            for claim in claims
        ],
    }
