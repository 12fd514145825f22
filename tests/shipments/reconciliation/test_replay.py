"""Shuffled replays: whatever the order of arrival, the same picture, thousands of times over.

REPLAYS sets how many (10,000 without it; `make soak` asks for 100,000).
"""

from __future__ import annotations

import os
from random import Random

from msgspec.structs import replace

from shipments.reconciliation.fold import reconcile
from tests.shipments.reconciliation.generator import story
from tests.shipments.reconciliation.telling import EVER

REPLAYS = int(os.environ.get("REPLAYS", "10000"))
SHUFFLES = 20


def test_shuffled_replays_give_the_same_picture() -> None:
    replayed = mismatches = 0
    seed = 0
    while replayed < REPLAYS:
        rng = Random(seed)
        bundle = story(rng, most=8)
        expected = reconcile(bundle, known_at=EVER)
        for _ in range(min(SHUFFLES, REPLAYS - replayed)):
            reports = [*bundle.reports, *rng.choices(bundle.reports, k=2)]  # re-sent ones among them
            rng.shuffle(reports)
            again = replace(
                bundle,
                reports=tuple(reports),
                ratings=tuple(rng.sample(bundle.ratings, len(bundle.ratings))),
                citations=tuple(rng.sample(bundle.citations, len(bundle.citations))),
            )
            mismatches += reconcile(again, known_at=EVER) != expected
            replayed += 1
        seed += 1
    assert (replayed, mismatches) == (REPLAYS, 0)
