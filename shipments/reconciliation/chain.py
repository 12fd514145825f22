"""S5: the story that the candidates tell best.

Candidates in order of (rank, time, key); a story is a chain of allowed steps. Its worth is the sum of
its scores, less each denial on the step that first claims what it denies:

    f(j) = score(j) + max over allowed i of (f(i) - denials charged on i -> j)

What a story has claimed so far decides which denials a step is charged, so f is kept for each state:
how many denied progress milestones are claimed, and which denied branches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from shipments.reconciliation.candidates import Candidate
from shipments.reconciliation.denials import Denial
from shipments.reconciliation.model import Lifecycle

State = tuple[int, frozenset[str]]
_NOTHING: State = (0, frozenset())
# value, origins of the predecessor, minus its index, its state
_Best = tuple[int, int, int, State | None]


class Stories:
    """All stories over the candidates of one lifecycle; scores are read when asked.

    ``candidates`` are in S5's order, which is also the order of preference among equals.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        denials: Sequence[Denial],
        lifecycle: Lifecycle,
        *,
        tolerance: int,
    ) -> None:
        self.candidates = candidates
        self.lifecycle = lifecycle
        self.tolerance = tolerance
        self.eligible = [i for i, c in enumerate(candidates) if c.first_score > 0]
        self.before = {
            j: [i for i in self.eligible[:place] if self.may_precede(candidates[i], candidates[j])]
            for place, j in enumerate(self.eligible)
        }
        self.denials = denials
        # Where no denial is charged and each candidate may follow all before it, there is one story: all of them.
        self.is_charged = bool(denials) and any(self.applicable(candidates[j]) for j in self.eligible)
        self.is_one = not self.is_charged and all(len(self.before[j]) == n for n, j in enumerate(self.eligible))
        self._denied_ranks = sorted({d.rank for d in self.denials if d.is_progress})
        self._denied_branches = frozenset(d.milestone for d in self.denials if not d.is_progress)
        self._steps: dict[tuple[State, int], tuple[int, State]] = {}

    def may_precede(self, one: Candidate, other: Candidate) -> bool:
        """Allowed(i, j) and close enough in time."""
        pair, lifecycle = (one.milestone, other.milestone), self.lifecycle
        if pair not in lifecycle.allowed:
            return False
        if lifecycle.only_later and pair in lifecycle.only_later:
            return other.earliest > one.latest + self.tolerance
        return one.earliest <= other.latest + self.tolerance

    def applicable(self, candidate: Candidate) -> list[Denial]:
        """The denials that would be charged on the candidate if its story began with it."""
        if not self.denials:
            return []
        said = self.lifecycle.implied(candidate.milestone)
        return [
            d
            for d in self.denials
            if (d.milestone == candidate.milestone or d.milestone in said) and candidate.earliest <= d.until
        ]

    def best(self, *, without: Collection[int] = ()) -> int:
        """The worth of the best story (0: none), without some of the candidates."""
        if self.is_one:
            return sum([self.candidates[j].score for j in self.eligible if j not in without])
        if not self.is_charged:
            return max([0, *self._forward(without).values()])
        return max([0, *(_worth(states) for states in self._table(without=without).values())])

    def lost(self, without: Collection[int], *, best: int) -> int:
        """How much less than ``best`` the best story is worth without some of the candidates."""
        if self.is_one:
            return sum([self.candidates[j].score for j in without if j in self.before])
        return best - self.best(without=without)

    def best_through(self, indices: Iterable[int]) -> dict[int, int]:
        """The worth of the best story through each of these candidates."""
        if self.is_one:
            return dict.fromkeys(indices, self.best())
        if self.is_charged:
            return {i: max(_worth(states) for states in self._table(through=i).values()) for i in indices}
        # Where none is charged, what comes before and what comes after do not depend on each other.
        upto, after = self._forward(), dict.fromkeys(self.eligible, 0)
        for j in reversed(self.eligible):
            worth = self.candidates[j].score + after[j]
            for i in self.before[j]:
                after[i] = max(after[i], worth)
        return {i: upto[i] + after[i] for i in indices}

    def _forward(self, without: Collection[int] = ()) -> dict[int, int]:
        """f where no denial is charged, and so no state to keep: what almost every fold needs."""
        worth: dict[int, int] = {}
        for j in self.eligible:
            if j not in without:
                ahead = [worth[i] for i in self.before[j] if i in worth]
                worth[j] = self.candidates[j].score + max(ahead, default=0)  # no score is negative
        return worth

    def path(self) -> list[int]:
        """The best story. Ties: more origins, lower rank, earlier, least key."""
        if self.is_one:
            return list(self.eligible)
        if not self.denials:
            return self._plain_path()
        table = self._table()
        ends = [
            (entry[0], self.candidates[j].origin_count, -j, _inverse(state), state)
            for j, states in table.items()
            for state, entry in states.items()
        ]
        if not ends or max(ends)[0] < 0:
            return []
        _, _, minus, _, state = max(ends)
        steps = [-minus]
        while True:
            _, _, minus_previous, previous = table[steps[-1]][state]
            if previous is None:
                return steps[::-1]
            steps.append(-minus_previous)
            state = previous

    def _plain_path(self) -> list[int]:
        """The same where nothing is denied."""
        worth = self._forward()
        steps: list[int] = []
        ahead: list[int] = self.eligible
        while ahead:
            steps.append(max(ahead, key=lambda i: (worth[i], self.candidates[i].origin_count, -i)))
            ahead = self.before[steps[-1]]
        return steps[::-1]

    def _table(self, *, without: Collection[int] = (), through: int | None = None) -> dict[int, dict[State, _Best]]:
        """For each candidate (at the end of a story) and state: the best worth and where it came from."""
        table: dict[int, dict[State, _Best]] = {}
        for j in self.eligible:
            if j in without:
                continue
            own = self.candidates[j].score
            found: dict[State, _Best] = {}
            if through is None or j <= through:
                charge, state = self._step(_NOTHING, j)
                found[state] = (own - charge, -1, 1, None)
            for i in self.before[j]:
                if i not in table or (through is not None and i < through < j):
                    continue
                origins = self.candidates[i].origin_count
                for previous, entry in table[i].items():
                    charge, state = self._step(previous, j)
                    option = (entry[0] + own - charge, origins, -i, previous)
                    seen = found.get(state)
                    if seen is None or _beats(option, seen):
                        found[state] = option
            if found:
                table[j] = found
        if through is not None:
            return {j: states for j, states in table.items() if j >= through}
        return table

    def _step(self, state: State, j: int) -> tuple[int, State]:
        """What is charged when a story in this state takes the step, and the state after it."""
        if not self.denials:
            return 0, state
        known = self._steps.get((state, j))
        if known is None:
            known = self._steps[(state, j)] = self._charge(state, self.candidates[j])
        return known

    def _charge(self, state: State, candidate: Candidate) -> tuple[int, State]:
        claimed, branches = state
        highest = self._denied_ranks[claimed - 1] if claimed else -1
        charge = sum(
            denial.weight
            for denial in self.applicable(candidate)
            if (denial.rank > highest if denial.is_progress else denial.milestone not in branches)
        )
        if candidate.is_progress:
            reached = sum(rank <= candidate.rank for rank in self._denied_ranks)
            claimed = max(claimed, reached)
        said = self.lifecycle.implied(candidate.milestone) | {candidate.milestone}
        return charge, (claimed, branches | (said & self._denied_branches))


def _worth(states: dict[State, _Best]) -> int:
    return max(entry[0] for entry in states.values())


def _beats(one: _Best, other: _Best) -> bool:
    if one[:3] != other[:3]:
        return one[:3] > other[:3]
    assert one[3] is not None
    assert other[3] is not None
    return _inverse(one[3]) > _inverse(other[3])


def _inverse(state: State) -> tuple[int, tuple[str, ...]]:
    return -state[0], tuple(sorted(state[1]))
