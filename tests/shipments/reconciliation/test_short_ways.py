"""Where nothing stands against anything the fold takes shorter ways: to the same pictures as by the long ones.

REPLAYS sets how many stories (one for twenty of them; `make soak` asks for 5,000).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from shipments.reconciliation import fold, status
from shipments.reconciliation.audiences import visible
from shipments.reconciliation.chain import Stories
from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.history import moments
from shipments.reconciliation.model import Evidence
from shipments.reconciliation.vocabulary import Tier
from tests.shipments.reconciliation.generator import story
from tests.shipments.reconciliation.telling import EVER

STORIES = int(os.environ.get("REPLAYS", "10000")) // 20


class LongWay(Stories):
    """All stories are looked at, also where there is but one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_one = False


def _asked(seed: int) -> Iterator[tuple[Evidence, int]]:
    """A made-up story at each of its moments, and at its end as each audience sees it."""
    whole = story(Random(seed))
    yield from ((whole, moment) for moment in moments(whole, until=EVER))
    yield from ((visible(whole, tier), EVER) for tier in Tier)


def test_the_one_story_is_what_a_look_at_all_stories_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: Counter[bool] = Counter()
    judge = status.judge

    def counting(*args: Any, **kwargs: Any) -> status.Verdict:
        verdict = judge(*args, **kwargs)
        judged[verdict.stories.is_one and len(verdict.path) > 1] += 1
        return verdict

    for seed in range(STORIES):
        with monkeypatch.context() as patch:
            patch.setattr(fold, "judge", counting)
            short = [reconcile(evidence, known_at=moment) for evidence, moment in _asked(seed)]
        with monkeypatch.context() as patch:
            patch.setattr(status, "Stories", LongWay)
            assert [reconcile(evidence, known_at=moment) for evidence, moment in _asked(seed)] == short, seed
    assert min(judged.values()) > STORIES  # neither way is left out


def test_a_picture_without_its_claims_is_the_same_picture() -> None:
    for seed in range(STORIES):
        evidence = story(Random(seed))
        told = reconcile(evidence, known_at=EVER)
        assert told.claims
        assert reconcile(evidence, known_at=EVER, tells_claims=False) == replace(told, claims=())
