"""Times are answered in UTC with Z, in whatever zone they were sent and however they are stored."""

import pytest

from shipments.api.times import in_utc, period, timed
from shipments.factories import ContactFactory
from tests.shipments.api.conftest import reconcile


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("2022-05-16T09:00:00+00:00", "2022-05-16T09:00:00Z"),
        ("2022-05-16T09:00:00.000005+00:00", "2022-05-16T09:00:00.000005Z"),
        ("2022-05-16T09:00:00+09:00", "2022-05-16T00:00:00Z"),
        ("2022-05-16T09:00:00Z", "2022-05-16T09:00:00Z"),
    ],
)
def test_one_moment_has_one_form(said, answered):
    assert in_utc(said) == answered
    span = {"from": said, "to": said, "precision": "instant"}
    assert period(span) == timed(span) == timed({"since": span})["since"] == {**span, "from": answered, "to": answered}


def test_a_time_that_was_said_elsewhere_is_answered_in_utc_wherever_it_is_shown(partner, sender, bodies):
    contact = ContactFactory()
    value = {"from": "2022-05-12T09:00:00+03:00", "to": "2022-05-12T10:00:00+03:00"}
    sent = {"subject": contact.reference, "asserted_at": "2022-05-17T18:00:00+09:00", "event_id": "e-1"}
    answer = partner.post("reports/", {**sent, "facts": [{"attribute": "held_at", "value": value}]})
    reconcile()
    shown = {"from": "2022-05-12T06:00:00Z", "to": "2022-05-12T07:00:00Z", "precision": "range"}
    report = partner.get(answer.headers["Location"]).json()
    assert (report["facts"][0]["value"], report["asserted_at"]) == (shown, "2022-05-17T09:00:00Z")
    (finding,) = partner.get(f"contacts/{contact.reference}/").json()["picture"]["findings"]
    assert finding["value"] == shown
    entered = sender.post("shipments/", bodies["shipment"]).headers["Location"]
    assert sender.get(entered).json()["legs"][0]["planned_departure"] == "2022-05-16T00:00:00Z"
