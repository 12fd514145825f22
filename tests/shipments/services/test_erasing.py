"""Quotes and sent messages are erased after their time, and nothing else is; what was said can still be proven."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from shipments import tasks
from shipments.factories import DecisionFactory, ReportFactory, ReportPayloadFactory, ShipmentFactory
from shipments.models import Report, ReportPayload
from shipments.services import erasing
from shipments.services.erasing import erase_payloads
from shipments.services.verifying import verify
from tests.people import make_partner

pytestmark = pytest.mark.django_db
YEAR = timedelta(days=365)


def later(*, days: int):
    return timezone.now() + timedelta(days=days)


def test_what_is_older_than_the_policy_says_is_erased_with_the_reason_and_no_later_one():
    payload = ReportPayloadFactory()
    assert erase_payloads(later(days=364), kept=YEAR) == 0
    now = later(days=366)
    assert erase_payloads(now, kept=YEAR) == 1
    payload.refresh_from_db()
    assert (payload.quote, payload.raw, payload.erased_at) == ("", None, now)
    assert payload.erased_because == "kept for 365 days, by policy"
    assert erase_payloads(now, kept=YEAR) == 0


def test_age_is_counted_from_when_we_stored_it_whatever_the_report_says():
    ReportPayloadFactory(report=ReportFactory(received_at=timezone.now() - 10 * YEAR))
    assert erase_payloads(later(days=1), kept=YEAR) == 0


def test_it_is_done_in_batches_that_each_take_the_oldest(monkeypatch, django_assert_num_queries):
    payloads = ReportPayloadFactory.create_batch(5)
    monkeypatch.setattr(erasing, "AT_A_TIME", 2)
    monkeypatch.setattr(erasing, "MOST_AT_ONCE", 4)
    with django_assert_num_queries(2 * 4):  # two batches: a savepoint, found, erased, and its end
        assert erase_payloads(later(days=366), kept=YEAR) == 4
    left = ReportPayload.objects.get(erased_at=None)
    assert left.pk == max(payload.pk for payload in payloads)
    assert erase_payloads(later(days=366), kept=YEAR) == 1


def test_a_report_without_its_words_is_the_same_report_and_its_hash_proves_them(report_with_words):
    partner, reference, said = report_with_words
    before = Report.objects.values().get(reference=reference)
    erase_payloads(later(days=366), kept=YEAR)
    assert Report.objects.values().get(reference=reference) == before
    assert bytes(before["payload_hash"]) == hashlib.sha256(said).digest()
    assert partner.get(f"reports/{reference}/").json()["quote"] is None
    assert verify() == []


@pytest.fixture
def report_with_words():
    partner = make_partner()
    body = {
        "subject": ShipmentFactory().reference,
        "asserted_at": "2026-05-01T00:00:00Z",
        "code": "departed",
        "quote": "It left this morning.",
    }
    answer = partner.post("reports/", body, idempotency_key="once")
    assert answer.status_code in (201, 202), answer.content
    payload = ReportPayload.objects.get()
    said = json.dumps([payload.quote, payload.raw], sort_keys=True, ensure_ascii=False).encode()
    return partner, answer.json()["reference"], said


def test_the_reason_of_a_decision_is_never_erased():
    decision = DecisionFactory()
    erase_payloads(later(days=4000), kept=YEAR)
    assert decision.reason
    decision.refresh_from_db()
    assert decision.reason


def test_nothing_is_erased_unless_the_operator_says_so(settings):
    # Stored eleven years ago, as its key says.
    old = ReportPayloadFactory(report=ReportFactory(id="014a0000-0000-7000-8000-000000000000"))
    tasks.erase_old_payloads()
    assert ReportPayload.objects.filter(erased_at=None).count() == 1
    settings.PAYLOADS_KEPT_DAYS = 365
    tasks.erase_old_payloads()
    old.refresh_from_db()
    assert old.erased_at
    assert ReportPayload.objects.exclude(erased_because=F("quote")).count() == 1
