"""Lists and details of subjects: the plan, and what each reader may believe of it."""

from base64 import urlsafe_b64decode
from urllib.parse import unquote

import pytest

from actors.marking import Marking
from shipments.factories import (
    AppealFactory,
    ContactFactory,
    CrisisFactory,
    FindingFactory,
    InquiryFactory,
    OfferFactory,
    PictureFactory,
    ReadingGrantFactory,
    ShipmentFactory,
)
from shipments.services.queue import mark_due_now
from tests.people import code_of, faults_of, make_partner
from tests.shipments.api.conftest import day, reconcile

LISTS = ["shipments", "offers", "appeals", "contacts", "inquiries", "crises"]


@pytest.mark.parametrize("plural", LISTS)
def test_lists_and_details_show_the_same(world, partner, plural):
    (row,) = partner.get(f"{plural}/").json()["results"]
    detail = partner.get(f"{plural}/{row['reference']}/")
    assert detail.status_code == 200
    assert detail.json() == row


def test_shipment_is_told_whole(world, partner):
    shown = partner.get(f"shipments/{world.shipment.reference}/").json()
    assert shown["crisis"] == world.crisis.reference
    assert shown["recipient"]["reference"] == world.recipient.reference
    assert [(party["role"], party["actor"]["reference"]) for party in shown["parties"]] == [
        ("donor", world.donor.reference)
    ]
    assert shown["legs"][0]["origin"]["code"] == world.leg.origin.code
    assert shown["lines"][0]["quantity"]["low"] == "9"
    picture = shown["picture"]
    assert picture["status"]["value"] == "arrived"
    assert picture["status"]["origins"] == ["wire"]
    assert 0 < picture["status"]["confidence"] < 1
    assert picture["contested"] is True
    assert [step["milestone"] for step in picture["story"]["steps"]] == ["departed", "arrived", "lost"]
    assert picture["leading"] == {**picture["leading"], "milestone": "lost", "standing": "unconfirmed"}
    assert picture["conflicts"] >= 1
    (cargo,) = [finding for finding in picture["findings"] if finding["attribute"] == "quantity"]
    assert cargo["state"] == "contested"


def test_each_reader_gets_the_picture_of_their_tier(world, partner, analyst):
    path = f"shipments/{world.shipment.reference}/"
    assert partner.get(path).json()["picture"]["leading"]["milestone"] == "lost"
    assert analyst.get(path).json()["picture"]["leading"]["milestone"] == "delivered"


def test_protected_source_is_named_to_analysts_alone(world, partner, analyst, tell):
    tell("informant", "departed", event_id="i-2", occurred="2022-05-16")
    path = f"shipments/{world.shipment.reference}/timeline/"
    (step,) = [step for step in partner.get(path).json()["steps"] if step["milestone"] == "departed"]
    assert "withheld" in step["origins"]
    assert b"informant" not in partner.get(path).content
    (step,) = [step for step in analyst.get(path).json()["steps"] if step["milestone"] == "departed"]
    assert "informant" in step["origins"]
    assert "withheld" not in step["origins"]


@pytest.mark.parametrize("end", ["", "timeline/", "reports/", "conflicts/", "explain/"])
def test_hidden_and_missing_are_one_answer(world, hidden_shipment, partner, analyst, end):
    hidden = partner.get(f"shipments/{hidden_shipment.reference}/{end}")
    missing = partner.get(f"shipments/SHP-00000000/{end}")
    assert code_of(hidden) == code_of(missing) == "not_found"
    assert _without_id(hidden) == _without_id(missing)
    assert analyst.get(f"shipments/{hidden_shipment.reference}/{end}").status_code == 200


def _without_id(answer):
    return {name: value for name, value in answer.json().items() if name != "request_id"}


