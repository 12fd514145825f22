"""Partners look after their own subscriptions, and learn of nobody else's."""

from datetime import timedelta
from ipaddress import ip_network

import pytest
from standardwebhooks import Webhook

from actors.marking import Marking
from actors.models import AuditEntry, PartnerKey
from shipments.factories import DeliveryAttemptFactory, DeliveryFactory
from shipments.models import Delivery, IdempotentRequest, Subscription
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.delivering import deliver_due
from tests.people import Caller, code_of, faults_of, make_partner
from tests.receiver import receiving
from tests.shipments.api.subscribing import BODY, SCOPES, change, made, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Caller:
    return make_partner(scopes=SCOPES)


def test_subscription_is_made_and_its_secret_shown_once(partner):
    filters = {"kinds": ["shipment"], "donors": ["ACT-7K2M9QXD", "ACT-7K2M9QXD"]}
    answer = subscribe(partner, {**BODY, "description": "Situation room", "filters": filters})
    body = answer.json()
    assert answer.headers["Location"] == f"/api/v1/subscriptions/{body['reference']}/"
    assert body.pop("secret").startswith("whsec_")
    assert body == {
        "reference": body["reference"],
        "url": BODY["url"],
        "description": "Situation room",
        "event_types": ["picture.changed"],
        "filters": {
            "kinds": ["shipment"],
            "subjects": [],
            "crises": [],
            "donors": ["ACT-7K2M9QXD"],
            "recipients": [],
        },
        "audience": {"key": partner.key.prefix, "clearance": "GREEN"},
        "state": "active",
        "disabled": None,
        "failing_since": None,
        "created_at": body["created_at"],
    }
    assert partner.get(f"subscriptions/{body['reference']}/").json() == body
    assert partner.get("subscriptions/").json()["results"] == [body]
    assert AuditEntry.objects.get(action="subscription.created").partner_key == partner.key


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"url": None}, {"/url": "string_required"}),
        ({"url": ""}, {"/url": "blank"}),
        ({"url": "https://hooks.example.org/" + "x" * 500}, {"/url": "too_long"}),
        ({"url": "https://a\x00b/"}, {"/url": "null_character"}),
        ({"url": "https://a\ud800b/"}, {"/url": "invalid_unicode"}),
        ({"event_types": []}, {"/event_types": "too_few"}),
        ({"event_types": "picture.changed"}, {"/event_types": "array_required"}),
        ({"event_types": ["picture.changd"]}, {"/event_types/0": "unknown_word"}),
        ({"event_types": ["picture.corrected"]}, {"/event_types/0": "unknown_word"}),
        ({"event_types": ["picture.changed"] * 7}, {"/event_types": "too_many"}),
        ({"description": ""}, {"/description": "blank"}),
        ({"description": "\u200b"}, {"/description": "blank_after_normalisation"}),
        ({"description": "x" * 501}, {"/description": "too_long"}),
        ({"filter": {}}, {"/filter": "unknown_field"}),
        ({"filters": []}, {"/filters": "object_required"}),
        ({"filters": {"kind": ["shipment"]}}, {"/filters/kind": "unknown_field"}),
        ({"filters": {"kinds": ["parcel"]}}, {"/filters/kinds/0": "unknown_word"}),
        ({"filters": {"subjects": ["shp-7k2m9qxd"]}}, {"/filters/subjects/0": "invalid_format"}),
        ({"filters": {"donors": [5]}}, {"/filters/donors/0": "string_required"}),
        ({"filters": {"donors": ["ACT-7K2M9QXD"] * 101}}, {"/filters/donors": "too_many"}),
        ({"state": "active"}, {"/state": "read_only_field"}),
        ({"reference": "SUB-1"}, {"/reference": "read_only_field"}),
        ({"secret": "whsec_x"}, {"/secret": "unknown_field"}),
    ],
)
def test_bad_body_is_refused_with_where_it_is_wrong(partner, change, faults):
    answer = subscribe(partner, {**BODY, **change})
    assert answer.status_code == 400, answer.content
    assert faults_of(answer) == faults
    assert not Subscription.objects.exists()


