"""What is kept of flows tells what every offer and shipment, read one by one, tells: whoever asks, whatever changes."""

from collections.abc import Callable
from importlib import import_module
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from actors.access import Reader
from actors.factories import StateFactory
from actors.marking import Marking
from actors.models import Actor
from shipments.factories import (
    CrisisFactory,
    LineFactory,
    ReadingGrantFactory,
    ReceiptFactory,
    ReportLinkFactory,
    ShipmentPartyFactory,
)
from shipments.generation.rows import record_stories, set_stage, write_plans
from shipments.generation.stories import story_of
from shipments.generation.world import world
from shipments.models import FlowDue, FlowShare, FlowTotal, Line, Offer, Picture, Shipment, ShipmentParty, Subject
from shipments.services.flows import keeping
from shipments.services.flows.keeping import fold_flows
from shipments.services.flows.reading import Narrowing
from shipments.tasks import verify_nightly
from tests.people import make_partner
from tests.shipments.api.flowing import believe, offer, shipment
from tests.shipments.services.conftest import fold
from tests.shipments.services.flows.both import fold_all, read_both, read_without_late

pytestmark = pytest.mark.django_db
GROUPS = [(), ("crisis",), ("month",), ("year",), ("crisis", "month")]
PUBLIC = Reader(clearance=Marking.CLEAR)
STEPS = ["floated", "made", "accepted_partly", "accepted", "committed"]


class Changes:
    """Whatever can happen to a plan, to who may see it, or to what is believed, drawn from what is there."""

    def __init__(self, random: Random, reader: Reader) -> None:
        self.random, self.reader = random, reader

    def any(self, rows: Any) -> Any:
        return self.random.choice(list(rows.order_by("pk")))

    def one(self) -> None:
        self.random.choice(self.all())()

    def all(self) -> list[Callable[[], Any]]:
        shipments, offers, states = Shipment.objects.all(), Offer.objects.all(), Actor.objects.filter(kind="state")
        marking = self.random.choice(list(Marking))
        return [
            lambda: self._update(Subject.objects.filter(kind__in=["offer", "shipment", "crisis"]), marking=marking),
            lambda: self._update(states, marking=marking),
            lambda: self._update(states, merged_into=self.any(states.filter(merged_into=None))),
            lambda: self._update(Subject.objects.filter(kind="offer"), merged_into=self.any(Subject.objects)),
            lambda: self._update(offers, donor=self.any(states)),
            lambda: self._update(offers, recipient=self.any(states)),
            lambda: self._update(shipments, recipient=self.any(states)),
            lambda: self._update(shipments, offer=self.any(offers)),
            lambda: self._part(self.any(shipments), self.any(shipments)),
            lambda: self._update(Line.objects.all(), donor=self.any(states)),
            lambda: self.any(ShipmentParty.objects).delete(),
            lambda: ShipmentPartyFactory(shipment=self.any(shipments), actor=StateFactory(marking=marking)),
            lambda: LineFactory(shipment=self.any(shipments), key=f"more-{self.random.random()}"[:40].replace(".", "")),
            lambda: ReceiptFactory(line=self.any(Line.objects), report__marking=marking),
            lambda: self._grant(self.any(Subject.objects), marking),
            lambda: self._believe(self.any(offers), marking),
            lambda: Picture.objects.filter(tier__gt=0, known_to=None).update(known_to=timezone.now()),
            lambda: self._update(Picture.objects.filter(known_to=None), contested=self.random.random() < 0.7),
        ]

    def _update(self, rows: Any, **columns: Any) -> None:
        row = self.any(rows)
        if not columns.get("merged_into") or row.pk != columns["merged_into"].pk:
            type(row).objects.filter(pk=row.pk).update(**columns)

    def _part(self, part: Shipment, whole: Shipment) -> None:
        if part != whole:
            Shipment.objects.filter(pk=part.pk).update(parent=whole, recipient=whole.recipient)

    def _grant(self, subject: Subject, marking: Marking) -> None:
        actor = Actor.objects.get(pk=self.reader.actor_id)
        ReadingGrantFactory(subject=subject, actor=actor, marking=marking)

    def _believe(self, made: Offer, tier: Marking) -> None:
        Picture.objects.filter(subject=made.subject, tier=tier, known_to=None).delete()
        believe(made, *STEPS[self.random.randint(0, 1) : self.random.randint(2, 5)], tier=tier)


