"""Who is told of an event: whoever asked, may know, and reads the picture that turned."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from actors.factories import ActorFactory, SourceFactory, UserFactory
from actors.identifiers import new_id
from actors.marking import Marking
from shipments.factories import (
    CrisisFactory,
    OfferFactory,
    OutboxEventFactory,
    PictureFactory,
    ReadingGrantFactory,
    ReportDraftFactory,
    ShipmentPartyFactory,
)
from shipments.intake.draft import Pointer
from shipments.models import Delivery, OutboxEvent, Report, Subject, Subscription
from shipments.services.curating import attach_report
from shipments.services.planning import announce_loss
from shipments.services.recording import Sender, record
from shipments.services.relaying import relay_outbox
from shipments.services.webhooks.fanning_out import fan_out
from shipments.services.webhooks.subscribing import By, disable, enable
from tests.shipments.services.webhooks.conftest import believe, partner_key

pytestmark = pytest.mark.django_db


def told(subscription: Subscription) -> list[tuple[str, str | None]]:
    """(type, status) of what a subscription is to be told, in order."""
    rows = Delivery.objects.filter(subscription=subscription).order_by("told_at", "pk")
    return [(row.type, json.loads(row.payload)["data"].get("status")) for row in rows]


def test_each_event_is_fanned_out_once(subscribed, say):
    subscription = subscribed("picture.changed", "report.recorded")
    say("departed", 24)
    believe()
    believe()
    assert sorted(told(subscription)) == [("picture.changed", "departed"), ("report.recorded", None)]
    assert not OutboxEvent.objects.filter(fanned_out_at=None).exists()


def test_report_is_told_with_the_version_that_is_believed(subscribed, say, shipment):
    subscription = subscribed("report.recorded")
    say("departed", 24)
    believe()
    (delivery,) = Delivery.objects.filter(subscription=subscription)
    said = json.loads(delivery.payload)
    reference = OutboxEvent.objects.get(type="report.recorded").body["report"]
    assert said["data"] == {
        "report": reference,
        "subject": shipment.reference,
        "version": 1,
        "url": f"/api/v1/reports/{reference}/",
    }


def test_held_report_is_told_to_its_sender_and_to_analysts_clearance_alone(subscribed, say):
    stranger, analyst = subscribed("report.held"), subscribed("report.held", clearance=Marking.AMBER)
    say("departed", 24, subject="name:nobody-knows-it")
    believe()
    assert (told(stranger), len(told(analyst))) == ([], 1)


def test_what_is_about_a_subject_that_is_gone_is_told_to_nobody(subscribed):
    subscription = subscribed("subject.changed", "subject.gone")
    for type_ in ("subject.changed", "subject.gone"):
        body = {"subject": "SHP-GONE0000", "kind": "shipment"}
        OutboxEventFactory(type=type_, subject_id=new_id(), sequence=None, body=body)
    believe()
    assert not OutboxEvent.objects.filter(fanned_out_at=None).exists()
    assert told(subscription) == []


def test_what_was_before_the_subscription_is_not_told(subscribed, say):
    say("departed", 24)
    believe()
    subscription = subscribed()
    OutboxEvent.objects.update(fanned_out_at=None)
    believe()
    assert told(subscription) == []


def test_disabled_subscription_and_useless_key_are_told_nothing(subscribed, say):
    off, dead, on = subscribed(), subscribed(), subscribed()
    disable(off, reason=Subscription.Reason.PARTNER)
    dead.key.revoked_at = "2026-01-01T00:00Z"
    dead.key.save()
    say("departed", 24)
    believe()
    assert (told(off), told(dead), told(on)) == ([], [], [("picture.changed", "departed")])
    enable(off, by=By())
    believe()
    assert told(off) == [], "what was missed is read from the API"


def test_hidden_subject_leaves_no_row_for_whoever_may_not_know(subscribed, say, shipment):
    Subject.objects.filter(pk=shipment.pk).update(marking=Marking.AMBER)
    blind = subscribed("picture.changed", "report.recorded")
    cleared = subscribed("picture.changed", "report.recorded", clearance=Marking.AMBER)
    granted_key = partner_key()
    ReadingGrantFactory(subject=shipment, actor=granted_key.actor, marking=Marking.AMBER)
    granted = subscribed(key=granted_key)
    say("departed", 24)
    believe()
    assert told(blind) == []
    assert len(told(cleared)) == 2
    assert told(granted) == [("picture.changed", "departed")]


@pytest.mark.parametrize(("marking", "types"), [(Marking.GREEN, ["report.bound"]), (Marking.AMBER, [])])
def test_what_an_own_report_was_bound_to_is_told_if_it_may_be_known(subscribed, shipment, marking, types):
    key = partner_key()
    subscription = subscribed("report.bound", key=key)
    draft = ReportDraftFactory(source=key.source.code, subject="name:nobody-knows-it")
    record([draft], sender=Sender(key=key))
    Subject.objects.filter(pk=shipment.pk).update(marking=marking)
    attach_report(Report.objects.get(), Subject.objects.get(pk=shipment.pk), reason="Theirs.", by=UserFactory())
    believe()
    assert [type_ for type_, _ in told(subscription)] == types


def test_readers_of_two_tiers_are_each_told_of_their_own_picture(subscribed, say):
    low, high = subscribed(), subscribed(clearance=Marking.AMBER)
    say("departed", 24)
    believe()
    secret = say("delivered", 60, marking="AMBER", by="informant")
    believe()
    assert told(low) == [("picture.changed", "departed")]
    assert told(high) == [("picture.changed", "departed"), ("picture.changed", "delivered")]
    say("arrived", 30, received=61)
    believe()
    assert told(low)[1:] == [("picture.changed", "arrived")]
    assert ("picture.changed", "arrived") not in told(high), "their picture says delivered, as before"

    say("", 62, kind="retract", target=Pointer(source="informant", event_id=secret.event_id), by="informant",
        marking="AMBER")  # fmt: skip
    believe()
    assert told(low)[2:] == []
    assert told(high)[-1] == ("picture.changed", "arrived"), "what was above the lower tier is gone"
    rows = Delivery.objects.filter(subscription=high).order_by("told_at", "pk")
    versions = [json.loads(row.payload)["data"]["version"] for row in rows]
    assert versions == [1, None, 3, 4], "a tier counts its own: its first may have the number of the one below"


def test_filters_let_through_what_fits_all_of_them(subscribed, say, shipment):
    donor, other = ActorFactory(), ActorFactory()
    crisis = CrisisFactory()
    Subject.objects.filter(pk=shipment.pk).update(crisis=crisis)
    ShipmentPartyFactory(shipment=shipment, actor=donor)
    fitting = [
        subscribed(),
        subscribed(kinds=("offer", "shipment")),
        subscribed(subjects=(shipment.reference,)),
        subscribed(crises=(crisis.reference,)),
        subscribed(donors=(other.reference, donor.reference)),
        subscribed(recipients=(shipment.recipient.reference,)),
        subscribed(kinds=("shipment",), crises=(crisis.reference,), donors=(donor.reference,)),
    ]
    others = [
        subscribed(kinds=("offer",)),
        subscribed(subjects=("SHP-00000000",)),
        subscribed(crises=("CRS-00000000",)),
        subscribed(donors=(other.reference,)),
        subscribed(recipients=(donor.reference,)),
        subscribed(kinds=("shipment",), donors=(other.reference,)),
    ]
    say("departed", 24)
    believe()
    assert [len(told(each)) for each in fitting] == [1] * len(fitting)
    assert [len(told(each)) for each in others] == [0] * len(others)


def test_offer_is_found_by_who_gives_and_who_gets(subscribed):
    offer = OfferFactory()
    PictureFactory(subject=offer)
    given, taken = subscribed(donors=(offer.donor.reference,)), subscribed(recipients=(offer.recipient.reference,))
    body = {"subject": offer.reference, "kind": "offer", "version": 1, "status": "made", "leading": "made"}
    OutboxEventFactory(type="picture.changed", subject=offer, body={**body, "state": "decided", "contested": False})
    relay_outbox()
    fan_out()
    assert told(given) == told(taken) == [("picture.changed", "made")]


def test_filter_by_a_hidden_actor_or_crisis_lets_nothing_through(subscribed, say, shipment):
    hidden = ActorFactory(marking=Marking.AMBER)
    crisis = CrisisFactory(marking=Marking.AMBER)
    ShipmentPartyFactory(shipment=shipment, actor=hidden)
    Subject.objects.filter(pk=shipment.pk).update(crisis=crisis)
    by_donor, by_crisis = subscribed(donors=(hidden.reference,)), subscribed(crises=(crisis.reference,))
    cleared = subscribed(donors=(hidden.reference,), crises=(crisis.reference,), clearance=Marking.AMBER)
    say("departed", 24)
    believe()
    assert (told(by_donor), told(by_crisis), len(told(cleared))) == ([], [], 1)


def lose(subject: Subject, marking: Marking) -> None:
    """Mark a subject higher, as its page in the admin does."""
    before = subject.marking
    Subject.objects.filter(pk=subject.pk).update(marking=marking)
    announce_loss(Subject.objects.get(pk=subject.pk), cleared=before)


def test_loss_is_told_to_whose_key_could_read_it_and_cannot_any_more(subscribed, shipment):
    low, mid, high, elsewhere = (partner_key(clearance=each) for each in (0, 1, 2, 1))
    sister = partner_key(clearance=Marking.CLEAR, actor=mid.actor)
    named = partner_key()
    Subject.objects.filter(pk=shipment.pk).update(marking=Marking.GREEN)
    ReadingGrantFactory(subject=shipment, actor=named.actor, marking=Marking.AMBER)
    everybody = [subscribed("subject.gone", key=each) for each in (low, mid, high, elsewhere, sister, named)]
    lose(Subject.objects.get(pk=shipment.pk), Marking.AMBER)
    believe()
    gone = [("subject.gone", None)]
    assert [told(each) for each in everybody] == [[], gone, [], gone, [], []]


def test_loss_is_told_by_kind_and_reference_and_whatever_else_the_filters_say(subscribed, shipment):
    donor = ActorFactory(marking=Marking.AMBER)
    asked = [
        subscribed("subject.gone", **filters)
        for filters in (
            {"kinds": ("shipment",)},
            {"kinds": ("offer",)},
            {"subjects": (shipment.reference,)},
            {"subjects": ("SHP-00000000",)},
            {"donors": (ActorFactory().reference,)},
        )
    ]
    # What it is about by then says nothing to anybody.
    ShipmentPartyFactory(shipment=shipment, actor=donor)
    lose(Subject.objects.get(pk=shipment.pk), Marking.AMBER)
    believe()
    assert [len(told(each)) for each in asked] == [1, 0, 1, 0, 1]


def test_event_that_no_type_names_is_told_to_nobody(subscribed):
    subscribed(*OutboxEvent.Type.values)
    OutboxEventFactory(type="something.new", body={"report": "RPT-1"})
    relay_outbox()
    assert fan_out() == 1
    assert not Delivery.objects.exists()


def test_without_subscriptions_events_are_marked_and_not_read(db):
    for number in range(3):
        OutboxEventFactory(sequence=number + 1)
    with CaptureQueriesContext(connection) as queries:
        assert fan_out() == 3
    assert len([each for each in queries if "SAVEPOINT" not in each["sql"]]) == 2
    assert fan_out() == 0


def test_many_events_cost_as_many_queries_as_few(subscribed, shipment):
    for _ in range(3):
        subscribed(kinds=("shipment",))

    PictureFactory(subject=shipment)

    def cost(count: int) -> int:
        body = {"subject": shipment.reference, "kind": "shipment", "version": 1, "status": "", "leading": ""}
        for _ in range(count):
            OutboxEventFactory(
                type="picture.changed", subject=shipment, body={**body, "state": "unknown", "contested": False}
            )
        relay_outbox()
        with CaptureQueriesContext(connection) as queries:
            assert fan_out() == count
        return len(queries)

    assert cost(20) == cost(2)
    assert Delivery.objects.count() == 3 * 22


def test_who_reads_their_own_copy_of_a_report_is_not_told_when_the_hidden_one_comes(subscribed, shipment):
    key = partner_key()
    key.scopes = [*key.scopes, "reports:relay"]
    subscription = subscribed("report.recorded", key=key)
    draft = ReportDraftFactory(source=SourceFactory().code, subject=shipment.reference, marking="RED")
    record([draft], sender=Sender(key=key))
    believe()
    assert len(told(subscription)) == 1
    record([draft], sender=Sender())
    believe()
    assert Report.objects.count() == 2
    assert len(told(subscription)) == 1
