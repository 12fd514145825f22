"""What nobody said as such: a shipment is the sum of its lines, and a capacity bounds what it holds from above."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec.structs import replace

from shipments.reconciliation.bench import Bench
from shipments.reconciliation.compare import span
from shipments.reconciliation.digest import confidence
from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.picture import Finding
from shipments.reconciliation.values import Quantity, plain
from shipments.reconciliation.vocabulary import (
    Basis,
    Compare,
    LegRole,
    Qualifier,
    State,
    TimeClass,
    ValueType,
)

_Key = tuple[str, str, TimeClass]  # attribute, scope, time class


def add_totals(bench: Bench, findings: Sequence[Finding], *, cancelled: set[str]) -> list[Finding]:
    """The findings with derived totals: the sum of the lines, else the bound of the capacity.

    What was said of a quantity only as a capacity is a bound as well: neither a value nor a low end.
    A total that a source gives beside lines that have quantities stays as it is, under scope
    "stated": the lines are the total, and there is never a second one.
    """
    bounded = {rule.bounds_total for rule in bench.hearing.rules.values()}
    findings = [_without_low(f) if f.attribute in bounded and _is_capacity(f) else f for f in findings]
    lines: dict[_Key, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.line and isinstance(finding.value, Quantity) and _is_sum(finding):
            lines[_key(finding)].append(finding)
    kept = [_restate(f) if _is_total(f) and _key(f) in lines else f for f in findings]
    derived = [_sum_of_lines(bench, key, parts) for key, parts in sorted(lines.items())]
    return _bound_by_capacity(bench, [*kept, *derived], cancelled)


def _is_capacity(finding: Finding) -> bool:
    return finding.scope.partition("|")[0].endswith(f":{Basis.CAPACITY}")


def _without_low(finding: Finding) -> Finding:
    value = finding.value
    if not isinstance(value, Quantity):
        return replace(finding, low=None)
    return replace(
        finding,
        label=None,
        value=None,
        low=None,
        high=finding.high if finding.state is State.CONTESTED else plain(_most(value)),
        state=State.CONTESTED if finding.state is State.CONTESTED else State.UNKNOWN,
        leading=finding.label,
    )


def _is_sum(finding: Finding) -> bool:
    """Lines add up where the value is an amount of goods now, not a capacity and not a series."""
    assert isinstance(finding.value, Quantity)
    return finding.value.basis is not Basis.CAPACITY and finding.as_of is None


def _is_total(finding: Finding) -> bool:
    return finding.kind == "fact" and not finding.line and not finding.leg


def _key(finding: Finding) -> _Key:
    return finding.attribute, finding.scope, finding.time_class


def _restate(finding: Finding) -> Finding:
    return replace(finding, scope=f"stated|{finding.scope}")


def _sum_of_lines(bench: Bench, key: _Key, parts: Sequence[Finding]) -> Finding:
    """Interval sum. A line without a quantity adds nothing below and opens the high end."""
    is_complete = {part.line for part in parts} == set(bench.hearing.plan.lines)
    sample = parts[0].value
    assert isinstance(sample, Quantity)
    lows = [Decimal(part.low) for part in parts if part.low is not None]
    highs = [Decimal(part.high) for part in parts if part.high is not None]
    low = sum(lows, Decimal(0))
    high = sum(highs, Decimal(0)) if is_complete and len(highs) == len(parts) else None
    qualifier = Qualifier.RANGE if high is not None and high != low else Qualifier.AT_LEAST
    value = Quantity(
        low=low,
        high=high,
        unit=sample.unit,
        measure=sample.measure,
        qualifier=Qualifier.EXACT if high == low else qualifier,
        basis=Basis.DERIVED,
    )
    weakest = min(parts, key=lambda part: (_STRENGTH.index(part.state), part.margin, part.line or ""))
    return Finding(
        kind="fact",
        attribute=key[0],
        scope=key[1],
        time_class=key[2],
        label=value.label,
        value=value,
        low=plain(low),
        high=plain(high),
        state=weakest.state,
        score=weakest.score,
        margin=weakest.margin,
        confidence=weakest.confidence,
        origins=tuple(sorted({o for part in parts for o in part.origins})),
        unresolved=max(part.unresolved for part in parts),
        because=_keys(parts),
    )


# A total is no surer than its least sure part. These are the states of what has a value.
_STRENGTH = (State.CONTESTED, State.SINGLE_SOURCE, State.CORROBORATED, State.DECIDED)


def _keys(parts: Iterable[Finding]) -> tuple[ReportKey, ...]:
    return tuple(sorted({key for part in parts for key in part.because}))


def _bound_by_capacity(bench: Bench, findings: list[Finding], cancelled: set[str]) -> list[Finding]:
    """Where no quantity is said: high = the sum of capacity over carrying legs; low and value unknown.

    A quantity that was withdrawn, denied or said without weight is not said: its finding shows the bound.
    """
    found = list(findings)
    carrying = {leg.key for leg in bench.hearing.plan.legs if leg.role is LegRole.CARRYING and leg.key not in cancelled}
    totals = [f for f in findings if _is_total(f) and f.time_class is TimeClass.ACTUAL]
    said = {f.attribute for f in totals if f.value is not None or (f.state is State.CONTESTED and not _is_capacity(f))}
    for rule in bench.hearing.rules.values():
        if rule.bounds_total is None or rule.type is not ValueType.QUANTITY:
            continue
        if rule.compare is Compare.COLLECT or rule.bounds_total in said:
            continue
        by_unit: dict[str, dict[str, Finding]] = defaultdict(dict)
        for finding in findings:
            value = finding.value
            if finding.attribute != rule.name or finding.leg not in carrying:
                continue
            if isinstance(value, Quantity) and _most(value) is not None:
                by_unit[value.unit].setdefault(str(finding.leg), finding)
        for unit, legs in sorted(by_unit.items()):
            if legs.keys() == carrying:
                bound = _bound(rule.bounds_total, unit, list(legs.values()))
                empty = next((f for f in totals if _key(f) == _key(bound)), None)
                if empty is None:
                    found.append(bound)
                else:
                    found[found.index(empty)] = replace(empty, high=bound.high, leading=empty.leading or bound.leading)
    return found


def _most(value: Quantity) -> Decimal | None:
    """The capacity as it was said: "about 50 t" bounds at 50, not at what it may be rounded from."""
    return value.high if value.high is not None else span(value)[1]


def _bound(attribute: str, unit: str, legs: Sequence[Finding]) -> Finding:
    most = Decimal(0)
    for leg in legs:
        assert isinstance(leg.value, Quantity)
        most += _most(leg.value) or Decimal(0)
    value = Quantity(low=None, high=most, unit=unit, qualifier=Qualifier.UP_TO, basis=Basis.CAPACITY)
    return Finding(
        kind="fact",
        attribute=attribute,
        scope=f"{unit}::",
        label=None,
        value=None,
        low=None,
        high=plain(most),
        state=State.UNKNOWN,
        margin=0,
        confidence=confidence(0),
        origins=tuple(sorted({o for leg in legs for o in leg.origins})),
        leading=value.label,
        because=_keys(legs),
    )
