"""Every request is counted for somebody, every answer says what is left, and nobody is counted for another."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as ours

from actors.factories import ActorFactory
from actors.marking import Marking
from actors.models import PartnerKey
from actors.services.keys import rotate_key
from actors.services.tokens import keep_token
from tests.people import code_of, make_partner, make_stranger

pytestmark = pytest.mark.django_db
FORMS = {
    "RateLimit-Policy": re.compile(r'"(reads|writes|strangers)";q=\d+;w=60'),
    "RateLimit": re.compile(r'"(reads|writes|strangers)";r=\d+;t=([1-9]|[1-5]\d|60)'),
}


def limit(caller, **limits):
    PartnerKey.objects.filter(pk=caller.key.pk).update(**limits)


def name_of(answer):
    """Whose quota the answer speaks of; both headers are checked for their form."""
    (policy,) = {form.fullmatch(answer.headers[name])[1] for name, form in FORMS.items()}
    return policy


def left_of(answer):
    name_of(answer)
    return int(re.search(r"r=(\d+)", answer.headers["RateLimit"])[1])


def test_every_answer_says_what_is_left(partner, analyst, stranger):
    limit(partner, reads_per_minute=100, writes_per_minute=50)
    first = partner.get("actors/")
    assert first.headers["RateLimit-Policy"] == '"reads";q=100;w=60'
    answers = [
        (first, 200),
        (partner.get("actors/", **{"if-none-match": first.headers["ETag"]}), 304),
        (partner.get("actors/", "bogus=1"), 400),
        (partner.get("nothing/"), 404),
        (partner.client.delete("/api/v1/actors/", headers=partner.headers), 405),
        (partner.post("reports/", {}), 400),
    ]
    assert [(answer.status_code, name_of(answer), left_of(answer)) for answer, _ in answers] == [
        (200, "reads", 99), (304, "reads", 98), (400, "reads", 97), (404, "reads", 96), (405, "writes", 49),
        (400, "writes", 48),
    ]  # fmt: skip
    assert name_of(analyst.get("actors/")) == "reads"
    for path in ("actors/", "schema/", "docs/", "nothing/"):
        assert name_of(stranger.get(path)) == "strangers", path
    assert name_of(stranger.get("actors/", authorization="Bearer aid_live_x")) == "strangers"


def test_a_spent_quota_is_a_problem_that_says_how_long_to_wait(partner):
    limit(partner, reads_per_minute=2)
    assert [partner.get("actors/").status_code for _ in range(2)] == [200, 200]
    refused = partner.get("actors/")
    assert (refused.status_code, code_of(refused)) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"] == f'"reads";r=0;t={refused.headers["Retry-After"]}'
    assert refused.json()["detail"].startswith("2 requests to read in 60 seconds are spent. Wait ")
    assert partner.post("reports/", {}).status_code == 400, "writes are another budget"


def test_what_a_key_may_not_do_is_counted_too():
    writer = make_partner(scopes=["reports:write"])
    limit(writer, reads_per_minute=1)
    assert [writer.get("actors/").status_code for _ in range(2)] == [403, 429]


def test_a_key_without_limits_has_those_of_the_service(partner, settings):
    settings.READS_PER_MINUTE = 1
    assert [partner.get("actors/").status_code for _ in range(2)] == [200, 429]
    limit(partner, reads_per_minute=3)
    assert partner.get("actors/").status_code == 200


def test_a_key_its_old_secret_and_its_tokens_have_one_budget(partner):
    limit(partner, reads_per_minute=3)
    old = partner.headers["authorization"]
    new = rotate_key(partner.key, overlap=timedelta(minutes=10), reason="yearly")
    keep_token("aid_token_x", key=partner.key, scopes=["read"])
    said = [old, f"Bearer {new}", "Bearer aid_token_x", old, f"Bearer {new}", "Bearer aid_token_x"]
    answers = [partner.get("actors/", authorization=each) for each in said]
    assert [(each.status_code, left_of(each)) for each in answers] == [(200, 2), (200, 1), (200, 0), *[(429, 0)] * 3]


def test_wrong_keys_are_counted_by_address_and_keep_no_good_key_out(partner, settings):
    settings.STRANGERS_PER_MINUTE = 3
    stranger = make_stranger()
    bad = [
        {},
        {"authorization": "Bearer aid_live_00000000_" + "x" * 43},
        {"authorization": "Basic dXNlcjpwYXNz"},
        {"authorization": f"Bearer {partner.token}x"},
        {},
    ]
    answers = [stranger.get("actors/", **headers) for headers in bad]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert code_of(answers[-1]) == "too_many_requests"
    assert answers[-1].json()["detail"].startswith("3 requests without a good key in 60 seconds are spent. Wait ")
    assert stranger.get("schema/").status_code == 429
    assert partner.get("actors/").status_code == 200


def test_an_address_that_somebody_makes_up_counts_for_nothing(settings):
    settings.STRANGERS_PER_MINUTE = 1
    stranger = make_stranger()
    said = [stranger.get("actors/", **{"x-forwarded-for": f"198.51.100.{n}"}).status_code for n in range(3)]
    assert said == [401, 429, 429]


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("6.6.6.6, 203.0.113.7", "9.9.9.9, 203.0.113.7", True),
        ("2001:db8:1:2:3::4", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::4", "2001:db8:1:3::4", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("nonsense", "\x00' OR 1=1", True),
        ("x" * 5000, "", True),
    ],
)
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_wrote(settings, first, second, is_same):
    settings.REST_FRAMEWORK = {**ours.REST_FRAMEWORK, "NUM_PROXIES": 1}
    settings.STRANGERS_PER_MINUTE = 1
    stranger = make_stranger()
    said = [stranger.get("actors/", **{"x-forwarded-for": each}).status_code for each in (first, second)]
    assert said == [401, 429 if is_same else 401]


def test_what_is_left_tells_nothing_of_what_is_hidden(partner):
    limit(partner, reads_per_minute=100)
    hidden = ActorFactory(marking=Marking.RED)
    assert left_of(partner.get(f"actors/{hidden.reference}/")) == 99
    assert left_of(partner.get("actors/ACT-00000000/")) == 98