def test_every_fault_is_named_at_once(partner):
    answer = subscribe(partner, {"event_types": ["x"], "filters": {"kinds": 1}, "bogus": 1})
    assert faults_of(answer).keys() == {"/url", "/event_types/0", "/filters/kinds", "/bogus"}
    assert code_of(answer) == "invalid_subscription"


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"5", b"{}", b"[{}]"])
def test_what_is_no_subscription_is_refused(partner, body):
    assert subscribe(partner, body).status_code == 400


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::ffff:7f00:1]/",
        "https://user:word@hooks.example.org/",
        "https://hooks.example.org:6379/",
        "https://metadata.google.internal/",
        "file:///etc/passwd",
    ],
)
def test_address_that_leads_inside_is_refused(partner, url):
    answer = subscribe(partner, {**BODY, "url": url})
    assert answer.status_code == 422
    assert faults_of(answer) == {"/url": "address_not_allowed"}
    assert not Subscription.objects.exists()


def test_same_idempotency_key_makes_one_and_the_kept_answer_is_sealed(partner):
    first = partner.post("subscriptions/", BODY, **{"idempotency-key": "k-1"})
    again = partner.post("subscriptions/", BODY, **{"idempotency-key": "k-1"})
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Subscription.objects.count() == 1
    assert first.json()["secret"].encode() not in bytes(IdempotentRequest.objects.get().body)
    other = partner.post("subscriptions/", {**BODY, "description": "x"}, **{"idempotency-key": "k-1"})
    assert (other.status_code, code_of(other)) == (422, "idempotency_mismatch")


def test_a_kept_answer_whose_key_was_dropped_is_told_to_be_lost_and_nothing_is_done_twice(partner, settings):
    first = partner.post("subscriptions/", BODY, **{"idempotency-key": "k-1"})
    rotated = f"{first.headers['Location']}secret/rotate/"
    partner.post(rotated, {}, **{"idempotency-key": "k-2"})
    settings.WEBHOOK_KEYS = ["another key, long and random, that has sealed nothing"]
    again = partner.post("subscriptions/", BODY, **{"idempotency-key": "k-1"})
    assert (again.status_code, code_of(again)) == (409, "answer_not_readable")
    assert again.headers["Location"] == first.headers["Location"]
    assert code_of(partner.post(rotated, {}, **{"idempotency-key": "k-2"})) == "answer_not_readable"
    assert Subscription.objects.count() == 1
    assert partner.post(rotated, {}, **{"idempotency-key": "k-3"}).status_code == 200


def test_what_answers_with_a_secret_wants_an_idempotency_key(partner):
    reference = made(partner)["reference"]
    for path, body in [("subscriptions/", BODY), (f"subscriptions/{reference}/secret/rotate/", {})]:
        answer = partner.post(path, body)
        assert (answer.status_code, code_of(answer)) == (400, "idempotency_key_required")
    assert Subscription.objects.get().secrets.count() == 1


def test_key_that_cannot_read_has_nothing_to_be_told(settings):
    blind = make_partner(scopes=["webhooks:manage"])
    answer = subscribe(blind, BODY)
    assert (answer.status_code, code_of(answer)) == (403, "insufficient_scope")
    assert "scope read" in answer.json()["detail"]


def test_organisation_has_so_many_and_no_more(partner, monkeypatch):
    monkeypatch.setattr("shipments.services.webhooks.subscribing.MOST", 2)
    made(partner), made(partner)
    answer = subscribe(partner, BODY)
    assert (answer.status_code, code_of(answer)) == (422, "too_many")
    assert Subscription.objects.count() == 2


ACTIONS = ["", "disable/", "enable/", "secret/rotate/", "test/", "deliveries/"]


def test_another_partners_subscription_is_not_there(partner):
    reference = made(partner)["reference"]
    delivery = DeliveryFactory(subscription=Subscription.objects.get(), state="failed", finished_at=moment())
    stranger = make_partner(scopes=SCOPES, clearance=Marking.RED)
    assert stranger.get("subscriptions/").json()["results"] == []
    for end in [*ACTIONS, f"deliveries/{delivery.webhook_id}/replay/"]:
        answers = []
        for name in (reference, "SUB-00000000"):
            path = f"subscriptions/{name}/{end}"
            answer = stranger.get(path) if end in ("", "deliveries/") else stranger.post(path, {})
            answers.append((answer.status_code, code_of(answer), answer.json()["detail"]))
        assert answers[0] == answers[1], end
        assert answers[0][0] == 404
    assert change(stranger, reference, {"description": "x"}).status_code == 404
    gone = stranger.client.delete(f"/api/v1/subscriptions/{reference}/", headers=stranger.headers)
    assert gone.status_code == 404
    assert Subscription.objects.count() == 1


