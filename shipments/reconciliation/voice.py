"""The second half of S1: what each source's own last word is, slot by slot.

Per (source, slot), in the order in which they were said: a word that is compatible with the ones
before joins them (the finest time holds for all), an incompatible one supersedes them; a denial
supersedes an affirmation that it covers and the other way round; of denials the latest T stands.
Accepts of analysts are one voice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from msgspec import Struct

from shipments.reconciliation.compare import Comparer, Holders
from shipments.reconciliation.identity import Fallen
from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.vocabulary import Fate, Polarity
from shipments.reconciliation.words import FACT, FLAG, MILESTONE, Slot, Word

ANALYSTS = "\x00analysts"


class Voices(Struct, frozen=True, kw_only=True):
    """The words that stand, in the order in which they came, and for the others what superseded them (by identity)."""

    words: list[Word]
    fallen: dict[int, Fallen]


def last_words(
    words: Sequence[Word],
    *,
    comparer: Comparer,
    tolerance: int,
    excluded: Collection[ReportKey] = (),
) -> Voices:
    """The standing words; which they are does not depend on the order of ``words``.

    A word that an analyst excluded stands by itself: it changes nothing of what its source said besides.
    """
    groups: dict[tuple[str, Slot], list[Word]] = defaultdict(list)
    for word in words:
        if not excluded or word.key not in excluded:
            groups[(ANALYSTS if word.is_accept else word.source, word.slot)].append(word)
    fallen: dict[int, Fallen] = {}
    for group in groups.values():
        if len(group) > 1:
            _settle(sorted(group, key=_order), comparer, tolerance, fallen)
    return Voices(words=[word for word in words if id(word) not in fallen], fallen=fallen)


def _order(word: Word) -> tuple[object, ...]:
    return word.order


def _settle(group: list[Word], comparer: Comparer, tolerance: int, fallen: dict[int, Fallen]) -> None:
    """Write down which words of one source on one slot have fallen; those that stand share the finest time.

    While a run grows its first word alone has that time: a source may say one thing ten thousand times.
    """
    runs: dict[str, list[Word]] = {}
    # A source may deny ten thousand values of one fact: a claim is not laid beside each, nor a denial beside another.
    denied: Holders | None = None
    for word in group:
        side = _side(word)
        for other in _opposite(word, runs, denied):
            if other in runs and _contradict(word, runs[other][0], comparer, tolerance):
                gone = runs.pop(other)
                _supersede(gone, word, fallen)
                if denied is not None and gone[0].is_denial and gone[0].value is not None:
                    denied.remove(other, gone[0].value)
        run = runs.get(side, [])
        if run and word.is_denial and word.about == MILESTONE:
            older = run[0] if run[0].latest <= word.latest else word
            newer = word if older is run[0] else run[0]
            _supersede([older], newer, fallen)
            runs[side] = [newer]
        elif run and _compatible(word, run[0], comparer, tolerance):
            run.append(word)
            _refine(run[0], word)
        else:
            _supersede(run, word, fallen)
            runs[side] = [word]
            if word.is_denial and word.value is not None:
                denied = denied or comparer.holders(word.name)
                denied.add(side, word.value)
    for run in runs.values():
        _share_time(run)


def _opposite(word: Word, runs: dict[str, list[Word]], denied: Holders | None) -> Sequence[str]:
    """The sides that the word may contradict."""
    if word.is_denial:
        return (Polarity.AFFIRMS,)
    if word.value is not None:
        return denied.around(word.value) if denied is not None else ()
    side = _side(word)
    return [other for other in runs if other != side]


def _side(word: Word) -> str:
    if word.about == FLAG:
        return str(word.toggle)
    if word.about == FACT and word.is_denial:
        # Denials of different values stand side by side.
        return f"denies:{word.value}"
    return str(word.polarity)


def _supersede(run: Sequence[Word], by: Word, fallen: dict[int, Fallen]) -> None:
    _share_time(run)
    for word in run:
        fallen[id(word)] = Fallen(fate=Fate.SUPERSEDED, reason="later_word", by=by.key)


def _compatible(word: Word, other: Word, comparer: Comparer, tolerance: int) -> bool:
    if word.about == FACT:
        assert word.value is not None
        assert other.value is not None
        return comparer.agree(word.name, word.value, other.value)
    return _near(word, other, tolerance)


def _contradict(word: Word, other: Word, comparer: Comparer, tolerance: int) -> bool:
    if word.about == FLAG:
        return _near(word, other, tolerance)
    denial, claim = (word, other) if word.is_denial else (other, word)
    if word.about == FACT:
        assert claim.value is not None
        assert denial.value is not None
        return comparer.implies(word.name, claim.value, denial.value)
    return claim.earliest <= denial.latest


def _near(word: Word, other: Word, tolerance: int) -> bool:
    return word.earliest <= other.latest + tolerance and other.earliest <= word.latest + tolerance


def _refine(first: Word, word: Word) -> None:
    """Where equally fine, the time that was said first holds."""
    if word.about != FACT and word.latest - word.earliest < first.latest - first.earliest:
        first.earliest, first.latest = word.earliest, word.latest


def _share_time(run: Sequence[Word]) -> None:
    for word in run[1:]:
        if word.about != FACT:
            word.earliest, word.latest = run[0].earliest, run[0].latest