def test_hidden_subject_is_in_no_list_and_behind_no_link(world, partner, analyst):
    offer, hidden = world.offer, ShipmentFactory(marking=Marking.AMBER, parent=world.shipment)
    world.shipment.offer = offer
    world.shipment.save()
    type(offer).objects.filter(pk=offer.pk).update(marking=Marking.AMBER)
    shown = partner.get("shipments/").json()["results"]
    assert [row["reference"] for row in shown] == [world.shipment.reference]
    assert shown[0]["offer"] is None
    assert partner.get("shipments/", {"offer": offer.reference}).json()["results"] == []
    assert {row["reference"] for row in analyst.get("shipments/").json()["results"]} == {
        world.shipment.reference,
        hidden.reference,
    }


def test_hidden_actor_is_left_out_wherever_it_would_be_named(world, partner, analyst):
    type(world.donor).objects.filter(pk=world.donor.pk).update(marking=Marking.RED)
    for caller in (partner, analyst):
        shown = caller.get(f"shipments/{world.shipment.reference}/").json()
        assert shown["parties"] == []
        assert caller.get("shipments/", {"donor": world.donor.reference}).json()["results"] == []
        assert world.donor.reference not in caller.get("offers/").content.decode()


@pytest.mark.parametrize(
    ("plural", "filters"),
    [
        ("shipments", {"status": "arrived", "contested": "true", "mode": "air", "q": "flight pyongyang"}),
        ("shipments", {"donor": "DONOR", "recipient": "RECIPIENT", "crisis": "CRISIS", "marking": "CLEAR"}),
        ("shipments", {"place": "PLACE", "item": "antibiotics"}),
        ("offers", {"donor": "DONOR", "recipient": "RECIPIENT", "form": "in_kind"}),
        ("appeals", {"crisis": "CRISIS"}),
        ("contacts", {"form": "call"}),
        ("inquiries", {"asked": "ASKED"}),
        ("crises", {"country": "KP"}),
    ],
)
def test_filters_find_what_fits_and_nothing_else(world, partner, plural, filters):
    words = {
        "DONOR": world.donor.reference,
        "RECIPIENT": world.recipient.reference,
        "CRISIS": world.crisis.reference,
        "PLACE": world.leg.origin.code,
        "ASKED": world.inquiry.asked.reference,
    }
    asked = {name: words.get(value, value) for name, value in filters.items()}
    assert len(partner.get(f"{plural}/", asked).json()["results"]) == 1
    for name, value in asked.items():
        other = {"status": "lost", "contested": "false", "mode": "sea", "marking": "GREEN", "form": OTHER_FORM[plural]}
        nobody = "ACT-00000000" if name in ("donor", "recipient", "asked") else "CRS-00000000"
        wrong = {**asked, name: other.get(name, "ZZ" if name == "country" else nobody)}
        assert partner.get(f"{plural}/", wrong).json()["results"] == [], (name, value)


OTHER_FORM = {"offers": "money", "contacts": "letter", "shipments": "", "appeals": "", "inquiries": "", "crises": ""}


def test_earlier_knowledge_gives_the_earlier_picture(world, partner):
    path = f"shipments/{world.shipment.reference}/"
    assert partner.get(path, {"known_at": "2022-05-16"}).json()["picture"]["status"]["value"] == "departed"
    assert partner.get(path, {"known_at": "2022-05-17"}).json()["picture"]["contested"] is False
    # Noon of the 17th is when the second report came; a moment before, it was not known.
    before = partner.get(path, "known_at=2022-05-17T20:59:59.999999+09:00").json()
    assert before["picture"]["status"]["value"] == "departed"
    assert len(partner.get(f"{path}reports/", {"known_at": "2022-05-17"}).json()["results"]) == 2
    (row,) = partner.get("shipments/", {"known_at": "2022-05-16", "status": "departed"}).json()["results"]
    assert row["picture"]["version"] == 1


def test_what_was_not_known_yet_is_not_found(world, partner):
    assert code_of(partner.get(f"shipments/{world.shipment.reference}/", {"known_at": "2022-05-15"})) == "not_found"
    assert partner.get("shipments/", {"known_at": "2022-05-15"}).json()["results"] == []


