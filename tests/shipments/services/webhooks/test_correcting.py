"""Whoever was told what is not believed any more is told so, and nobody else is."""

import json
from typing import Any

import pytest

from actors.marking import Marking
from shipments.intake.draft import Pointer
from shipments.models import Delivery, Picture, Subscription
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.delivering import claim, deliver_due, requests_of, send, settle
from shipments.services.webhooks.subscribing import SERVICE, disable, enable
from tests import receiver as endpoint
from tests.shipments.services.webhooks.conftest import believe

pytestmark = pytest.mark.django_db


def corrections(subscription: Subscription) -> list[dict[str, Any]]:
    rows = Delivery.objects.filter(subscription=subscription, type="picture.corrected").order_by("told_at")
    return [json.loads(row.payload)["data"] for row in rows]


def message_on_its_way():
    """What is believed now, taken to be sent and not answered yet."""
    believe()
    (request,) = requests_of(claim(limit=1, now=moment()))
    return request


@pytest.fixture
def retracted(say):
    """Say that it was delivered; the function then takes it back."""
    draft = say("delivered", 60)

    def retract() -> None:
        say("", 61, kind="retract", target=Pointer(source="wfp", event_id=draft.event_id))

    return retract


def test_retracted_status_is_corrected_to_whoever_was_told_it(subscribed, receiver, say, retracted, shipment):
    told, late = subscribed(), None
    say("departed", 24)
    believe()
    deliver_due()
    late = subscribed(path="/late")
    retracted()
    believe()
    deliver_due()

    (said,) = corrections(told)
    first = Delivery.objects.get(subscription=told, type="picture.changed", told_at__lt=late.created_at)
    picture = Picture.objects.get(known_to=None)
    assert said == {
        "subject": shipment.reference,
        "kind": "shipment",
        "version": picture.version,
        "status": "departed",
        "leading": "departed",
        "state": "single_source",
        "contested": False,
        "url": f"/api/v1/shipments/{shipment.reference}/",
        "was": {"webhook_id": first.webhook_id, "version": json.loads(first.payload)["data"]["version"],
                "status": "delivered"},
    }  # fmt: skip
    assert corrections(late) == []
    types = [json.loads(each.body)["type"] for each in receiver.requests if each.path == "/hook"]
    assert sorted(types) == ["picture.changed", "picture.changed", "picture.corrected"]


def test_correction_does_not_name_the_version_that_was_told(subscribed, receiver, say):
    subscription = subscribed()
    say("departed", 24)
    believe()
    deliver_due()
    for other in ("carrier", "customs"):
        say("departed", 24, polarity="denies", by=other)
    believe()
    deliver_due()

    (said,) = corrections(subscription)
    assert (said["version"], said["was"]["version"]) == (None, 1)


def test_progress_corrects_nothing(subscribed, receiver, say):
    subscription = subscribed()
    for number, code in enumerate(["booked", "departed", "arrived", "delivered"]):
        say(code, 10 * number)
        believe()
        deliver_due()
    assert len(receiver.requests) == 4
    assert corrections(subscription) == []


def test_failed_and_pending_messages_told_nobody_anything(subscribed, receiver, retracted):
    subscription = subscribed()
    receiver.behaviour = endpoint.answer(500)
    believe()
    deliver_due()
    retracted()
    believe()
    assert corrections(subscription) == []


def test_message_that_arrives_after_the_picture_turned_is_corrected_too(subscribed, receiver, retracted):
    subscription = subscribed()
    on_its_way = message_on_its_way()
    answer = send(on_its_way)
    retracted()
    believe()
    assert corrections(subscription) == []
    assert settle(on_its_way, answer)
    assert [each["was"]["status"] for each in corrections(subscription)] == ["delivered"]
    deliver_due()
    assert len(corrections(subscription)) == 1


