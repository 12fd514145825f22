"""Actors, sources, places and documents: what each reader may see of them."""

from datetime import timedelta

import pytest

from actors.access import Reader
from actors.factories import (
    NOON,
    ActorFactory,
    ActorIdentifierFactory,
    ActorNameFactory,
    SourceFactory,
    SourceRatingFactory,
    StateFactory,
)
from actors.marking import Marking
from actors.models import Source
from shipments.factories import DocumentFactory, PlaceFactory
from tests.people import code_of, make_partner

pytestmark = pytest.mark.django_db


def codes(answer, name="code"):
    return {row[name] for row in answer.json()["results"]}


def test_actor_is_told_with_its_names_and_codes(partner):
    state = StateFactory()
    ActorNameFactory(actor=state, name="조선")
    ActorIdentifierFactory(actor=state, scheme="iso", value="KP")
    part = ActorFactory(parent=state)
    shown = partner.get(f"actors/{state.reference}/").json()
    assert shown["names"] == [{"name": "조선", "language": "ko", "script": "Kore"}]
    assert shown["identifiers"] == [{"scheme": "iso", "value": "KP"}]
    assert partner.get(f"actors/{part.reference}/").json()["parent"] == state.reference
    assert shown in partner.get("actors/", {"q": "조"}).json()["results"]


def test_hidden_actor_is_missing_everywhere(partner):
    hidden = ActorFactory(marking=Marking.AMBER, name="Quiet fund")
    part = ActorFactory(parent=hidden)
    ActorNameFactory(actor=hidden, name="조용한")
    assert code_of(partner.get(f"actors/{hidden.reference}/")) == "not_found"
    for search in ("Quiet", "조용한"):
        assert partner.get("actors/", {"q": search}).json()["results"] == []
    assert partner.get(f"actors/{part.reference}/").json()["parent"] is None
    assert hidden.reference not in codes(partner.get("actors/?limit=100"), "reference")


def test_grade_is_the_one_in_force_as_it_was_known(partner):
    source = SourceFactory(code="wire", grade="C")
    SourceRatingFactory(source=source, grade="A", valid_from=NOON - timedelta(days=9), recorded_at=NOON)
    path = "sources/wire/"
    assert partner.get(path, {"known_at": "2026-05-19"}).json()["grade"] == "C"
    assert partner.get(path, {"known_at": "2026-05-20"}).json()["grade"] == "A"
    assert partner.get("sources/", {"known_at": "2026-05-19"}).json()["results"][-1]["grade"] == "C"
    SourceFactory(code="unrated")
    assert partner.get("sources/unrated/").json()["grade"] == "F"


def test_protected_source_is_for_analysts_and_its_own(partner, analyst):
    SourceFactory(code="informant", protected=True)
    SourceFactory(code="our-man", protected=True, actor=partner.key.actor)
    assert code_of(partner.get("sources/informant/")) == "not_found"
    assert "informant" not in codes(partner.get("sources/"))
    assert "our-man" in codes(partner.get("sources/"))
    assert {"informant", "our-man"} <= codes(analyst.get("sources/"))
    document = DocumentFactory(source__code="whisper", source__protected=True)
    shown = partner.get(f"documents/{document.reference}/").json()
    assert shown["source"] == "withheld"
    assert partner.get("documents/", {"source": "whisper"}).json()["results"] == []
    assert analyst.get(f"documents/{document.reference}/").json()["source"] == "whisper"


def test_partner_is_told_no_protected_name_however_far_it_is_cleared():
    SourceFactory(code="informant", protected=True)
    cleared = make_partner(clearance=Marking.RED)
    assert code_of(cleared.get("sources/informant/")) == "not_found"
    key, operator = Reader.of_key(cleared.key), Reader(clearance=Marking.AMBER)
    assert not Source.objects.named_to(key).filter(code="informant").exists()
    assert Source.objects.named_to(operator).filter(code="informant").exists()


def test_hidden_document_is_missing(partner, analyst):
    hidden = DocumentFactory(marking=Marking.AMBER)
    assert code_of(partner.get(f"documents/{hidden.reference}/")) == "not_found"
    assert partner.get("documents/").json()["results"] == []
    assert codes(analyst.get("documents/"), "reference") == {hidden.reference}


def test_places_are_found_by_name_and_by_code(partner):
    PlaceFactory(code="taoxian-2", name="Taoxian Two", iata="QQX", icao="QQXX")
    assert partner.get("places/taoxian-2/").json()["iata"] == "QQX"
    for search in ("oxian two", "qqx", "QQXX", "TAOXIAN-2"):
        assert "taoxian-2" in codes(partner.get("places/", {"q": search}))
    assert code_of(partner.get("places/NOWHERE/")) == "not_found"


def test_actors_and_places_say_that_they_have_no_history(partner):
    actor, place = ActorFactory().reference, "FNJ"
    for path in ("actors/", f"actors/{actor}/", "places/", f"places/{place}/"):
        answer = partner.get(path, {"known_at": "2022-05-17"})
        assert answer.status_code == 400
        (fault,) = answer.json()["errors"]
        assert (fault["parameter"], fault["code"]) == ("known_at", "unknown_parameter")
        assert fault["detail"] == "Actors and places have no history: they are told as they are now."
