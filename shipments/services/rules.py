"""The reconciler's rules as rows hold them: policy versions and the attribute registry."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from actors.access import Reader
from actors.marking import Marking
from actors.services.prepared import prepared
from shipments.models import Attribute, Containment, Place, PolicyVersion
from shipments.reconciliation.model import HOUR, Policy
from shipments.reconciliation.values import AttributeRule
from shipments.reconciliation.vocabulary import Compare, Directness, Grade, Hedge, SubjectKind, ValueType

EPOCH, TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """The core's time: whole microseconds since 1970-01-01 UTC."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment_of(value: int) -> datetime:
    """The aware moment of a core time."""
    return EPOCH + value * TICK


# Attribute rules that a process keeps: by kind of subject, and by how many containments had been recorded.
MOST_KEPT = 64


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Everything that is the same for all subjects; read once a batch. ``containments`` by when they were recorded."""

    policies: tuple[Policy, ...]
    attributes: tuple[Attribute, ...]
    containments: tuple[tuple[str, str, str, int], ...]
    places: dict[str, str]
    # What was worked out once: the same for every subject of a kind, or bound for the same place.
    _found: dict[tuple[str, int], tuple[AttributeRule, ...]] = field(default_factory=dict)
    _held: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def turns(self) -> frozenset[int]:
        """The moments at which a containment was recorded."""
        return frozenset(recorded_at for *_, recorded_at in self.containments)

    @cached_property
    def _within(self) -> tuple[tuple[str, str], ...]:
        return tuple((outer, inner) for inner, outer in self.places.items())

    def attribute_rules(self, kind: str, *, as_of: int) -> tuple[AttributeRule, ...]:
        """The attributes of one kind of subject, with the containments recorded by ``as_of``."""
        recorded = bisect_right(self.containments, as_of, key=itemgetter(3))
        if (found := self._found.get((kind, recorded))) is None:
            # What is folded long after was recorded is one of few; what is folded through its history asks for each.
            if len(self._found) >= MOST_KEPT:
                self._found.clear()
            found = self._found[kind, recorded] = self._attribute_rules(kind, recorded)
        return found

    def _attribute_rules(self, kind: str, recorded: int) -> tuple[AttributeRule, ...]:
        pairs = defaultdict(list)
        for attribute, coarser, finer, _ in self.containments[:recorded]:
            pairs[attribute].append((coarser, finer))
        return tuple(
            AttributeRule(
                name=attribute.name,
                type=ValueType(attribute.type),
                compare=Compare(attribute.comparison),
                contains=self._within if attribute.type == Attribute.Type.PLACE else tuple(pairs[attribute.name]),
                by_as_of=attribute.has_time_axis,
                topic=attribute.topic or None,
                bounds_total=attribute.bounds_total or None,
            )
            for attribute in self.attributes
            if kind in attribute.subjects
        )

    def holds(self, place: str) -> frozenset[str]:
        """``place`` and every place within it."""
        if place not in self._held:
            self._held[place] = self._holds(place)
        return self._held[place]

    def _holds(self, place: str) -> frozenset[str]:
        found = {place}
        grown = True
        while grown:
            inner = {code for code, outer in self.places.items() if outer in found} - found
            found |= inner
            grown = bool(inner)
        return frozenset(found)


def read_rules() -> Rules:
    """The rules as they are now; four queries. While they are the same, so is what was worked out from them."""
    global _last
    rows = tuple(query(ANYBODY).tuples(ANYBODY) for query in (_policies, _attributes, _containments, _places))
    # Looked at once: another thread may put others there meanwhile.
    kept = _last
    if kept is None or kept[0] != rows:
        _last = kept = rows, _rules_of(*rows)
    return kept[1]


Rows = Sequence[list[Any]]
_last: tuple[tuple[Rows, ...], Rules] | None = None
# They are the same for all.
ANYBODY = Reader(clearance=Marking.CLEAR)


def _rules_of(policies: Rows, attributes: Rows, containments: Rows, places: Rows) -> Rules:
    return Rules(
        policies=tuple(policy_of(*row) for row in policies),
        attributes=tuple(map(_attributes(ANYBODY).model_of, attributes)),
        containments=tuple((attribute, coarser, finer, micros(at)) for attribute, coarser, finer, at in containments),
        places=dict(places),
    )


@prepared
def _policies(_: Reader) -> QuerySet:
    return PolicyVersion.objects.order_by("version").values("version", "recorded_at", "weights")


@prepared
def _attributes(_: Reader) -> QuerySet:
    return Attribute.objects.all()


@prepared
def _containments(_: Reader) -> QuerySet:
    rows = Containment.objects.order_by("recorded_at", "pk")
    return rows.values("attribute_id", "coarser", "finer", "recorded_at")


@prepared
def _places(_: Reader) -> QuerySet:
    """Places that lie in another. A merged one lies in the one that it is: reports name it for good."""
    within = Place.objects.order_by("pk").annotate(outer=Coalesce("merged_into__code", "within__code"))
    return within.filter(outer__isnull=False).values("code", "outer")


def policy_of(version: int, recorded_at: datetime, weights: Mapping[str, Any]) -> Policy:
    """The core's policy of a row. Raises KeyError where the row leaves a number out."""
    return Policy(
        version=str(version),
        recorded_at=micros(recorded_at),
        grade_weights=tuple((Grade(grade), weight) for grade, weight in weights["grades"].items()),
        directness=tuple((Directness(word), share) for word, share in weights["directness"].items()),
        hedge=tuple((Hedge(word), share) for word, share in weights["hedge"].items()),
        interested=weights["interested"],
        decision_weight=weights["decision"],
        bar=weights["bar"],
        bars=tuple((SubjectKind(kind), bar) for kind, bar in weights["bars"].items()),
        tolerance=weights["tolerance_hours"] * HOUR,
        future_limit=weights["future_limit_hours"] * HOUR,
        walk_length=weights["walk_length"],
    )
