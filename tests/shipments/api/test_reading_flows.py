"""GET /flows/: filters, pages, cost, and what each reader may know."""

from types import SimpleNamespace
from typing import Any

import pytest

from actors.factories import StateFactory
from actors.marking import Marking
from shipments.factories import CrisisFactory, FindingFactory, ReadingGrantFactory, ShipmentPartyFactory
from shipments.models import FlowDue, Shipment
from shipments.services.flows import kept, late, paging
from shipments.services.flows.keeping import fold_flows
from tests.people import Caller, code_of, faults_of, make_analyst
from tests.shipments.api.conftest import day, reconcile, record_report
from tests.shipments.api.flowing import believe, counts, flow, flows, offer, shipment


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("donor", "DONOR", "RECIPIENT"),
        ("recipient", "RECIPIENT", "DONOR"),
        ("crisis", "CRISIS", "CRS-00000000"),
        ("item", "vaccin", "tents"),
        ("period", "2022-05", "2022-06"),
        ("period", "2022", "2021"),
        ("contested", "true", "false"),
    ],
)
def test_filters_say_what_is_counted(partner: Caller, two: SimpleNamespace, name: str, right: str, wrong: str) -> None:
    crisis = CrisisFactory()
    offer("made", donor=two.donor, recipient=two.recipient, crisis=crisis, state="contested")
    words = {"DONOR": two.donor.reference, "RECIPIENT": two.recipient.reference, "CRISIS": crisis.reference}
    assert len(flows(partner, **{name: words.get(right, right)})) == 1
    assert flows(partner, **{name: words.get(wrong, wrong)}) == []


@pytest.mark.parametrize(
    ("asked", "fault", "detail"),
    [
        ({"donors": "ACT-00000000"}, ("donors", "unknown_parameter"), "Did you mean donor"),
        ({"group_by": "items"}, ("group_by", "unknown_word"), "Did you mean item"),
        ({"group_by": "donor"}, ("group_by", "unknown_word"), ""),
        ({"period": "2022-13"}, ("period", "invalid_parameter"), ""),
        ({"contested": "yes"}, ("contested", "invalid_parameter"), ""),
        ({"limit": "0"}, ("limit", "invalid_parameter"), ""),
        ({"known_at": "yesterday"}, ("known_at", "invalid_parameter"), ""),
        ({"cursor": "bogus"}, ("cursor", "invalid_cursor"), ""),
    ],
)
def test_what_cannot_be_answered_is_refused(
    partner: Caller, asked: dict[str, str], fault: tuple[str, str], detail: str
) -> None:
    answer = partner.get("flows/", asked)
    assert answer.status_code == 400
    assert faults_of(answer) == {fault[0]: fault[1]}
    assert detail in answer.json()["errors"][0]["detail"]


def test_strangers_are_told_nothing(stranger: Caller, two: SimpleNamespace) -> None:
    offer("made", donor=two.donor, recipient=two.recipient)
    assert code_of(stranger.get("flows/")) == "unauthenticated"