def test_second_key_of_the_organisation_sees_what_sees_no_more_than_itself(partner):
    high = make_partner(scopes=SCOPES, clearance=Marking.AMBER, actor=partner.key.actor)
    mine, theirs = made(partner)["reference"], made(high)["reference"]
    assert [each["reference"] for each in high.get("subscriptions/").json()["results"]] == [theirs, mine]
    assert [each["reference"] for each in partner.get("subscriptions/").json()["results"]] == [mine]
    assert partner.get(f"subscriptions/{theirs}/").status_code == 404


def test_new_key_takes_a_subscription_over_by_enabling_it(partner):
    reference = made(partner)["reference"]
    PartnerKey.objects.filter(pk=partner.key.pk).update(revoked_at=moment())
    heir = make_partner(scopes=SCOPES, actor=partner.key.actor)
    answer = heir.post(f"subscriptions/{reference}/enable/", {})
    assert answer.status_code == 200
    assert answer.json()["audience"]["key"] == heir.key.prefix


def test_disabled_subscription_says_why_and_when_and_cannot_be_tried(partner):
    reference = made(partner)["reference"]
    body = partner.post(f"subscriptions/{reference}/disable/", {"note": "Moving house"}).json()
    assert body["state"] == "disabled"
    assert (body["disabled"]["reason"], body["disabled"]["note"]) == ("partner", "Moving house")
    again = partner.post(f"subscriptions/{reference}/disable/", {"note": "Something else"}).json()
    assert again == body, "the first reason stays"
    answer = partner.post(f"subscriptions/{reference}/test/", {})
    assert (answer.status_code, code_of(answer)) == (409, "not_active")
    assert partner.post(f"subscriptions/{reference}/enable/", {}).json()["state"] == "active"


@pytest.mark.parametrize(
    ("end", "body", "fault"),
    [
        ("disable/", {"reason": "x"}, {"/reason": "unknown_field"}),
        ("disable/", {"note": 5}, {"/note": "string_required"}),
        ("enable/", {"url": "x"}, {"/url": "unknown_field"}),
        ("test/", {"type": "x"}, {"/type": "unknown_field"}),
        ("secret/rotate/", {"overlap_hours": -1}, {"/overlap_hours": "out_of_range"}),
        ("secret/rotate/", {"overlap_hours": 169}, {"/overlap_hours": "out_of_range"}),
        ("secret/rotate/", {"overlap_hours": "24"}, {"/overlap_hours": "integer_required"}),
        ("secret/rotate/", {"overlap_hours": True}, {"/overlap_hours": "integer_required"}),
    ],
)
def test_bad_action_is_refused(partner, end, body, fault):
    reference = made(partner)["reference"]
    answer = partner.post(f"subscriptions/{reference}/{end}", body)
    assert answer.status_code == 400, answer.content
    assert faults_of(answer) == fault


def test_action_wants_no_body(partner):
    reference = made(partner)["reference"]
    answer = partner.client.post(f"/api/v1/subscriptions/{reference}/test/", headers=partner.headers)
    assert answer.status_code in (202, 415)
    assert partner.post(f"subscriptions/{reference}/test/", b"").status_code == 202


def test_rotated_secret_signs_and_the_one_before_does_until_its_hour(partner, settings):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    with receiving() as receiver:
        body = made(partner, url=receiver.url())
        path = f"subscriptions/{body['reference']}/secret/rotate/"
        answer = partner.post(path, {"overlap_hours": 2}, **{"idempotency-key": "r-1"}).json()
        assert partner.post(f"subscriptions/{body['reference']}/test/", {}).status_code == 202
        deliver_due()
        (request,) = receiver.requests
    for secret in (body["secret"], answer["secret"]):
        said = Webhook(secret).verify(request.body, request.headers)
        assert said["data"] == {"subscription": body["reference"]}
    ending = Subscription.objects.get().secrets.exclude(expires_at=None).get()
    assert timedelta(minutes=119) < ending.expires_at - moment() < timedelta(minutes=121)


def test_removed_subscription_is_gone_with_its_log(partner):
    reference = made(partner)["reference"]
    DeliveryAttemptFactory(delivery=DeliveryFactory(subscription=Subscription.objects.get()))
    answer = partner.client.delete(f"/api/v1/subscriptions/{reference}/", headers=partner.headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert partner.get(f"subscriptions/{reference}/").status_code == 404
    assert not Delivery.objects.exists()
    assert AuditEntry.objects.filter(action="subscription.deleted", object_reference=reference).exists()
