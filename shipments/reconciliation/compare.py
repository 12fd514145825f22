"""Whether two values of an attribute agree: equal, one inside the other, meeting, or rivals.

What is not comparable never meets: other unit, currency or measure, and a capacity beside a cargo
(``scope``). Which coarser word holds which finer one is data of the attribute (``contains``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

from shipments.reconciliation.values import (
    Actor,
    AttributeRule,
    Code,
    Money,
    Place,
    Quantity,
    Text,
    Time,
    Value,
)
from shipments.reconciliation.vocabulary import Compare, Qualifier, ValueType

_TYPES: dict[ValueType, type] = {
    ValueType.TEXT: Text,
    ValueType.CODE: Code,
    ValueType.TIME: Time,
    ValueType.QUANTITY: Quantity,
    ValueType.MONEY: Money,
    ValueType.PLACE: Place,
    ValueType.ACTOR: Actor,
}

AMOUNTS = (Time, Quantity, Money)  # what has a low and a high end
Span = tuple[Decimal | None, Decimal | None]
LEAST, MOST = Decimal("-Infinity"), Decimal("Infinity")


@lru_cache(maxsize=64)
def comparer_of(rules: tuple[AttributeRule, ...]) -> Comparer:
    """The comparer for these rules, made once: subjects of a kind share them."""
    return Comparer(rules)


class Comparer:
    """Compares values by the attribute rules of one kind of subject."""

    def __init__(self, rules: Iterable[AttributeRule]) -> None:
        self.rules = {rule.name: rule for rule in rules}
        self._inside: dict[str, dict[str, frozenset[str]]] = {}

    def has_type(self, rule: AttributeRule, value: Value) -> bool:
        """Whether the value is of the type that the registry gives the attribute."""
        return isinstance(value, _TYPES[rule.type])

    def agree(self, attribute: str, one: Value, other: Value) -> bool:
        """Whether both can be true at once."""
        if one == other:
            return True
        rule = self.rules.get(attribute)
        if isinstance(one, AMOUNTS) and isinstance(other, AMOUNTS):
            return one.scope == other.scope and _meet(span(one), span(other))
        if rule is None or rule.compare in (Compare.EXACT, Compare.COLLECT):
            return False
        return self.are_nested(attribute, one.label, other.label)

    def implies(self, attribute: str, one: Value, other: Value) -> bool:
        """Whether who says the one says the other too: it is equal to it, or inside it.

        A denial touches what implies the thing denied, as it does with milestones: "not in Pyongyang" leaves
        "in the country" alone. A round number and the same number told exactly are one.
        """
        if not self.agree(attribute, one, other):
            return False
        if isinstance(one, AMOUNTS) and isinstance(other, AMOUNTS):
            return _number(one) == _number(other) or _is_inside(span(one), span(other))
        return one == other or one.label in self._held(attribute).get(other.label, ())

    def holders(self, attribute: str) -> Holders:
        """None yet."""
        return Holders(self._held(attribute))

    def are_nested(self, attribute: str, one: str, other: str) -> bool:
        """Whether one key or text is, or holds, the other."""
        if one == other:
            return True
        inside = self._held(attribute)
        return other in inside.get(one, ()) or one in inside.get(other, ())

    def fineness(self, attribute: str, value: Value) -> tuple[int, Decimal, int, str]:
        """A sort key: the finest value first, then by its plain form."""
        if isinstance(value, AMOUNTS):
            low, high = span(value)
            if low is None or high is None:
                return 1, Decimal(0), 0, value.label
            return 0, high - low, 0, value.label
        held = self._held(attribute).get(value.label, ())
        return 0, Decimal(0), len(held), value.label

    def _held(self, attribute: str) -> dict[str, frozenset[str]]:
        """For each coarser word of an attribute everything inside it."""
        if attribute not in self._inside:
            rule = self.rules.get(attribute)
            self._inside[attribute] = _closure(rule.contains) if rule else {}
        return self._inside[attribute]


class Holders:
    """Values by name, to be found by what may imply them: it is laid beside few, however many there are."""

    def __init__(self, held: Mapping[str, frozenset[str]]) -> None:
        self._held = held
        self._alike: defaultdict[str | Decimal, dict[str, None]] = defaultdict(dict)
        self._wide: dict[str, tuple[Decimal, Decimal]] = {}

    def add(self, name: str, value: Value) -> None:
        """Have ``value`` found by ``name``."""
        if not isinstance(value, AMOUNTS):
            self._alike[value.label][name] = None
            return
        low, high = _ends(span(value))
        if low == high:
            self._alike[low][name] = None
        else:
            self._wide[name] = low, high

    def remove(self, name: str, value: Value) -> None:
        """Have it found no more."""
        if name not in self._wide:
            del self._alike[_ends(span(value))[0] if isinstance(value, AMOUNTS) else value.label][name]
        else:
            del self._wide[name]

    def around(self, value: Value) -> list[str]:
        """The names of all that ``value`` implies, and of some that it does not."""
        if not isinstance(value, AMOUNTS):
            coarser = [word for word, inside in self._held.items() if value.label in inside]
            return [name for word in (value.label, *coarser) for name in self._alike.get(word, ())]
        # A number that is told exactly lies within what it stands for as a round one.
        low, high = _ends(_number(value))
        found = [name for name, (least, most) in self._wide.items() if least <= low and high <= most]
        return [*self._alike.get(low, ()), *found] if low == high else found


def _ends(of: Span) -> tuple[Decimal, Decimal]:
    low, high = of
    return LEAST if low is None else low, MOST if high is None else high


def _closure(pairs: tuple[tuple[str, str], ...]) -> dict[str, frozenset[str]]:
    """For each coarser word everything inside it, at any depth."""
    direct: dict[str, set[str]] = {}
    for coarser, finer in pairs:
        direct.setdefault(coarser, set()).add(finer)
    closure = {}
    for word in direct:
        inside, stack = set[str](), list(direct[word])
        while stack:
            found = stack.pop()
            if found not in inside:
                inside.add(found)
                stack.extend(direct.get(found, ()))
        closure[word] = frozenset(inside)
    return closure


def span(value: Time | Quantity | Money) -> Span:
    """The interval that a value stands for; None is an open end.

    "About" a round figure stands for half a unit of its last written digit on both sides: about
    2,000,000 is 1.5 to 2.5 million, about 1,720,000 is 1,715,000 to 1,725,000.
    """
    if isinstance(value, Time):
        return Decimal(value.at.earliest), Decimal(value.at.latest)
    low, high = value.low, value.high
    match value.qualifier:
        case Qualifier.AT_LEAST:
            return low if low is not None else high, None
        case Qualifier.UP_TO:
            return None, high if high is not None else low
        case Qualifier.UNKNOWN:
            return None, None
        case Qualifier.ABOUT if low is not None and low == high:
            exponent = low.normalize().as_tuple().exponent
            assert isinstance(exponent, int)
            half = Decimal((0, (5,), exponent - 1)) if low else Decimal(0)
            return low - half, low + half
    return low, high


def _meet(one: Span, other: Span) -> bool:
    return not (
        (one[1] is not None and other[0] is not None and one[1] < other[0])
        or (other[1] is not None and one[0] is not None and other[1] < one[0])
    )


def _number(value: Time | Quantity | Money) -> Span:
    """Its interval, but of a round number the number itself."""
    if not isinstance(value, Time) and value.qualifier is Qualifier.ABOUT:
        return value.low, value.high
    return span(value)


def _is_inside(one: Span, other: Span) -> bool:
    return (other[0] is None or (one[0] is not None and one[0] >= other[0])) and (
        other[1] is None or (one[1] is not None and one[1] <= other[1])
    )
