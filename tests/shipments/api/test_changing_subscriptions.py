"""A subscription is changed by PATCH, paused and taken up again; what is wrong changes nothing."""

from datetime import timedelta
from ipaddress import ip_network

import pytest
from standardwebhooks import Webhook

from actors.models import AuditEntry
from shipments.models import Subscription
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.delivering import deliver_due
from tests.people import Caller, code_of, faults_of, make_partner
from tests.receiver import receiving
from tests.shipments.api.subscribing import BODY, SCOPES, change, made

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Caller:
    return make_partner(scopes=SCOPES)


def test_only_what_is_sent_is_changed_and_the_secret_stays(partner, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    body = made(partner, description="Ours", filters={"kinds": ["shipment"], "donors": ["ACT-7K2M9QXD"]})
    secret, reference = body.pop("secret"), body["reference"]
    partner.post(f"subscriptions/{reference}/test/", {})
    Subscription.objects.update(failing_since=moment(), paused_until=moment() + timedelta(days=1))
    with receiving() as receiver:
        wanted = {"url": receiver.url("/new"), "event_types": ["subject.gone", "picture.changed"]}
        wanted |= {"description": None, "filters": {"kinds": ["offer"]}}
        answer = change(partner, reference, wanted)
        assert deliver_due() == 1, "what waited goes to the new address, which has asked for no pause"
        (request,) = receiver.requests
    Webhook(secret).verify(request.body, request.headers)
    after = {**body, **wanted, "event_types": ["picture.changed", "subject.gone"], "description": ""}
    assert answer.json() == {**after, "filters": {**body["filters"], "kinds": ["offer"], "donors": []}}
    assert partner.get(f"subscriptions/{reference}/").json() == answer.json()
    audited = AuditEntry.objects.get(action="subscription.changed")
    assert (audited.partner_key, audited.changes["before"]["url"]) == (partner.key, BODY["url"])

    assert change(partner, reference, {"description": "Mine"}).json() == {**answer.json(), "description": "Mine"}
    change(partner, reference, {"description": "Mine"})
    assert AuditEntry.objects.filter(action="subscription.changed").count() == 2, "nothing was otherwise"


def test_subscription_is_paused_and_goes_on_by_its_state(partner):
    reference = made(partner)["reference"]
    paused = change(partner, reference, {"state": "disabled"}).json()
    assert (paused["state"], paused["disabled"]["reason"]) == ("disabled", "partner")
    assert change(partner, reference, {"description": "Still"}).json()["state"] == "disabled"
    heir = make_partner(scopes=SCOPES, actor=partner.key.actor)
    again = change(heir, reference, {"state": "active", "url": "https://hooks.example.org/new"}).json()
    assert (again["state"], again["disabled"]) == ("active", None)
    assert again["audience"]["key"] == heir.key.prefix, "as enable/ does"
    assert change(partner, reference, {"state": "active"}).json() == again, "active already"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"": "too_few"}),
        ([], {"": "object_required"}),
        ({"url": None}, {"/url": "string_required"}),
        ({"url": ""}, {"/url": "blank"}),
        ({"event_types": []}, {"/event_types": "too_few"}),
        ({"event_types": None}, {"/event_types": "array_required"}),
        ({"filters": {"kinds": ["parcel"]}}, {"/filters/kinds/0": "unknown_word"}),
        ({"state": "paused"}, {"/state": "unknown_word"}),
        ({"reference": "SUB-1"}, {"/reference": "read_only_field"}),
        ({"events": ["picture.changed"]}, {"/events": "unknown_field"}),
    ],
)
def test_bad_change_is_refused_and_changes_nothing(partner, body, faults):
    reference = made(partner)["reference"]
    before = partner.get(f"subscriptions/{reference}/").content
    answer = change(partner, reference, body)
    assert (answer.status_code, faults_of(answer)) == (400, faults)
    assert partner.get(f"subscriptions/{reference}/").content == before


def test_change_to_an_address_that_leads_inside_is_refused(partner):
    reference = made(partner)["reference"]
    answer = change(partner, reference, {"url": "https://169.254.169.254/", "description": "x"})
    assert (answer.status_code, faults_of(answer)) == (422, {"/url": "address_not_allowed"})
    assert Subscription.objects.get().description == ""


def test_change_needs_an_idempotency_key_and_the_version_it_was_made_of(partner):
    reference = made(partner)["reference"]
    path = f"subscriptions/{reference}/"
    assert code_of(partner.send("PATCH", path, {"description": "x"})) == "idempotency_key_required"
    tag = partner.get(path).headers["ETag"]
    first = change(partner, reference, {"description": "one"}, **{"if-match": tag})
    assert first.status_code == 200
    assert first.headers["ETag"] == partner.get(path).headers["ETag"] != tag
    late = change(partner, reference, {"description": "two"}, **{"if-match": tag})
    assert (late.status_code, code_of(late)) == (412, "changed_meanwhile")
    assert late.headers["ETag"] == first.headers["ETag"]
    assert code_of(change(partner, reference, {"description": "x"}, **{"if-match": "x"})) == "invalid_if_match"
    assert Subscription.objects.get().description == "one"


def test_key_that_cannot_read_changes_nothing(partner):
    reference = made(partner)["reference"]
    blind = make_partner(scopes=["webhooks:manage"], actor=partner.key.actor)
    assert code_of(change(blind, reference, {"description": "x"})) == "insufficient_scope"
