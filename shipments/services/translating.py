"""Between rows and the reconciler's values: a report row becomes a Report, a typed value its JSON and back."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from actors.marking import Marking
from shipments.reconciliation import vocabulary as words
from shipments.reconciliation.model import Citation, Cite, Decision, Fact, Flag, Report, ReportKey, Target
from shipments.reconciliation.values import Actor, Code, Interval, Money, Place, Quantity, Text, Time, Value
from shipments.services.parties import Parties
from shipments.services.rules import micros, moment_of

if TYPE_CHECKING:
    from shipments.models import Decision as DecisionRow
    from shipments.services.dossiers import Link


def key_of(row: dict[str, Any]) -> ReportKey:
    """The natural key of a report row."""
    return ReportKey(row["source__code"], row["event_id"], bytes(row["content_hash"]).hex(), row["ordinal"])


def report_of(row: dict[str, Any], parties: Parties, subject_id: UUID, *, as_of: int) -> Report | None:
    """The report as it stood at ``as_of``; None while it is held, or bound to another subject."""
    key = key_of(row)
    received_at = micros(row["received_at"])
    leg, line = row["leg__key"], row["line__key"]

    # A report that was moved away stays in its first subject's dossier: the decision that moved it
    # holds it out there, from the moment it was taken.
    # One that went back to where it was before (a merge was undone) leaves the dossier between.
    is_ours = row["subject_id"] == subject_id
    been = {row["subject_id"]}
    for attachment in row["attachments"]:
        if micros(attachment.recorded_at) > as_of:
            continue
        if attachment.subject_id != subject_id and attachment.subject_id in been:
            is_ours = row["subject_id"] == subject_id
        been.add(attachment.subject_id)
        if attachment.subject_id == subject_id:
            received_at = max(received_at, micros(attachment.recorded_at))
            is_ours = True
            leg = attachment.leg.key if attachment.leg else leg
            line = attachment.line.key if attachment.line else line
    if not is_ours or (row["leg_said"] and not leg) or (row["line_said"] and not line):
        return None

    milestone, flags, time_class = row["milestone"], dict(row["flags"]), row["time_class"]
    if not row["code_is_known"]:
        recorded = [mapping for mapping in row["mappings"] if micros(mapping.recorded_at) <= as_of]
        if not recorded:
            return None
        received_at = max(received_at, micros(recorded[0].recorded_at))
        mapping = recorded[-1]
        milestone, time_class = mapping.milestone, mapping.time_class or time_class
        flags |= {mapping.flag: mapping.flag_is_set} if mapping.flag else {}

    interested = row["interested"]
    if interested is None:
        known = [actor for actor, recorded_at in row["interests"] if recorded_at <= as_of]
        interested = parties.has_interest(known, milestone, denies=row["polarity"] == words.Polarity.DENIES)
    target = next((link.target for link in row["links"] if link.kind in ("corrects", "retracts")), None)
    return Report(
        key=key,
        asserted_at=micros(row["asserted_at"]),
        received_at=received_at,
        kind=words.Kind(row["kind"]),
        target=target,
        occurred=_interval(row),
        milestone=milestone or None,
        polarity=words.Polarity(row["polarity"]),
        time_class=words.TimeClass(time_class),
        leg=leg,
        line=line,
        place=row["place__code"] or row["place_said"] or None,
        facts=tuple(_fact(each) for each in row["facts"]),
        flags=tuple(
            Flag(name=name, toggle=words.Toggle.SET if is_set else words.Toggle.UNSET, leg=leg)
            for name, is_set in sorted(flags.items())
        ),
        directness=words.Directness(row["directness"]),
        hedge=words.Hedge(row["hedge"]),
        credibility=row["credibility"],
        interested=interested,
        cites=tuple(cite_of(link) for link in row["links"] if link.kind == "cites" and not link.is_late),
        marking=words.Marking(Marking(row["marking"]).code),
        decision=_decision(row["decision"], row["links"]) if row["decision"] else None,
    )


def cite_of(link: "Link") -> Cite:
    """What a citing link points at: a report, a whole source, or nobody named."""
    if link.target is None:
        return Cite()
    return (
        Cite(report=link.target)
        if link.target.event_id or link.target.content_hash
        else Cite(source=link.target.source)
    )


def citation_of(key: ReportKey, link: "Link") -> Citation:
    """An edge that was drawn after the report, dated."""
    return Citation(citing=Target.of(key), cited=cite_of(link), recorded_at=micros(link.recorded_at))


def _decision(row: "DecisionRow", links: list["Link"]) -> Decision:
    echo_of = next((cite_of(link) for link in links if link.kind == "cites"), None)
    return Decision(
        kind=words.DecisionKind(row.kind),
        author=row.author.get_username(),
        reason=row.reason,
        expires_at=micros(row.expires_at) if row.expires_at else None,
        reports=tuple(link.target for link in links if link.kind == "concerns" and link.target),
        echo_of=echo_of if row.kind == words.DecisionKind.MARK_ECHO else None,
        attribute=row.attribute or None,
        conflict=row.conflict or None,
    )


def _interval(row: dict[str, Any]) -> Interval | None:
    if row["occurred_from"] is None:
        return None
    return Interval(
        earliest=micros(row["occurred_from"]),
        latest=micros(row["occurred_to"]),
        precision=words.Precision(row["occurred_precision"]),
    )


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
                precision=words.Precision(said.get("precision", "instant")),
            )
            return Time(at=at)
        case {"currency": currency}:
            return Money(currency=currency, measure=said.get("measure", ""), **_amounts(said))
        case {"unit": unit}:
            basis = words.Basis(said.get("basis", "reported"))
            return Quantity(unit=unit, basis=basis, measure=said.get("measure", ""), **_amounts(said))
    raise KeyError(f"not a value: {sorted(said)}")


def _amounts(said: dict[str, Any]) -> dict[str, Any]:
    ends = {end: Decimal(said[end]) if said.get(end) is not None else None for end in ("low", "high")}
    return {**ends, "qualifier": words.Qualifier(said.get("qualifier", "exact"))}


def json_of(value: Value | None) -> dict[str, Any] | None:
    """The JSON form of a typed value; what ``value_of`` reads back."""
    if value is None:
        return None
    if isinstance(value, Time):
        return interval_json(value.at)
    said = asdict(value)
    return {name: str(part) if isinstance(part, Decimal) else part for name, part in said.items() if part != ""}


def interval_json(at: Interval | None) -> dict[str, str] | None:
    """A time as partners read it."""
    if at is None:
        return None
    return {
        "from": moment_of(at.earliest).isoformat(),
        "to": moment_of(at.latest).isoformat(),
        "precision": str(at.precision),
    }
