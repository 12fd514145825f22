"""GET /flows/: what is counted of each offer and shipment, and how it adds up."""

from decimal import Decimal
from types import SimpleNamespace

from actors.factories import StateFactory
from actors.marking import Marking
from shipments.factories import (
    CrisisFactory,
    FindingFactory,
    LineFactory,
    OfferFactory,
    OfferLineFactory,
    ReceiptFactory,
)
from shipments.models import Picture
from tests.people import Caller, make_analyst
from tests.shipments.api.conftest import day
from tests.shipments.api.flowing import MAY, amount, believe, counts, flow, flows, offer, shipment


def test_a_commitment_and_a_delivery_leave_the_promise_as_it_was(partner: Caller, two: SimpleNamespace) -> None:
    pair = {"donor": two.donor, "recipient": two.recipient}
    offer("made", **pair)
    offer("made", "accepted", "committed", **pair)
    shipment("departed", "arrived", "received", donors=[two.donor], recipient=two.recipient)
    shown = flow(partner)
    assert [each["reference"] for each in shown["donors"]] == [two.donor.reference]
    assert shown["recipient"]["name"] == "Nepal"
    assert counts(shown) == [2, 2, 1, 1, 1, 1, 1]
    assert shown["offers"] == {"committed": 1, "made": 1}
    assert shown["shipments"] == {"received": 1}
    assert amount(shown, "offered") == {
        "measure": "doses",
        "unit": "doses",
        "low": "1000000",
        "high": "1000000",
        "value": "1000000",
        "contested": 0.0,
    }
    assert amount(shown, "committed")["value"] == "500000"
    assert amount(shown, "received")["value"] == "9"


def test_an_offer_of_unknown_quantity_is_counted_as_unknown_and_never_as_nothing(
    partner: Caller, two: SimpleNamespace
) -> None:
    offer("made", donor=two.donor, recipient=two.recipient, doses=None)
    assert (flow(partner)["offered"]["unknown"], amount(flow(partner), "offered")["low"]) == (1, None)
    offer("made", donor=two.donor, recipient=two.recipient)
    shown = flow(partner)["offered"]
    assert (shown["count"], shown["unknown"]) == (2, 1)
    # At least what is known; at most nobody can say.
    assert (shown["amounts"][0]["low"], shown["amounts"][0]["high"]) == ("500000", None)


def test_the_share_that_rests_on_contested_beliefs_is_told(partner: Caller, two: SimpleNamespace) -> None:
    sent = {"donors": [two.donor], "recipient": two.recipient}
    shipment("departed", tonnes=30, **sent)
    shipment("departed", tonnes=10, state="contested", **sent)
    shown = flow(partner)
    assert (shown["contested"], shown["dispatched"]["contested"]) == (1, 1)
    assert amount(shown, "dispatched")["contested"] == 0.25


def test_what_is_not_accepted_adds_to_the_high_end_alone(partner: Caller, two: SimpleNamespace) -> None:
    sent = {"donors": [two.donor], "recipient": two.recipient}
    shipment("departed", "received", tonnes=9, **sent)
    shipment("departed", "received", tonnes=5, status="departed", **sent)
    rival = [{"label": "received", "value": None}]
    shipment("departed", "lost", tonnes=1, state="contested", alternatives=rival, **sent)
    received = flow(partner)["received"]
    assert (received["count"], received["unconfirmed"], received["contested"]) == (1, 2, 1)
    assert (received["amounts"][0]["low"], received["amounts"][0]["high"]) == ("9", "15")
    assert flow(partner)["dispatched"]["amounts"][0]["value"] == "15"


def test_several_donors_give_jointly_and_are_counted_once(partner: Caller, two: SimpleNamespace) -> None:
    other = StateFactory()
    joint = shipment("departed", donors=[two.donor, other], recipient=two.recipient)
    LineFactory(shipment=joint, donor=other, quantity_low=4, quantity_high=4)
    shown = {tuple(sorted(each["reference"] for each in row["donors"])): row for row in flows(partner)}
    both = tuple(sorted([two.donor.reference, other.reference]))
    assert shown.keys() == {both, (other.reference,)}
    assert [amount(row, "dispatched")["value"] for row in (shown[both], shown[other.reference,])] == ["9", "4"]
    assert len(flows(partner, donor=two.donor.reference)) == 1
    assert len(flows(partner, donor=other.reference)) == 2


def test_a_part_delivery_is_never_a_second_total(partner: Caller, two: SimpleNamespace) -> None:
    sent = {"donors": [two.donor], "recipient": two.recipient}
    whole = shipment("departed", tonnes=100, **sent)
    shipment("departed", "received", tonnes=40, parent=whole, **sent)
    shipment("departed", "received", tonnes=35, parent=whole, **sent)
    shown = flow(partner)
    assert (shown["dispatched"]["count"], amount(shown, "dispatched")["value"]) == (1, "100")
    assert (shown["received"]["count"], amount(shown, "received")["value"]) == (2, "75")


def test_a_recall_is_a_flow_of_its_own(partner: Caller, two: SimpleNamespace) -> None:
    whole = shipment("departed", "received", donors=[two.donor], recipient=two.recipient)
    shipment("departed", donors=[two.recipient], recipient=two.donor, parent=whole)
    assert [counts(row)[4] for row in flows(partner)] == [1, 1]