def test_unchanged_flows_are_not_sent_again(partner: Caller, two: SimpleNamespace) -> None:
    offer("made", "refused", donor=two.donor, recipient=two.recipient)
    first = partner.get("flows/")
    again = partner.get("flows/", **{"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("at_once", [1, 2, 1000])
def test_pages_follow_one_another_without_gap_or_repeat(
    partner: Caller, two: SimpleNamespace, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "AT_ONCE", at_once)
    nobody = StateFactory(marking=Marking.RED)
    for recipient in (two.recipient, StateFactory(), nobody):
        for _ in range(3):
            offer("made", recipient=recipient)
        shipment("departed", donors=[], recipient=recipient)
        shipment("departed", donors=[nobody], recipient=recipient)
    seen, path, pages = [], "flows/?limit=2", 0
    while path:
        answer = partner.get(path)
        page = answer.json()
        assert len(page["results"]) <= 2
        for row in page["results"]:
            donors = tuple(each["reference"] for each in row["donors"])
            seen.append((row["recipient"] and row["recipient"]["reference"], donors))
        path, pages = page["next"], pages + 1
        assert answer.headers.get("Link") == (f'<{path}>; rel="next"' if path else None)
    assert pages > 1
    assert len(seen) == len(set(seen)) == 12
    following = partner.get("flows/?limit=2").json()["next"]
    assert faults_of(make_analyst().get(following)) == {"cursor": "invalid_cursor"}


@pytest.mark.parametrize(("is_added_up", "most"), [(False, 14), (True, 10)])
def test_the_cost_does_not_grow_with_what_is_counted(
    partner: Caller, two: SimpleNamespace, django_assert_max_num_queries: Any, is_added_up: bool, most: int
) -> None:
    def more() -> None:
        offer("made")
        shipment("departed", "received", donors=[two.donor, StateFactory()], recipient=two.recipient)

    def read() -> int:
        while is_added_up and fold_flows():
            pass
        with django_assert_max_num_queries(most):
            return len(partner.get("flows/").json()["results"])

    more()
    partner.get("flows/")  # the key's last use is noted now, not again within a minute
    assert read() == 2
    for _ in range(20):
        more()
    assert read() == 42


def test_two_worlds_one_with_hidden_rows_give_the_same_bytes(
    partner: Caller, two: SimpleNamespace, world: SimpleNamespace
) -> None:
    offer("made", donor=two.donor, recipient=two.recipient)
    sent = shipment("departed", donors=[two.donor], recipient=two.recipient)
    promised = offer("made", donor=two.donor, recipient=two.recipient)
    secret, hidden = StateFactory(marking=Marking.RED), {"marking": Marking.AMBER, "tier": Marking.AMBER}
    asked = [
        {},
        {"group_by": "crisis,item,month"},
        {"limit": "1"},
        {"contested": "true"},
        {"donor": two.donor.reference},
        {"donor": secret.reference},
        {"recipient": secret.reference},
        {"known_at": "2022-05-31"},
        {"item": "vaccines"},
    ]

    def told() -> list[bytes]:
        return [partner.get("flows/", each).content for each in asked]

    before = told()
    quiet = offer("made", "committed", donor=two.donor, recipient=two.recipient, **hidden)
    shipment("departed", "received", donors=[two.donor], recipient=two.recipient, offer=promised, **hidden)
    shipment("departed", donors=[secret], recipient=secret, **hidden)
    whole = shipment("departed", donors=[two.donor], recipient=two.recipient, tonnes=900, **hidden)
    Shipment.objects.filter(pk=sent.pk).update(parent=whole, offer=quiet)
    ShipmentPartyFactory(shipment=sent, actor=secret)
    FindingFactory(subject=sent.subject, tier=Marking.AMBER, scope="TNE::", low=1, high=1)
    believe(sent, "departed", "received", tier=Marking.AMBER)
    record_report(day(20), source="wire", subject=quiet.reference, code="refused", event_id="w-9")
    reconcile()
    assert told() == before
    analyst = make_analyst()
    assert [analyst.get("flows/", each).content for each in asked[:3]] != before[:3]


def test_a_grant_lifts_its_subject_to_the_tier_that_it_reaches(partner: Caller, two: SimpleNamespace) -> None:
    secret = offer("made", donor=two.donor, recipient=two.recipient, marking=Marking.AMBER, tier=Marking.AMBER)
    assert flows(partner) == []
    grant = ReadingGrantFactory(subject=secret.subject, actor=partner.key.actor, marking=Marking.GREEN)
    assert flows(partner) == []
    grant.marking = Marking.AMBER
    grant.save()
    assert counts(flow(partner))[1] == 1


def test_a_hidden_donor_is_left_out_as_if_there_were_none(partner: Caller, two: SimpleNamespace) -> None:
    secret = StateFactory(marking=Marking.RED)
    shipment("departed", donors=[secret], recipient=two.recipient)
    assert flow(partner)["donors"] == []


def test_merged_actors_are_one_donor_and_merged_subjects_are_not_counted(partner: Caller, two: SimpleNamespace) -> None:
    again = StateFactory(merged_into=two.donor)
    first = offer("made", donor=two.donor, recipient=two.recipient)
    offer("made", donor=again, recipient=two.recipient)
    offer("made", donor=two.donor, recipient=two.recipient, merged_into=first.subject)
    assert counts(flow(partner))[1] == 2
    assert counts(flow(partner, donor=two.donor.reference))[1] == 2


def test_what_a_hidden_offer_tells_of_donors_leads_to_no_page(
    partner: Caller, two: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "AT_ONCE", 1)
    offer("made", donor=two.donor, recipient=two.recipient)
    sent = [shipment("departed", donors=[], recipient=StateFactory()) for _ in range(2)]
    asked = {"donor": two.donor.reference}
    before = partner.get("flows/", asked).content
    quiet = offer("made", donor=two.donor, recipient=two.recipient, marking=Marking.AMBER, tier=Marking.AMBER)
    Shipment.objects.filter(pk__in=[each.pk for each in sent]).update(offer=quiet)
    assert partner.get("flows/", asked).content == before
    assert make_analyst().get("flows/", asked).content != before


@pytest.mark.parametrize("asked", [{"item": "medicines"}, {"group_by": "item"}])
def test_what_would_read_too_many_one_by_one_is_refused(
    partner: Caller, two: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str]
) -> None:
    for _ in range(2):
        shipment("departed", donors=[two.donor], recipient=two.recipient)
    monkeypatch.setattr(paging, "MOST_READ", 1)
    answer = partner.get("flows/", asked)
    assert (answer.status_code, code_of(answer)) == (400, "too_much_to_read")


def test_what_is_not_added_up_is_named_until_it_is(
    partner: Caller, two: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST_BESIDE", 1)
    for _ in range(2):
        shipment("departed", donors=[two.donor], recipient=two.recipient)
    answer = partner.get("flows/").json()
    assert (answer["results"], answer["not_added_up"]["subjects"]) == ([], 2)
    # While it has to be taken away from totals in which it was, more than is done for one page.
    while fold_flows():
        pass
    answer = partner.get("flows/").json()
    assert ([each["shipments"] for each in answer["results"]], answer["not_added_up"]) == ([{"departed": 2}], None)
    FlowDue.objects.bulk_create(FlowDue(subject_id=each.pk) for each in Shipment.objects.all())
    monkeypatch.setattr(late, "MOST_TAKEN_AWAY", 0)
    refused = partner.get("flows/")
    assert (refused.status_code, code_of(refused), refused.headers["Retry-After"]) == (503, "too_much_to_read", "30")
