"""The reconciler's rules as rows hold them: policy versions and the attribute registry."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from operator import itemgetter
from typing import Any

from django.db.models.functions import Coalesce

from shipments.models import Attribute, Containment, Place, PolicyVersion
from shipments.reconciliation.model import HOUR, Policy
from shipments.reconciliation.values import AttributeRule
from shipments.reconciliation.vocabulary import Compare, Directness, Grade, Hedge, SubjectKind, ValueType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """The core's time: whole microseconds since 1970-01-01 UTC."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment_of(value: int) -> datetime:
    """The aware moment of a core time."""
    return EPOCH.fromtimestamp(value // 1_000_000, UTC).replace(microsecond=value % 1_000_000)


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

    def attribute_rules(self, kind: str, *, as_of: int) -> tuple[AttributeRule, ...]:
        """The attributes of one kind of subject, with the containments recorded by ``as_of``."""
        recorded = bisect_right(self.containments, as_of, key=itemgetter(3))
        if (kind, recorded) not in self._found:
            self._found[kind, recorded] = self._attribute_rules(kind, recorded)
        return self._found[kind, recorded]

    def _attribute_rules(self, kind: str, recorded: int) -> tuple[AttributeRule, ...]:
        pairs = defaultdict(list)
        for attribute, coarser, finer, _ in self.containments[:recorded]:
            pairs[attribute].append((coarser, finer))
        within = [(outer, inner) for inner, outer in self.places.items()]
        return tuple(
            AttributeRule(
                name=attribute.name,
                type=ValueType(attribute.type),
                compare=Compare(attribute.comparison),
                contains=tuple(within if attribute.type == Attribute.Type.PLACE else pairs[attribute.name]),
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
    """The rules as they are now; four queries."""
    return Rules(
        policies=tuple(policy_of(row) for row in PolicyVersion.objects.order_by("version")),
        attributes=tuple(Attribute.objects.all()),
        containments=tuple(
            (attribute, coarser, finer, micros(recorded_at))
            for attribute, coarser, finer, recorded_at in Containment.objects.values_list(
                "attribute_id", "coarser", "finer", "recorded_at"
            ).order_by("recorded_at", "pk")
        ),
        # A merged place lies in the one that it is: reports name it for good.
        places=dict(
            Place.objects.annotate(outer=Coalesce("merged_into__code", "within__code"))
            .filter(outer__isnull=False)
            .values_list("code", "outer")
        ),
    )


def policy_of(row: PolicyVersion) -> Policy:
    """The core's policy of a row. Raises KeyError where the row leaves a number out."""
    weights: dict[str, Any] = row.weights
    return Policy(
        version=str(row.version),
        recorded_at=micros(row.recorded_at),
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
