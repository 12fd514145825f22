"""Values into groups that can be true together: compatible before conflicting.

The finest values found groups; a coarser one joins the group it is compatible with, of several the
heaviest, and never bridges two. One vote per origin and group; denials subtract from what implies the value denied.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from shipments.reconciliation.compare import Comparer
from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.values import Value
from shipments.reconciliation.vocabulary import State
from shipments.reconciliation.weights import Vote, independent, weight_against, worth

Said = tuple[Vote, Value]


class Group(Struct, kw_only=True, eq=False):
    """Compatible values. ``core`` is the finest, ``score`` their votes, ``net`` less the denials."""

    core: Value
    said: list[Said]
    score: int = 0
    denied: int = 0
    votes: list[Vote] = []
    against: list[Vote] = []

    @property
    def net(self) -> int:
        return self.score - self.denied

    @property
    def decided_at(self) -> tuple[object, ...]:
        """The order of the latest decision for it; empty where there is none."""
        return max([v.word.order for v in self.votes if v.is_decision and v.weight], default=())

    @property
    def is_decided(self) -> bool:
        return bool(self.decided_at)

    @property
    def keys(self) -> tuple[ReportKey, ...]:
        """The reports behind it, sorted."""
        return tuple(sorted({vote.word.key for vote in self.votes}))


class Resolution(Struct, frozen=True, kw_only=True):
    """Groups with the best first, its margin over the next (or over nothing), and its state."""

    groups: list[Group]
    denials: list[Said]
    margin: int
    state: State

    @property
    def top(self) -> Group | None:
        return self.groups[0] if self.groups else None

    @property
    def chosen(self) -> Group | None:
        """The group whose finest value is shown: none where nothing is ahead."""
        top = self.top
        return top if top is not None and top.net > 0 and self.margin > 0 else None


def resolve(
    attribute: str,
    said: Sequence[Said],
    denials: Sequence[Said],
    *,
    comparer: Comparer,
    bar: int,
) -> Resolution:
    """The groups of one attribute's values, weighed, ordered and judged."""
    groups = _gather(attribute, said, comparer)
    if len(groups) > 1:
        _overrule(groups)
    for group in groups if denials else ():
        group.against = [v for v, value in denials if comparer.implies(attribute, group.core, value)]
        group.denied = weight_against(group.against)
    if len(groups) > 1:
        groups.sort(key=lambda g: (-g.net, -independent(g.votes), comparer.fineness(attribute, g.core), g.keys))
    second = groups[1].net if len(groups) > 1 else 0
    margin = groups[0].net - max(0, second) if groups else 0
    return Resolution(
        groups=groups,
        denials=list(denials),
        margin=margin,
        state=_state(groups, margin, bar=bar, has_denials=any(v.weight for v, _ in denials)),
    )


def _gather(attribute: str, said: Iterable[Said], comparer: Comparer) -> list[Group]:
    by_value: dict[Value, list[Said]] = defaultdict(list)
    for vote, value in said:
        by_value[value].append((vote, value))
    groups: list[Group] = []
    ordered = list(by_value)
    if len(ordered) > 1:
        finenesses = {value: comparer.fineness(attribute, value) for value in ordered}
        if len(set(finenesses.values())) < len(ordered):
            # As fine and alike in plain form, as one amount on two grounds: whoever said which makes no difference.
            ordered.sort(key=repr)
        ordered.sort(key=finenesses.__getitem__)
        # What has no weight comes last, so that it stands for nothing that others say.
        ordered.sort(key=lambda v: not any(vote.weight for vote, _ in by_value[v]))
    for value in ordered:
        fitting = [g for g in groups if comparer.agree(attribute, value, g.core)]
        if fitting:
            home = min(fitting, key=lambda g: (-g.score, g.core.label))
            home.said += by_value[value]
        else:
            home = Group(core=value, said=by_value[value])
            groups.append(home)
        home.votes = [vote for vote, _ in home.said]
        home.score = worth(home.votes)
    return groups


def _overrule(groups: Iterable[Group]) -> None:
    """Of decisions for rivals the latest stands: the votes of the others weigh nothing."""
    decided = sorted((g for g in groups if g.is_decided), key=lambda g: g.decided_at)
    for group in decided[:-1]:
        group.votes = [replace(v, weight=0) if v.is_decision else v for v in group.votes]
        group.score = worth(group.votes)


def _state(groups: Sequence[Group], margin: int, *, bar: int, has_denials: bool) -> State:
    if not groups or (groups[0].score == 0 and has_denials):
        return State.DENIED if has_denials else State.UNKNOWN
    top = groups[0]
    if top.is_decided and margin > 0:
        return State.DECIDED
    if top.score == 0:
        return State.UNKNOWN
    if margin <= -bar:
        return State.DENIED
    if margin < min(bar, top.score):
        return State.CONTESTED
    return State.CORROBORATED if independent(top.votes) > 1 else State.SINGLE_SOURCE
