"""Made-up stories: they repeat, they stand alone, and what they are made of is what the shares say."""

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from shipments.generation.plans import Plan
from shipments.generation.shares import DEFAULT, Shares
from shipments.generation.stories import Story, story_of
from shipments.generation.world import world
from shipments.intake.draft import ReportDraft
from shipments.reconciliation.lifecycles import LEG, SHIPMENT

MANY = 1500
NONE = Shares(**dict.fromkeys(Shares.__dataclass_fields__, 0))


def _stories(count: int, *, seed: int = 7, shares: Shares = DEFAULT) -> list[Story]:
    return [story_of(world(), seed=seed, number=n, reports_per=10, shares=shares) for n in range(1, count + 1)]


@cache
def _many() -> tuple[Story, ...]:
    return tuple(_stories(MANY))


def _drafts() -> list[ReportDraft]:
    return [arrival.draft for story in _many() for arrival in story.arrivals]


def test_same_seed_tells_the_same_stories() -> None:
    assert _stories(50) == _stories(50)


def test_another_seed_tells_others() -> None:
    first, second = _stories(50), _stories(50, seed=8)
    assert {story.plan.reference for story in first} & {story.plan.reference for story in second} == set()
    assert {story.plan.title for story in first} & {story.plan.title for story in second}


def test_story_depends_on_its_number_alone() -> None:
    assert story_of(world(), seed=7, number=40, reports_per=10) == _stories(40)[-1]


def test_there_are_as_many_reports_as_asked_for() -> None:
    counts = [len(story.arrivals) for story in _many()]
    assert (min(counts), max(counts)) == (6, 14)
    assert sum(counts) == pytest.approx(10 * MANY, rel=0.02)


def test_no_two_stories_share_a_key() -> None:
    assert len({story.plan.reference for story in _many()}) == MANY
    said = Counter((draft.source, draft.event_id) for draft in set_of_repeats())
    assert max(said.values()) == 1


def set_of_repeats() -> list[ReportDraft]:
    """Each draft once, however often it was sent."""
    return list({(draft.source, draft.event_id, repr(draft)): draft for draft in _drafts()}.values())


def _per_mille(count: int, of: int) -> float:
    return 1000 * count / of


@pytest.mark.parametrize(
    ("share", "is_one"),
    [
        ("echo", lambda draft: bool(draft.cites)),
        ("retraction", lambda draft: draft.kind == "retract"),
        ("correction", lambda draft: draft.kind == "correct"),
        ("planned", lambda draft: draft.time_class != "actual"),
        ("amber", lambda draft: draft.marking == "AMBER"),
    ],
)
def test_shares_of_reports_are_kept(share: str, is_one: object) -> None:
    drafts = _drafts()
    found = _per_mille(sum(1 for draft in drafts if is_one(draft)), len(drafts))  # type: ignore[operator]
    # Below: the first two reports of a story are plain. Above: a repeat of one is one more.
    assert getattr(DEFAULT, share) * 0.6 < found < getattr(DEFAULT, share) * 1.45 + 2


def test_some_are_sent_twice_and_some_come_late() -> None:
    drafts = _drafts()
    assert 30 < _per_mille(len(drafts) - len(set_of_repeats()), len(drafts)) < 60
    lags = [arrival.received_at - arrival.draft.asserted_at for story in _many() for arrival in story.arrivals]
    assert all(lag.total_seconds() > 0 for lag in lags)
    late = sum(1 for lag in lags if lag.days >= 2)
    assert 80 < _per_mille(late, len(drafts)) < 180


def test_some_are_held_for_an_unknown_code_or_subject() -> None:
    drafts = _drafts()
    odd = sum(1 for draft in drafts if draft.code in {"QX1", "ZZT", "7HU", "OPS9"} or ":X" in draft.subject)
    assert 4 < _per_mille(odd, len(drafts)) < 20


@pytest.mark.parametrize(
    ("share", "milestone"),
    [("lost", "lost"), ("destroyed", "destroyed"), ("refused", "refused"), ("cancelled", "cancelled")],
)
def test_shares_of_shipments_are_kept(share: str, milestone: str) -> None:
    ends = Counter(story.plan.steps[-1].milestone for story in _many())
    assert _per_mille(ends[milestone], MANY) == pytest.approx(getattr(DEFAULT, share), abs=10)


def test_a_share_can_be_changed_in_one_place() -> None:
    plain = _stories(100, shares=NONE)
    assert {arrival.draft.kind for story in plain for arrival in story.arrivals} == {"observe"}
    assert not any(arrival.draft.cites for story in plain for arrival in story.arrivals)
    denied = _stories(100, shares=replace(NONE, denial=1000))
    assert any(arrival.draft.polarity == "denies" for story in denied for arrival in story.arrivals)


def _is_true(plan: Plan) -> bool:
    times = [step.at for step in plan.steps]
    allowed = SHIPMENT.allowed | LEG.allowed
    pairs = zip(plan.steps, plan.steps[1:], strict=False)
    return times == sorted(times) and all((a.milestone, b.milestone) in allowed or a.leg for a, b in pairs)


def test_what_truly_happened_can_have_happened() -> None:
    assert [story.plan for story in _many() if not _is_true(story.plan)] == []


def test_nothing_is_pointed_at_that_nobody_said() -> None:
    for story in _many():
        said = {(arrival.draft.source, arrival.draft.event_id) for arrival in story.arrivals}
        pointed = [pointer for arrival in story.arrivals for pointer in arrival.draft.cites if pointer.source]
        pointed += [arrival.draft.target for arrival in story.arrivals if arrival.draft.target]
        assert {(pointer.source, pointer.event_id) for pointer in pointed} <= said


def test_a_retraction_is_not_marked_above_its_target() -> None:
    levels = {"CLEAR": 0, "GREEN": 1, "AMBER": 2}
    for story in _many():
        marked = {(each.draft.source, each.draft.event_id): each.draft.marking for each in story.arrivals}
        for each in story.arrivals:
            if each.draft.kind == "retract" and each.draft.target:
                target = marked[each.draft.target.source, each.draft.target.event_id]
                assert levels[each.draft.marking] <= levels[target]