def test_message_that_arrives_after_its_subscription_was_disabled_is_corrected_once_enabled(
    subscribed, receiver, retracted
):
    subscription = subscribed()
    on_its_way = message_on_its_way()
    disable(subscription, reason=Subscription.Reason.PARTNER)
    assert settle(on_its_way, send(on_its_way))
    assert Delivery.objects.get().state == Delivery.State.DELIVERED
    assert Delivery.objects.get().attempts == 1
    retracted()
    believe()
    assert corrections(subscription) == []
    enable(subscription, by=SERVICE)
    assert [each["was"]["status"] for each in corrections(subscription)] == ["delivered"]
    deliver_due()
    enable(subscription, by=SERVICE)
    assert len(corrections(subscription)) == 1


def test_message_that_arrives_after_its_subscription_was_disabled_and_enabled_is_corrected(
    subscribed, receiver, retracted
):
    subscription = subscribed()
    on_its_way = message_on_its_way()
    disable(subscription, reason=Subscription.Reason.PARTNER)
    enable(subscription, by=SERVICE)
    retracted()
    believe()
    assert corrections(subscription) == []
    settle(on_its_way, send(on_its_way))
    assert [each["was"]["status"] for each in corrections(subscription)] == ["delivered"]


def test_correction_that_was_cancelled_comes_when_the_subscription_is_enabled(subscribed, receiver, retracted):
    subscription = subscribed()
    believe()
    deliver_due()
    retracted()
    believe()
    disable(subscription, reason=Subscription.Reason.PARTNER)
    enable(subscription, by=SERVICE)
    assert deliver_due() == 1
    assert json.loads(receiver.requests[-1].body)["type"] == "picture.corrected"


def test_what_failed_while_its_subscription_was_disabled_stays_cancelled(subscribed, receiver, retracted):
    subscription = subscribed()
    receiver.behaviour = endpoint.answer(500)
    on_its_way = message_on_its_way()
    disable(subscription, reason=Subscription.Reason.PARTNER)
    assert not settle(on_its_way, send(on_its_way))
    assert Delivery.objects.get().state == Delivery.State.CANCELLED


def test_correction_is_made_once_however_often_the_picture_turns_on(subscribed, receiver, say, retracted):
    subscription = subscribed()
    say("departed", 24)
    believe()
    deliver_due()
    retracted()
    believe()
    say("in_transit", 65)
    believe()
    deliver_due()
    say("arrived", 70)
    believe()
    deliver_due()
    assert [each["was"]["status"] for each in corrections(subscription)] == ["delivered"]


def test_status_that_came_back_and_went_again_is_corrected_again(subscribed, receiver, say):
    subscription = subscribed()
    for number in range(2):
        at = 10 * number
        draft = say("delivered", at)
        believe()
        deliver_due()
        say("", at + 1, kind="retract", target=Pointer(source="wfp", event_id=draft.event_id))
        believe()
        deliver_due()
    assert [each["status"] for each in corrections(subscription)] == [None, None]


def test_reader_of_a_higher_tier_is_corrected_when_what_was_above_is_gone(subscribed, receiver, say):
    low, high = subscribed(path="/low"), subscribed(path="/high", clearance=Marking.AMBER)
    say("departed", 24)
    secret = say("delivered", 60, marking="AMBER", by="informant")
    believe()
    deliver_due()
    say("", 62, kind="retract", target=Pointer(source="informant", event_id=secret.event_id), by="informant",
        marking="AMBER")  # fmt: skip
    believe()
    deliver_due()
    assert [(each["was"]["status"], each["status"]) for each in corrections(high)] == [("delivered", "departed")]
    assert corrections(low) == []
    assert [json.loads(each.body)["data"]["status"] for each in receiver.requests if each.path == "/low"] == [
        "departed"
    ]


def test_whoever_may_not_know_of_the_subject_any_more_is_not_corrected(subscribed, receiver, retracted, shipment):
    subscription = subscribed()
    believe()
    deliver_due()
    type(shipment).objects.filter(pk=shipment.pk).update(marking=Marking.AMBER)
    retracted()
    believe()
    assert corrections(subscription) == []