# A busy machine is no fault of a sum.
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_kept_is_what_is_read_one_by_one_whoever_asks_and_whatever_changes(seed: int) -> None:
    random = Random(seed)
    cast = world()
    stage = set_stage(cast, seed=seed)
    stories = [story_of(cast, seed=seed, number=number, reports_per=8) for number in range(1, 25)]
    write_plans(stage, [story.plan for story in stories])
    states = list(Actor.objects.filter(kind="state").order_by("pk"))
    for number in range(12):
        offer(*STEPS[: number % 5 + 1][-2:], donor=random.choice(states), recipient=random.choice(states))
    partner = make_partner(clearance=Marking.GREEN)
    assert partner.key
    changes = Changes(random, Reader.of_key(partner.key))
    readers = [*(Reader(clearance=level) for level in Marking), changes.reader]
    for turn in range(8):
        for _ in record_stories(stories[3 * turn : 3 * turn + 3]):
            fold()
        for _ in range(3):
            changes.one()
        if random.random() < 0.6:
            fold_all()
        for reader in readers:
            some = random.choice(states).reference
            crisis = random.choice([stage.crisis.reference, None])
            narrowing = random.choice(
                [{}, {}, {"donor": some}, {"recipient": some}, {"crisis": crisis}, {"period": "2026"}]
            )
            contested = random.choice([None, True, False])
            read_both(reader, group_by=random.choice(GROUPS), narrowing=Narrowing(**narrowing, contested=contested))
            read_without_late(reader, group_by=random.choice(GROUPS), contested=random.choice([None, True, False]))
    fold_all()
    call_command("add_up_flows", check=True)
    assert sum(flow.shipments != {} for flow in read_both(Reader(clearance=Marking.RED)).flows) > 2


def test_a_part_that_is_asked_for_without_its_whole_is_counted_as_it_is_with_it() -> None:
    one, other, recipient = StateFactory(), StateFactory(), StateFactory()
    whole = shipment("departed", donors=[one], recipient=recipient)
    shipment("departed", donors=[other], recipient=recipient, parent=whole)
    fold_all()
    (flow,) = read_both(Reader(clearance=Marking.CLEAR), narrowing=Narrowing(donor=other.reference)).flows
    assert (flow.shipments, flow.rungs["dispatched"].count) == ({"departed": 1}, 0)


def test_what_was_counted_and_is_corrected_is_no_longer_received() -> None:
    sent = shipment("departed", "received", donors=[StateFactory()], recipient=StateFactory())
    receipt = ReceiptFactory(line=sent.lines.get(), accepted=4)
    fold_all()
    reader = Reader(clearance=Marking.CLEAR)
    (before,) = read_both(reader).flows
    ReportLinkFactory(kind="retracts", target_report=receipt.report, target_source=None)
    fold_all()
    (after,) = read_both(reader).flows
    assert [flow.rungs["received"].amounts[0].value for flow in (before, after)] == [4, 9]


def test_who_may_know_more_of_a_subject_by_name_is_told_more() -> None:
    crisis = CrisisFactory(marking=Marking.RED)
    offer("made", crisis=crisis)
    fold_all()
    partner = make_partner(clearance=Marking.GREEN)
    assert partner.key
    reader = Reader.of_key(partner.key)
    (flow,) = read_both(reader, group_by=["crisis"]).flows
    assert flow.key.crisis == ""
    ReadingGrantFactory(subject=crisis.subject, actor=partner.key.actor, marking=Marking.RED)
    (flow,) = read_both(reader, group_by=["crisis"]).flows
    assert flow.key.crisis == crisis.reference


