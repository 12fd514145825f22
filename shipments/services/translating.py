"""Between rows and the reconciler's values: a report row becomes a Report, a typed value its JSON and back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct, structs
from msgspec.json import decode

from actors.marking import Marking
from shipments.reconciliation import vocabulary as words
from shipments.reconciliation.model import Citation, Cite, Decision, Fact, Flag, Report, ReportKey, Target
from shipments.reconciliation.values import Actor, Code, Interval, Money, Place, Quantity, Text, Time, Value
from shipments.services.loading import AttachmentRow, DecisionRow, InterestRow, LinkRow, MappingRow, ReportRow
from shipments.services.parties import Parties
from shipments.services.rules import micros, moment_of

KINDS = {str(word): word for word in words.Kind}
POLARITIES = {str(word): word for word in words.Polarity}
TIME_CLASSES = {str(word): word for word in words.TimeClass}
DIRECTNESSES = {str(word): word for word in words.Directness}
HEDGES = {str(word): word for word in words.Hedge}
PRECISIONS = {str(word): word for word in words.Precision}
BASES = {str(word): word for word in words.Basis}
QUALIFIERS = {str(word): word for word in words.Qualifier}
MARKINGS = {marking.value: words.Marking(marking.code) for marking in Marking}


class Link(Struct, frozen=True, kw_only=True):
    """One arrow from a report; no target: an origin that nobody named. ``is_late``: drawn afterwards."""

    kind: str
    target: Target | None
    recorded_at: int
    is_late: bool


class Statement(Struct, kw_only=True, eq=False):
    """A report's row with what was recorded of it beside and afterwards, the earliest first."""

    row: ReportRow
    key: ReportKey
    links: list[Link] = []
    attachments: list[AttachmentRow] = []
    mappings: list[MappingRow] = []
    interests: Sequence[InterestRow] = ()
    decision: DecisionRow | None = None
    # What it comes to, where that is the same for every moment and every subject.
    settled: Report | None = None

    def add_link(self, row: LinkRow) -> None:
        target = Target(row.source, row.event_id, row.content_hash, row.ordinal) if row.source else None
        is_late = row.recorded_at > self.row.received_at
        self.links.append(Link(kind=row.kind, target=target, recorded_at=row.recorded_at, is_late=is_late))

    @property
    def sources(self) -> Iterable[str]:
        """Whose grades count: its own source, and those that it points at, whether or not they speak themselves."""
        return [self.row.source, *(link.target.source for link in self.links if link.target)]

    @property
    def subject_by_now(self) -> str | None:
        """What it is about: what it was attached to last, or was said of."""
        return self.attachments[-1].subject_id if self.attachments else self.row.subject_id

    @property
    def turns(self) -> Iterable[int]:
        """The moments at which it came to be read otherwise."""
        if not (self.attachments or self.mappings or self.interests):
            return ()
        return [each.recorded_at for hung in (self.attachments, self.mappings, self.interests) for each in hung]


def statement_of(row: ReportRow) -> Statement:
    """The statement of a report row that nothing hangs on yet."""
    return Statement(row=row, key=ReportKey(row.source, row.event_id, row.content_hash, row.ordinal))


def report_of(said: Statement, parties: Parties, subject_id: str, *, as_of: int) -> Report | None:
    """The report as it stood at ``as_of``; None while it is held, or bound to another subject."""
    if said.settled is not None:
        return said.settled
    row = said.row
    received_at = row.received_at
    leg, line = row.leg, row.line

    # A report that was moved away stays in its first subject's dossier: the decision that moved it
    # holds it out there, from the moment it was taken.
    # One that went back to where it was before (a merge was undone) leaves the dossier between.
    is_ours = row.subject_id == subject_id
    been = {row.subject_id}
    for attachment in said.attachments:
        if attachment.recorded_at > as_of:
            continue
        if attachment.subject_id != subject_id and attachment.subject_id in been:
            is_ours = row.subject_id == subject_id
        been.add(attachment.subject_id)
        if attachment.subject_id == subject_id:
            received_at = max(received_at, attachment.recorded_at)
            is_ours = True
            leg = attachment.leg or leg
            line = attachment.line or line
    if not is_ours or (row.leg_said and not leg) or (row.line_said and not line):
        return None

    milestone, time_class = row.milestone, row.time_class
    flags = decode(row.flags) if row.flags else {}
    if not row.code_is_known:
        recorded = [mapping for mapping in said.mappings if mapping.recorded_at <= as_of]
        if not recorded:
            return None
        received_at = max(received_at, recorded[0].recorded_at)
        mapping = recorded[-1]
        milestone, time_class = mapping.milestone, mapping.time_class or time_class
        flags |= {mapping.flag: mapping.flag_is_set} if mapping.flag else {}

    interested = row.interested
    if interested is None:
        known = [each.actor_id for each in said.interests if each.recorded_at <= as_of] if said.interests else []
        interested = bool(known) and parties.has_interest(known, milestone, denies=row.polarity == "denies")
    links = said.links
    report = Report(
        key=said.key,
        asserted_at=row.asserted_at,
        received_at=received_at,
        kind=KINDS[row.kind],
        target=next((link.target for link in links if link.kind in ("corrects", "retracts")), None) if links else None,
        occurred=_interval(row),
        milestone=milestone or None,
        polarity=POLARITIES[row.polarity],
        time_class=TIME_CLASSES[time_class],
        leg=leg,
        line=line,
        place=row.place,
        facts=tuple(map(_fact, decode(row.facts))) if row.facts else (),
        flags=tuple([_flag(name, is_set, leg) for name, is_set in sorted(flags.items())]) if flags else (),
        directness=DIRECTNESSES[row.directness],
        hedge=HEDGES[row.hedge],
        credibility=row.credibility,
        interested=interested,
        cites=tuple([cite_of(link) for link in links if link.kind == "cites" and not link.is_late]) if links else (),
        marking=MARKINGS[row.marking],
        decision=_decision(said.decision, said.links) if said.decision else None,
    )
    if not said.attachments and not said.mappings and (row.interested is not None or not said.interests):
        said.settled = report
    return report