def test_pages_follow_one_another_without_gap_or_repeat(world, partner):
    made = {world.shipment.reference} | {ShipmentFactory().reference for _ in range(7)}
    for ordering in ("-created_at", "created_at", "reference"):
        seen, path = [], f"shipments/?limit=3&ordering={ordering}"
        while path:
            answer = partner.get(path)
            page = answer.json()
            seen += [row["reference"] for row in page["results"]]
            path = page["next"]
            assert answer.headers.get("Link") == (f'<{path}>; rel="next"' if path else None)
        assert len(seen) == 8
        assert set(seen) == made


def test_cursor_is_for_one_key_path_and_set_of_filters(world, partner, analyst):
    for _ in range(3):
        ShipmentFactory()
        OfferFactory()
    following = partner.get("shipments/?limit=1").json()["next"]
    cursor = following.partition("cursor=")[2]
    assert partner.get(following).status_code == 200
    for answer in (
        analyst.get(following),
        partner.get(following.replace("shipments", "offers")),
        partner.get(f"{following}&mode=air"),
        partner.get(following.replace(cursor, ("A" if cursor[0] != "A" else "B") + cursor[1:])),
        partner.get("shipments/?cursor=bogus"),
    ):
        assert answer.status_code == 400
        assert faults_of(answer) == {"cursor": "invalid_cursor"}


def test_cursor_tells_nothing_of_where_the_list_stands(world, partner):
    row = ShipmentFactory()
    following = partner.get("shipments/?limit=1").json()["next"]
    sealed = unquote(following.partition("cursor=")[2])
    said = urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    for told in (row.subject.reference.encode(), row.pk.bytes, str(row.pk).encode()):
        assert told not in said


@pytest.mark.parametrize("plural", LISTS)
def test_list_costs_the_same_for_one_row_as_for_many(world, partner, plural, django_assert_max_num_queries):
    factory = {
        "shipments": ShipmentFactory,
        "offers": OfferFactory,
        "appeals": AppealFactory,
        "contacts": ContactFactory,
        "inquiries": InquiryFactory,
        "crises": CrisisFactory,
    }[plural]
    for _ in range(5):
        made = factory()
        PictureFactory(subject=made.subject if hasattr(made, "subject") else made)
        FindingFactory(subject=made.subject if hasattr(made, "subject") else made)
    partner.get(f"{plural}/")  # the key's last use is noted now, not again within a minute
    with django_assert_max_num_queries(7) as found:  # six, and one that counts the request
        assert len(partner.get(f"{plural}/?limit=100").json()["results"]) == 6
    with django_assert_max_num_queries(len(found)):
        partner.get(f"{plural}/?limit=1")


