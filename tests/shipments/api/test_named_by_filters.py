"""What lists are narrowed by: references, one's own names, and nothing that only looks like one."""

import pytest

from actors.factories import ActorFactory, SourceFactory
from actors.marking import Marking
from actors.models import Actor, Source
from shipments.models import Appeal, LedgerEntry
from tests.people import code_of, faults_of, make_analyst, make_partner
from tests.shipments.api.entries import ENTERS, PLURALS


def found(caller, path, **asked):
    answer = caller.get(path, asked)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.mark.parametrize("kind", PLURALS)
def test_what_was_entered_is_told_and_found_by_its_external_id_by_its_owner_alone(sender, bodies, kind):
    location = sender.post(f"{PLURALS[kind]}/", bodies[kind]).headers["Location"]
    own = bodies[kind]["external_id"]
    colleague = make_partner(scopes=ENTERS, actor=sender.key.source.actor)
    stranger = make_partner(scopes=ENTERS, source=SourceFactory(actor=ActorFactory()))
    for caller, told in ((sender, own), (colleague, own), (make_analyst(), own), (stranger, None)):
        assert caller.get(location).json()["external_id"] == told
        rows = found(caller, f"{PLURALS[kind]}/", external_id=own)
        assert [each["external_id"] for each in rows] == ([own] if told else [])
        assert found(caller, f"{PLURALS[kind]}/", external_id="never-entered") == []


def test_what_a_source_of_no_organisation_entered_is_named_to_analysts_alone(sender, bodies):
    location = sender.post("actors/", bodies["actor"]).headers["Location"]
    Source.objects.filter(code="lss").update(actor=None)
    assert make_analyst().get(location).json()["external_id"] == "moh"
    # Signed in, of no organisation either, and no analyst.
    for caller in (make_analyst(clearance=Marking.GREEN), sender):
        assert caller.get(location).json()["external_id"] is None
        assert found(caller, "actors/", external_id="moh") == []


def test_a_name_is_one_of_its_kind(sender, bodies):
    sender.post("appeals/", {**bodies["appeal"], "external_id": "X-1"})
    sender.post("shipments/", {**bodies["shipment"], "external_id": "X-1"})
    assert len(found(sender, "appeals/", external_id="X-1")) == 1
    assert found(sender, "offers/", external_id="X-1") == []


@pytest.mark.parametrize("kind", ["appeal", "actor", "place"])
def test_what_was_merged_is_found_by_the_name_it_was_entered_by(sender, bodies, kind):
    location = sender.post(f"{PLURALS[kind]}/", bodies[kind]).headers["Location"]
    other = sender.post(
        f"{PLURALS[kind]}/", {**bodies[kind], "external_id": "kept", "name" if kind != "appeal" else "title": "K"}
    )
    LedgerEntry.objects.filter(external_id="kept").delete()
    entry = LedgerEntry.objects.get()
    row = entry.subject or entry.actor or entry.place
    column = "code" if kind == "place" else "reference"
    row.merged_into = type(row)._default_manager.get(**{column: other.json()["reference"]})
    row.save()
    own = bodies[kind]["external_id"]
    assert sender.get(location).json()["external_id"] == own
    (only,) = found(sender, f"{PLURALS[kind]}/", external_id=own)
    assert only[column] == other.json()["reference"]


def test_an_entry_that_was_hidden_since_is_not_found_by_its_name(sender, bodies):
    sender.post("appeals/", bodies["appeal"])
    Appeal.objects.filter(entry__isnull=False).update(marking=Marking.RED)
    assert found(sender, "appeals/", external_id="A-1") == []


def test_filters_take_references_and_ones_own_names_and_tell_hidden_from_missing_to_nobody(sender, bodies):
    moh = sender.post("actors/", bodies["actor"]).json()["reference"]
    sender.post("appeals/", {**bodies["appeal"], "requester": "lss:moh"})
    for said in (moh, "lss:moh"):
        assert len(found(sender, "appeals/", requester=said)) == 1
    hidden = ActorFactory(marking=Marking.RED).reference
    for said in (hidden, "ACT-00000000", "lss:never", "others:moh"):
        assert found(sender, "appeals/", requester=said) == []
    Actor.objects.filter(reference=moh).update(marking=Marking.RED)
    assert found(sender, "appeals/", requester="lss:moh") == found(sender, "appeals/", requester=moh) == []


@pytest.mark.parametrize(
    ("path", "name", "said", "forms"),
    [
        ("shipments/", "donor", "China", "a reference (ACT-…), or source:external_id as you entered it"),
        ("shipments/", "offer", "SHP-00000000", "a reference (OFR-…), or source:external_id as you entered it"),
        ("offers/", "crisis", "Outbreak", "a reference (CRS-…)"),
        ("flows/", "recipient", "lss:moh", "a reference (ACT-…)"),
        ("reports/", "subject", "flight", "a reference (SHP-…, OFR-…, APL-…, CTC-…, INQ-…, CRS-…)"),
    ],
)
def test_what_is_no_name_for_this_is_refused_with_the_forms_that_are(partner, path, name, said, forms):
    answer = partner.get(path, {name: said})
    assert (answer.status_code, faults_of(answer)) == (400, {name: "invalid_parameter"})
    assert answer.json()["errors"][0]["detail"] == f"Not a name for this: {said}. It takes {forms}."


def test_an_attribute_that_nobody_can_claim_is_refused_with_what_was_meant(partner, world):
    path = f"shipments/{world.shipment.reference}/explain/"
    answer = partner.get(path, {"attribute": "quantty"})
    assert (answer.status_code, code_of(answer)) == (400, "unknown_word")
    assert "Did you mean quantity?" in answer.json()["detail"]
    assert partner.get(path, {"attribute": "deaths_total"}).status_code == 400
    for known in ("capacity", "delayed", "received", "fact:quantity", "diverted"):
        assert partner.get(path, {"attribute": known}).status_code == 200, known
    assert found(partner, path, attribute="quantity")
    assert code_of(partner.get("shipments/SHP-00000000/explain/", {"attribute": "quantty"})) == "not_found"


def test_a_name_that_leads_nowhere_is_refused_with_the_forms_that_could(sender, bodies):
    answer = sender.post("shipments/", {**bodies["shipment"], "recipient": "China", "destination": "Pyongyang"})
    details = {each["pointer"]: each["detail"] for each in answer.json()["errors"]}
    assert details == {
        "/recipient": "No such actor that you may see. Name it by its reference (ACT-…), source:external_id as you "
        "entered it, or scheme:value as others know it.",
        "/destination": "No such place that you may see. Name it by its code, or source:external_id as you entered it.",
    }