def test_the_longest_waits_are_named_and_all_are_counted() -> None:
    pair = {"donor": StateFactory(), "recipient": StateFactory()}
    for _ in range(25):
        offer("made", **pair)
    fold_all()
    offer("made", **pair)
    (flow,) = read_both(Reader(clearance=Marking.CLEAR)).flows
    assert (flow.silence.unanswered, len(flow.silence.waiting)) == (26, 10)


def test_what_is_contested_is_told_by_itself_and_what_is_not_with_its_longest_waits() -> None:
    pair = {"donor": StateFactory(), "recipient": StateFactory()}
    for number in range(24):
        offer("made", state="single_source" if number % 2 else "contested", **pair)
    for contested in (True, False, None):
        narrowing = Narrowing(contested=contested)
        (before,) = read_both(PUBLIC, narrowing=narrowing).flows
        assert (before.silence.unanswered, len(before.silence.waiting)) == (24 if contested is None else 12, 10)
    fold_all()
    for contested in (True, False, None):
        (after,) = read_both(PUBLIC, narrowing=Narrowing(contested=contested)).flows
        assert (after.silence.unanswered, len(after.silence.waiting)) == (24 if contested is None else 12, 10)
    call_command("add_up_flows", check=True)


def test_what_was_added_up_before_has_what_is_contested_by_itself_after_the_migration() -> None:
    pair = {"donor": StateFactory(), "recipient": StateFactory()}
    for number in range(4):
        offer("made", state="contested", doses=None if number == 3 else 100 * number, **pair)
    offer("made", crisis=CrisisFactory(marking=Marking.RED), state="contested", **pair)
    fold_all()
    migration = import_module("shipments.migrations.0045_add_up_what_is_contested_by_itself")
    with connection.cursor() as cursor:
        cursor.execute(migration.AS_BEFORE)
    with pytest.raises(CommandError, match="kept otherwise"):
        call_command("add_up_flows", check=True)
    with connection.schema_editor() as editor:
        migration.add_up(apps, editor)
    call_command("add_up_flows", check=True)


def test_an_adder_that_dies_before_its_end_has_added_nothing() -> None:
    offer("made")
    due = FlowDue.objects.count()
    with patch.object(keeping, "_row", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        fold_flows()
    assert (FlowDue.objects.count(), FlowShare.objects.count(), FlowTotal.objects.count()) == (due, 0, 0)
    fold_all()
    assert (FlowDue.objects.count(), FlowShare.objects.count(), FlowTotal.objects.count()) == (0, 1, 1)


def test_a_subject_that_fails_keeps_no_other_from_its_turn() -> None:
    bad, good = offer("made"), offer("made")
    fold_all()
    FlowDue.objects.bulk_create(FlowDue(subject_id=pk) for pk in (bad.pk, good.pk))
    keep = keeping.keep

    def fails(subjects: Any) -> None:
        if bad.pk in subjects:
            raise ValueError("no such amount")
        keep(subjects)

    with patch.object(keeping, "keep", fails):
        assert fold_flows() == 1
        assert set(FlowDue.objects.values_list("subject_id", flat=True)) == {bad.pk}
        assert fold_flows() == 0
    assert fold_flows() == 1


def test_what_is_kept_otherwise_than_it_is_is_found_and_made_again() -> None:
    made = offer("made")
    fold_all()
    call_command("add_up_flows", check=True)
    FlowTotal.objects.update(sums={"0": '{"offer made":[2]}'})
    with pytest.raises(CommandError, match="kept otherwise"):
        call_command("add_up_flows", check=True)
    call_command("add_up_flows", rebuild=True)
    call_command("add_up_flows", check=True)
    FlowShare.objects.update(is_contested=True)
    with pytest.raises(CommandError, match=made.reference):
        call_command("add_up_flows", check=True)
    with capture_logs() as said:
        verify_nightly()
    (found,) = [each for each in said if each["event"] == "verify.flows_done"]
    assert (found["log_level"], found["subjects"]) == ("error", [made.reference])