def cite_of(link: Link) -> Cite:
    """What a citing link points at: a report, a whole source, or nobody named."""
    if link.target is None:
        return Cite()
    return (
        Cite(report=link.target)
        if link.target.event_id or link.target.content_hash
        else Cite(source=link.target.source)
    )


def citation_of(key: ReportKey, link: Link) -> Citation:
    """An edge that was drawn after the report, dated."""
    return Citation(citing=Target.of(key), cited=cite_of(link), recorded_at=link.recorded_at)


def _decision(row: DecisionRow, links: Sequence[Link]) -> Decision:
    echo_of = next((cite_of(link) for link in links if link.kind == "cites"), None)
    return Decision(
        kind=words.DecisionKind(row.kind),
        author=row.author,
        reason=row.reason,
        expires_at=row.expires_at,
        reports=tuple(link.target for link in links if link.kind == "concerns" and link.target),
        echo_of=echo_of if row.kind == words.DecisionKind.MARK_ECHO else None,
        attribute=row.attribute or None,
        conflict=row.conflict or None,
    )


def _interval(row: ReportRow) -> Interval | None:
    if row.occurred_from is None or row.occurred_to is None:
        return None
    return Interval(earliest=row.occurred_from, latest=row.occurred_to, precision=PRECISIONS[row.occurred_precision])


def _flag(name: str, is_set: bool, leg: str | None) -> Flag:
    return Flag(name=name, toggle=words.Toggle.SET if is_set else words.Toggle.UNSET, leg=leg)


def _fact(said: dict[str, Any]) -> Fact:
    as_of = said.get("as_of")
    return Fact(
        attribute=said["attribute"],
        value=value_of(said["value"]),
        as_of=micros(datetime.fromisoformat(as_of)) if as_of else None,
        leg=said.get("leg"),
        line=said.get("line"),
    )


def value_of(said: dict[str, Any]) -> Value:
    """The typed value of its JSON form (see intake.draft.FactDraft). Raises KeyError for any other form."""
    match said:
        case {"text": text}:
            return Text(text=text)
        case {"code": code}:
            return Code(code=code)
        case {"place": place}:
            return Place(place=place)
        case {"actor": actor}:
            return Actor(actor=actor)
        case {"from": earliest, "to": latest}:
            at = Interval(
                earliest=micros(datetime.fromisoformat(earliest)),
                latest=micros(datetime.fromisoformat(latest)),
                precision=PRECISIONS[said.get("precision", "instant")],
            )
            return Time(at=at)
        case {"currency": currency}:
            return Money(currency=currency, measure=said.get("measure", ""), **_amounts(said))
        case {"unit": unit}:
            basis = BASES[said.get("basis", "reported")]
            return Quantity(unit=unit, basis=basis, measure=said.get("measure", ""), **_amounts(said))
    raise KeyError(f"not a value: {sorted(said)}")


def _amounts(said: dict[str, Any]) -> dict[str, Any]:
    ends = {end: Decimal(said[end]) if said.get(end) is not None else None for end in ("low", "high")}
    return {**ends, "qualifier": QUALIFIERS[said.get("qualifier", "exact")]}


def json_of(value: Value | None) -> dict[str, Any] | None:
    """The JSON form of a typed value; what ``value_of`` reads back."""
    if value is None:
        return None
    if isinstance(value, Time):
        return interval_json(value.at)
    said = structs.asdict(value).items()
    return {name: str(part) if isinstance(part, Decimal) else part for name, part in said if part != ""}


def interval_json(at: Interval | None) -> dict[str, str] | None:
    """A time as partners read it."""
    if at is None:
        return None
    return {
        "from": _iso(at.earliest),
        "to": _iso(at.latest),
        "precision": str(at.precision),
    }


@lru_cache(maxsize=2**13)  # a picture shows each time in several rows
def _iso(moment: int) -> str:
    return moment_of(moment).isoformat()
