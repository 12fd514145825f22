"""manage.py generate --shipments N --reports-per 10 --seed S: made-up data that looks like the world's."""

import time
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shipments.generation.rows import record_stories, set_stage, write_plans
from shipments.generation.stories import story_of
from shipments.generation.world import OUTLETS, world
from shipments.services.recording import Outcome

# Shipments whose stories are held in memory and told together, day by day.
AT_ONCE = 1000


class Command(BaseCommand):
    help = (
        "Make shipments and reports about them: late, doubled, quoted, contradicted, withdrawn. The same seed gives "
        "the same keys and content; what is there already is left as it is. The workers then work out the picture."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--shipments", type=_at_least_one, default=100, metavar="N")
        add("--reports-per", type=_at_least_one, default=10, metavar="N", help="On average; default 10.")
        add("--seed", type=int, default=0, metavar="S")
        add("--sources", type=_at_least_one, default=OUTLETS, metavar="N", help=f"Papers; default {OUTLETS}.")

    def handle(self, *, shipments: int, reports_per: int, seed: int, sources: int, **options: Any) -> None:
        cast = world(sources)
        stage = set_stage(cast, seed=seed)
        tally: Counter[str] = Counter()
        new, began, told_at = 0, time.monotonic(), time.monotonic()
        for first in range(1, shipments + 1, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, shipments + 1))
            stories = [story_of(cast, seed=seed, number=number, reports_per=reports_per) for number in numbers]
            new += write_plans(stage, [story.plan for story in stories])
            expected = sum(len(story.arrivals) for story in stories)
            done = 0
            for outcomes in record_stories(stories):
                tally.update(outcome.result for outcome in outcomes)
                _stop_at_problems(outcomes)
                done += len(outcomes)
                if time.monotonic() - told_at > 2 and options["verbosity"] > 0:
                    told_at = time.monotonic()
                    share = (first - 1 + len(numbers) * done / expected) / shipments
                    self.stderr.write(f"{share:4.0%}  {sum(tally.values()):,} reports after {told_at - began:.0f} s")
        said = ", ".join(f"{tally[result]:,} {result}" for result in ("accepted", "held", "duplicate"))
        self.stdout.write(f"{new:,} new shipments of {shipments:,}; reports: {said}.")


def _stop_at_problems(outcomes: list[Outcome]) -> None:
    """Made-up reports are all well formed; one that is refused means that the rules have changed."""
    details = sorted({problem.detail for outcome in outcomes for problem in outcome.problems})
    if details:
        raise CommandError(f"Reports were refused: {' '.join(details[:5])}")


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
