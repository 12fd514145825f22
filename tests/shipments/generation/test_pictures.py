"""The stored picture of made-up shipments is the pure core's fold of the same stories, in any order.

The evidence here is built from the stories themselves, not read back from the database, so that
recording, reading and folding are all held to it.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

import pytest

from actors.access import Reader
from actors.marking import Marking
from shipments.generation.rows import record_stories, set_stage, write_plans
from shipments.generation.stories import FREIGHT_CODES, Arrival, Story, story_of
from shipments.generation.world import world
from shipments.intake.canonical import content_hash
from shipments.intake.draft import Pointer, ReportDraft
from shipments.models import Picture
from shipments.reconciliation import fold
from shipments.reconciliation import vocabulary as words
from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.history import history
from shipments.reconciliation.lifecycles import LEG, SHIPMENT
from shipments.reconciliation.model import (
    Cite,
    Evidence,
    Fact,
    Flag,
    LegPlan,
    Rating,
    Report,
    ReportKey,
    SubjectPlan,
    Target,
)
from shipments.reconciliation.policy import POLICY_V1
from shipments.reconciliation.status import Verdict
from shipments.reconciliation.values import AttributeRule, Interval
from shipments.services.reconciling import reconcile_due
from shipments.services.rules import micros, moment_of, read_rules
from shipments.services.translating import value_of

SHIPMENTS = 200
SEED = 20220516
OURS = {code: milestone for milestone, code in FREIGHT_CODES.items()}
FOREVER = micros(datetime(2100, 1, 1, tzinfo=UTC))
LONG_AGO = micros(datetime(2000, 1, 1, tzinfo=UTC))


@cache
def _stories() -> tuple[Story, ...]:
    return tuple(story_of(world(), seed=SEED, number=n, reports_per=10) for n in range(1, SHIPMENTS + 1))


def _is_held(draft: ReportDraft) -> bool:
    unknown_code = draft.code_scheme == "iata-fsu" and draft.code not in OURS
    return unknown_code or ":X" in draft.subject


def _target(pointer: Pointer) -> Target:
    return Target(pointer.source, pointer.event_id)


def _report(arrival: Arrival, recipient: str) -> Report:
    draft = arrival.draft
    milestone = OURS[draft.code] if draft.code_scheme == "iata-fsu" else draft.code
    return Report(
        key=ReportKey(draft.source, draft.event_id, content_hash(draft).hex(), 0),
        asserted_at=micros(draft.asserted_at),
        received_at=micros(arrival.received_at),
        kind=words.Kind(draft.kind),
        target=_target(draft.target) if draft.target else None,
        occurred=Interval(
            earliest=micros(draft.occurred.earliest),
            latest=micros(draft.occurred.latest),
            precision=words.Precision(draft.occurred.precision),
        )
        if draft.occurred
        else None,
        milestone=milestone or None,
        polarity=words.Polarity(draft.polarity),
        time_class=words.TimeClass(draft.time_class),
        leg=draft.leg or None,
        place=draft.place or None,
        facts=tuple(
            Fact(attribute=fact.attribute, value=value_of(fact.value), line=fact.line or None) for fact in draft.facts
        ),
        flags=tuple(
            Flag(name=name, toggle=words.Toggle.SET if is_set else words.Toggle.UNSET, leg=draft.leg or None)
            for name, is_set in draft.flags.items()
        ),
        directness=words.Directness(draft.directness),
        hedge=words.Hedge(draft.hedge),
        interested=draft.source == f"customs-{recipient.lower()}",
        cites=tuple(Cite(report=_target(cited)) if cited.source else Cite() for cited in draft.cites),
        marking=words.Marking(draft.marking),
    )


def _evidence(story: Story, attributes: tuple[AttributeRule, ...], *, up_to: str, random: Random) -> Evidence:
    """What readers cleared ``up_to`` a marking may see of the story, in an order of its own."""
    plan = story.plan
    seen = [
        _report(arrival, plan.recipient)
        for arrival in story.arrivals
        if not _is_held(arrival.draft) and Marking[arrival.draft.marking] <= Marking[up_to]
    ]
    random.shuffle(seen)
    return Evidence(
        plan=SubjectPlan(
            key=plan.reference,
            kind=words.SubjectKind.SHIPMENT,
            legs=tuple(LegPlan(key=leg.key, sequence=leg.sequence, destination=leg.destination) for leg in plan.legs),
            lines=tuple(line.key for line in plan.lines),
            destination=plan.destination,
            destination_holds=frozenset({plan.destination}),
        ),
        reports=tuple(seen),
        policies=(POLICY_V1,),
        lifecycle=SHIPMENT,
        leg_lifecycle=LEG,
        ratings=tuple(
            Rating(source=voice.code, grade=words.Grade(voice.grade), valid_from=LONG_AGO, recorded_at=LONG_AGO)
            for voice in world().voices
            if voice.grade
        ),
        attributes=attributes,
    )


def _tell(stories: Iterable[Story]) -> tuple[AttributeRule, ...]:
    """Record the stories and work them off; gives the registry of attributes."""
    stories = list(stories)
    write_plans(set_stage(world(), seed=SEED), [story.plan for story in stories])
    results = {outcome.result for outcomes in record_stories(stories) for outcome in outcomes}
    assert results == {"accepted", "held", "duplicate"}
    while reconcile_due(limit=100):
        pass
    return read_rules().attribute_rules("shipment", as_of=FOREVER)


def _stored_history(story: Story, tier: Marking) -> list[tuple[object, ...]]:
    rows = Picture.objects.filter(subject__reference=story.plan.reference, tier=tier).order_by("known_from")
    return [(row.known_from, row.known_to, bytes(row.output_hash).hex(), row.status) for row in rows]


def _folded_history(evidence: Evidence) -> list[tuple[object, ...]]:
    return [
        (
            moment_of(version.known_from),
            moment_of(version.known_to) if version.known_to else None,
            version.picture.output_hash,
            version.picture.status or "",
        )
        for version in history(evidence, moments_from=None, until=FOREVER)
    ]


@pytest.mark.django_db
def test_stored_pictures_are_the_fold_of_the_shuffled_stories() -> None:
    random = Random(SEED)
    stories = _stories()
    attributes = _tell(stories)
    versions = 0

    # The whole history, as everybody with access to the shipment may read it.
    for story in stories:
        tier = Marking.AMBER if story.plan.is_restricted else Marking.CLEAR
        stored = _stored_history(story, tier)
        assert stored == _folded_history(_evidence(story, attributes, up_to=tier.name, random=random))
        versions += len(stored)
    assert versions > 5 * SHIPMENTS

    # What each reader believes now, worked out from what they may see and nothing else.
    assert {Marking.CLEAR, Marking.GREEN, Marking.AMBER} <= set(Picture.objects.values_list("tier", flat=True))
    for clearance in (Marking.GREEN, Marking.AMBER, Marking.RED):
        pictures = Picture.objects.for_reader(Reader(clearance=clearance)).select_related("subject")
        assert {row.subject.reference: bytes(row.output_hash).hex() for row in pictures} == {
            story.plan.reference: reconcile(
                _evidence(story, attributes, up_to=clearance.name, random=random), known_at=FOREVER
            ).output_hash
            for story in stories
            if clearance >= Marking.AMBER or not story.plan.is_restricted
        }


def test_most_made_up_shipments_are_folded_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    # 84 in a hundred lifecycles hold but one story; were the short way lost, nothing else would tell.
    judged: Counter[bool] = Counter()
    judge = fold.judge

    def counting(*args: Any, **kwargs: Any) -> Verdict:
        verdict = judge(*args, **kwargs)
        judged[verdict.stories.is_one] += 1
        return verdict

    monkeypatch.setattr(fold, "judge", counting)
    for told in _stories():
        reconcile(_evidence(told, (), up_to="RED", random=Random(SEED)), known_at=FOREVER)
    assert judged[True] > 0.8 * judged.total()