def test_receivers_counts_are_what_was_received(partner: Caller, two: SimpleNamespace) -> None:
    sent = shipment("departed", "received", donors=[two.donor], recipient=two.recipient)
    line = sent.lines.get()
    ReceiptFactory(line=line, accepted=3)
    ReceiptFactory(line=line, accepted=Decimal("4.5"), received_on=day(20).date())
    ReceiptFactory(line=line, accepted=1, received_on=day(21).date(), report__marking=Marking.AMBER)
    shown = flow(partner)
    assert (amount(shown, "dispatched")["value"], amount(shown, "received")["value"]) == ("9", "7.5")
    assert amount(flow(make_analyst()), "received")["value"] == "8.5"


def test_what_arrived_short_has_no_known_least_amount(partner: Caller, two: SimpleNamespace) -> None:
    sent = shipment("departed", "received", donors=[two.donor], recipient=two.recipient)
    flag = {"kind": "flag", "attribute": "partial", "value": None, "low": None, "high": None}
    FindingFactory(subject=sent.subject, label="set", **flag)
    received = flow(partner)["received"]
    assert (received["unknown"], received["amounts"][0]["low"], received["amounts"][0]["high"]) == (1, None, "9")
    assert flow(partner)["dispatched"]["unknown"] == 0


def test_what_reports_tell_counts_before_the_plan(partner: Caller, two: SimpleNamespace) -> None:
    sent = shipment("departed", donors=[two.donor], recipient=two.recipient)
    told = {"attribute": "quantity", "scope": "KGM::", "low": 9000, "high": 12000, "state": "contested"}
    FindingFactory(subject=sent.subject, line=sent.lines.get().key, **told)
    dispatched = flow(partner)["dispatched"]
    assert dispatched["amounts"] == [
        {"measure": "tonnes", "unit": "TNE", "low": "9", "high": "12", "value": None, "contested": 1.0}
    ]
    assert dispatched["contested"] == 1


def test_money_is_told_in_each_currency_and_never_converted(partner: Caller, two: SimpleNamespace) -> None:
    for cents, currency in (("100.10", "USD"), ("0.2", "USD"), ("9007199254740993", "EUR")):
        made = OfferFactory(donor=two.donor, recipient=two.recipient, form="money")
        OfferLineFactory(offer=made, quantity_low=None, quantity_high=None, unit="", amount=cents, currency=currency)
        believe(made, "made")
    totals = flow(partner)["offered"]["amounts"]
    assert [(each["measure"], each["unit"], each["value"]) for each in totals] == [
        ("money", "EUR", "9007199254740993"),
        ("money", "USD", "100.3"),
    ]


def test_a_partly_accepted_offer_is_accepted_for_at_most_all_of_it(partner: Caller, two: SimpleNamespace) -> None:
    offer("made", "accepted_partly", donor=two.donor, recipient=two.recipient)
    shown = flow(partner)
    assert amount(shown, "offered")["value"] == "500000"
    assert (amount(shown, "accepted")["low"], amount(shown, "accepted")["high"]) == (None, "500000")
    assert shown["accepted"]["unknown"] == 1


def test_silence_is_counted_from_the_offer_to_the_moment_that_is_asked_about(
    partner: Caller, two: SimpleNamespace
) -> None:
    pair = {"donor": two.donor, "recipient": two.recipient}
    waiting, answered = offer("made", **pair), OfferFactory(**pair)
    believe(answered, "made", "accepted")
    Picture.objects.filter(subject=answered.subject).update(
        timeline=[
            {"milestone": "made", "state": "single_source", "at": MAY, "because": []},
            {"milestone": "accepted", "state": "single_source", "at": {**MAY, "from": "2022-05-14T00:00:00+00:00",
             "to": "2022-05-14T23:59:59+00:00"}, "because": []},
        ]
    )  # fmt: skip
    Picture.objects.update(known_from=day(11))
    silence = flow(partner, known_at="2022-05-20T12:00:00Z")["silence"]
    assert silence == {
        "unanswered": 1,
        "waiting": [
            {"offer": waiting.reference, "days_least": 9, "days_most": 10, "said": False, "contested": False},
        ],
        "answered": 1,
        "median_days_least": 3.0,
        "median_days_most": 4.0,
    }
    assert flows(partner, known_at="2022-05-10") == []


def test_flows_are_told_apart_as_finely_as_asked(partner: Caller, two: SimpleNamespace) -> None:
    crisis = CrisisFactory()
    pair = {"donor": two.donor, "recipient": two.recipient}
    offer("made", crisis=crisis, **pair)
    shipment("departed", donors=[two.donor], recipient=two.recipient)
    shown = {(row["crisis"], row["item"], row["period"]): row for row in flows(partner, group_by="crisis,item,month")}
    assert {key: counts(row)[1] + counts(row)[4] for key, row in shown.items()} == {
        (crisis.reference, "vaccines", "2022-05"): 1,
        (None, "medicines", "2022-05"): 1,
    }
    assert [row["period"] for row in flows(partner, group_by="year")] == ["2022"]
    assert flow(partner)["crisis"] is None


def test_a_shipment_without_a_donor_is_of_whoever_promised_it(partner: Caller, two: SimpleNamespace) -> None:
    promised = offer("made", donor=two.donor, recipient=two.recipient)
    shipment("departed", donors=[], recipient=two.recipient, offer=promised)
    assert counts(flow(partner)) == [1, 1, 0, 0, 1, 0, 0]


def test_a_told_world_adds_up(world: SimpleNamespace, partner: Caller) -> None:
    shown = flow(partner)
    assert [each["reference"] for each in shown["donors"]] == [world.donor.reference]
    # One says nine tonnes, another twelve.
    assert amount(shown, "arrived") == {
        "measure": "tonnes",
        "unit": "TNE",
        "low": "9",
        "high": "12",
        "value": None,
        "contested": 1.0,
    }