def test_unchanged_answer_is_not_sent_again(world, partner, analyst):
    path = f"shipments/{world.shipment.reference}/"
    first = partner.get(path)
    assert first.headers["Cache-Control"] == "private, no-store"
    assert {"Authorization", "Cookie"} <= set(first.headers["Vary"].replace(" ", "").split(","))
    again = partner.get(path, **{"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert analyst.get(path, **{"if-none-match": first.headers["ETag"]}).status_code == 200


def test_partner_reads_its_own_restricted_report_in_its_own_picture(world, partner):
    path = f"shipments/{world.shipment.reference}/"
    sent = partner.post(
        "reports/",
        {
            "subject": world.shipment.reference,
            "code": "delivered",
            "occurred": "2022-05-20",
            "asserted_at": "2022-05-20T12:00:00Z",
            "marking": "RED",
        },
    )
    assert sent.status_code == 201, sent.content
    reconcile()
    own = partner.get(path).json()["picture"]
    assert (own["leading"]["milestone"], own["version"]) == ("delivered", None)
    other = make_partner()
    assert other.get(path).json()["picture"]["leading"]["milestone"] == "lost"
    assert partner.get("shipments/").json()["results"][0]["picture"] == own
    assert other.get("shipments/").json()["results"][0]["picture"]["version"] is not None


@pytest.mark.parametrize("reach", [Marking.AMBER, Marking.RED])
def test_grant_shows_the_picture_of_the_tier_that_it_reaches_everywhere(world, partner, analyst, reach):
    type(world.shipment).objects.filter(pk=world.shipment.pk).update(marking=Marking.AMBER)
    mark_due_now([world.shipment.pk])
    reconcile()
    path = f"shipments/{world.shipment.reference}/"
    assert partner.get("shipments/").json()["results"] == []
    ReadingGrantFactory(subject=world.shipment.subject, actor=partner.key.actor, marking=reach)
    (row,) = partner.get("shipments/").json()["results"]
    assert row["picture"]["leading"]["milestone"] == "delivered"
    assert row["picture"]["version"] is not None
    assert partner.get(path).json() == row
    for end in ("timeline/", "conflicts/", "explain/", "reports/"):
        theirs, ours = partner.get(path + end).json(), analyst.get(path + end).json()
        assert str(theirs).replace("withheld", "informant") == str(ours), end
    assert partner.get("shipments/", {"status": "arrived"}).json()["results"] == [row]
    assert partner.get("conflicts/").json()["results"] == analyst.get("conflicts/").json()["results"] != []
    assert make_partner().get("shipments/").json()["results"] == []


def test_grant_below_the_subjects_own_marking_shows_what_it_reaches(world, partner):
    type(world.shipment).objects.filter(pk=world.shipment.pk).update(marking=Marking.AMBER)
    mark_due_now([world.shipment.pk])
    reconcile()
    ReadingGrantFactory(subject=world.shipment.subject, actor=partner.key.actor, marking=Marking.GREEN)
    (row,) = partner.get("shipments/").json()["results"]
    assert (row["picture"]["leading"]["milestone"], row["picture"]["version"]) == ("lost", None)
    assert partner.get(f"shipments/{world.shipment.reference}/").json() == row


def test_grant_opens_one_subject_to_one_organisation(hidden_shipment, partner):
    path = f"shipments/{hidden_shipment.reference}/"
    assert partner.get(path).status_code == 404
    grant = ReadingGrantFactory(subject=hidden_shipment.subject, actor=partner.key.actor)
    assert partner.get(path).status_code == 200
    assert make_partner().get(path).status_code == 404
    type(grant).objects.filter(pk=grant.pk).update(withdrawn_at=day(20))
    assert partner.get(path).status_code == 404


def test_explanation_tells_the_fate_of_every_claim(world, partner):
    path = f"shipments/{world.shipment.reference}/explain/"
    claims = partner.get(path).json()["results"]
    assert {claim["report"] for claim in claims} == set(world.reports[:3])
    only = partner.get(path, {"attribute": "quantity"}).json()["results"]
    assert {claim["about"] for claim in only} == {"fact:quantity"}
    assert all(claim["weight"] > 0 for claim in only)


def test_another_time_of_a_step_is_told_by_the_finding_of_its_milestone(world, partner, tell):
    tell("carrier", "arrived", occurred="2022-05-19", event_id="c-2")
    picture = partner.get(f"shipments/{world.shipment.reference}/").json()["picture"]
    (arrived,) = [each for each in picture["findings"] if (each["kind"], each["attribute"]) == ("milestone", "arrived")]
    (rival,) = arrived["alternatives"]
    assert (arrived["origins"], rival["label"], rival["origins"]) == (["wire"], "arrived", ["carrier"])
    assert rival["at"]["from"] > arrived["value"]["from"]


def test_conflicts_of_a_subject_are_those_of_the_whole_list(world, partner):
    own = partner.get(f"shipments/{world.shipment.reference}/conflicts/").json()["results"]
    everywhere = partner.get("conflicts/", {"subject": world.shipment.reference}).json()["results"]
    assert own
    assert sorted(map(str, own)) == sorted(map(str, everywhere))
    detail = partner.get(f"conflicts/{own[0]['id']}/").json()["results"]
    assert own[0] in detail
    assert partner.get(f"conflicts/{'0' * 64}/").status_code == 404
