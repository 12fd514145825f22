"""Lines of offers in reports: a fact may be of one, and of nothing that has no lines."""

import pytest

from shipments.factories import AppealFactory, OfferFactory, OfferLineFactory, ShipmentFactory
from shipments.models import Report
from tests.people import faults_of
from tests.shipments.api.conftest import reconcile

FACT = {"attribute": "quantity", "value": {"low": "3000", "unit": "doses"}, "line": "vaccine"}


@pytest.fixture
def offer(db):
    return OfferLineFactory(key="vaccine").offer


def report(subject, **said):
    return {"event_id": "e-1", "subject": subject.reference, "asserted_at": "2022-05-16T11:30:00Z", **said}


def test_a_fact_of_an_offers_line_is_believed_of_that_line(partner, offer):
    OfferLineFactory(offer=offer, key="syringes")
    answer = partner.post("reports/", report(offer, facts=[FACT]))
    assert (answer.status_code, answer.json()["unknown"]) == (201, [])
    reconcile()
    findings = partner.get(f"offers/{offer.reference}/").json()["picture"]["findings"]
    told = {each["line"]: (each["low"], each["high"]) for each in findings if each["attribute"] == "quantity"}
    # The whole is the sum of its lines, and open while one of them is not told.
    assert told == {"vaccine": ("3000", None), None: ("3000", None)}
    (claim,) = partner.get(f"offers/{offer.reference}/explain/", {"attribute": "quantity"}).json()["results"]
    assert claim["fate"] == "used"


def test_a_line_that_an_offer_has_not_is_named_among_what_was_left_out(partner, offer):
    partner.post("reports/", report(offer, facts=[{**FACT, "line": "masks"}]))
    reconcile()
    (claim,) = partner.get(f"offers/{offer.reference}/explain/").json()["results"]
    assert (claim["fate"], claim["reason"]) == ("held_out", "unknown_line")


@pytest.mark.parametrize(
    ("factory", "said", "faults"),
    [
        (OfferFactory, {"line": "vaccine", "code": "made"}, {"/line": "unknown_line"}),
        (OfferFactory, {"facts": [{**FACT, "leg": "out-1"}]}, {"/facts/0/leg": "unknown_leg"}),
        (AppealFactory, {"line": "vaccine", "code": "made"}, {"/line": "unknown_line"}),
        (AppealFactory, {"facts": [{**FACT, "attribute": "note"}]}, {"/facts/0/line": "unknown_line"}),
    ],
)
def test_a_leg_or_line_where_none_can_be_is_refused_and_never_held(partner, factory, said, faults):
    answer = partner.post("reports/", report(factory(), **said))
    assert answer.status_code == 422, answer.content
    assert faults.items() <= faults_of(answer).items()
    assert not Report.objects.exists()
    (item,) = partner.post("reports/batch/", [report(factory(), **said)]).json()["results"]
    assert item["result"] == "refused"


def test_a_line_of_a_shipment_that_is_not_there_yet_is_held_as_before(partner):
    answer = partner.post("reports/", report(ShipmentFactory(), code="departed", line="masks"))
    assert (answer.status_code, answer.json()["unknown"]) == (202, ["line"])
