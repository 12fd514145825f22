"""Loading the vocabularies: once, twice, and from a file that contradicts what is there."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from msgspec.structs import asdict

from actors.models import ActorIdentifier
from shipments.factories import PlaceFactory, ShipmentFactory
from shipments.intake.draft import FactDraft
from shipments.models import Attribute, CodeMapping, Containment, Due, Finding, Picture, Place, PolicyVersion, Report
from shipments.reconciliation.model import Policy
from shipments.reconciliation.policy import POLICY_V1
from shipments.services.errors import ChangedEvidence
from shipments.services.rules import policy_of
from shipments.services.verifying import verify
from shipments.services.vocabularies import DIRECTORY, load_vocabularies
from tests.shipments.services.conftest import fold

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the vocabularies that a test may change."""
    return Path(shutil.copytree(DIRECTORY, tmp_path / "vocabularies"))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models() if model._meta.managed}


def state_of(attribute: str) -> str:
    return str(Finding.objects.get(attribute=attribute, known_to=None).state)


def test_loading_fills_every_table() -> None:
    load_vocabularies()

    assert Attribute.objects.get(name="capacity").bounds_total == "quantity"
    assert CodeMapping.objects.get(scheme="iata-fsu", code="DLV").milestone == "received"
    assert Containment.objects.filter(attribute="cargo_description").exists()
    carrier = ActorIdentifier.objects.get(scheme="icao-airline", value="KOR").actor
    assert (carrier.name, carrier.country) == ("Air Koryo", "KP")


def test_the_stored_policy_is_the_one_the_reconciler_was_tested_with() -> None:
    load_vocabularies()

    def numbers(policy: Policy) -> dict[str, object]:
        # A stored object does not keep the order of its keys.
        return {name: sorted(value) if isinstance(value, tuple) else value for name, value in asdict(policy).items()}

    row = PolicyVersion.objects.get(version=1)
    assert numbers(policy_of(row.version, row.recorded_at, row.weights)) == numbers(POLICY_V1)


def test_an_airport_is_in_its_city_and_the_city_in_its_country() -> None:
    load_vocabularies()

    pyongyang = Place.objects.get(icao="ZKPY")
    assert (pyongyang.iata, pyongyang.within.code, pyongyang.within.within.code) == ("FNJ", "KPFNJ", "KP")
    assert pyongyang.time_zone == "Asia/Pyongyang"
    assert Place.objects.get(iata="SHE").within.unlocode == "CNSHE"


def test_loading_twice_writes_nothing() -> None:
    load_vocabularies()
    before = counts()

    again = load_vocabularies()

    assert (again.new, again.changed) == (0, 0)
    assert counts() == before


def test_a_changed_label_is_brought_up_to_date(files: Path) -> None:
    load_vocabularies()
    change(files / "attributes.toml", 'label = "Cargo"', 'label = "What it carries"')

    loaded = load_vocabularies(files)

    assert (loaded.new, loaded.changed) == (0, 1)
    assert Attribute.objects.get(name="cargo_description").label == "What it carries"


def test_a_new_meaning_is_a_new_row_beside_the_old(files: Path) -> None:
    load_vocabularies()
    path = files / "codes" / "easypost.csv"
    with path.open("a", encoding="utf-8") as lines:
        lines.write("easypost,unknown,booked,,,,told otherwise,EasyPost,2026-07-01\n")

    assert load_vocabularies(files).new == 1

    rows = CodeMapping.objects.filter(scheme="easypost", code="unknown").order_by("recorded_at")
    assert [row.milestone for row in rows] == ["planned", "booked"]


def test_a_code_that_was_given_another_meaning_is_refused_and_nothing_is_stored(files: Path) -> None:
    load_vocabularies()
    before = counts()
    change(files / "codes" / "iata-fsu.csv", "iata-fsu,DLV,received", "iata-fsu,DLV,delivered")
    change(files / "attributes.toml", 'name = "eta"', 'name = "expected"')

    with pytest.raises(ChangedEvidence, match="iata-fsu DLV"):
        load_vocabularies(files)

    assert counts() == before
    assert CodeMapping.objects.get(scheme="iata-fsu", code="DLV").milestone == "received"


def test_a_policy_that_was_edited_is_refused(files: Path) -> None:
    load_vocabularies()
    change(files / "policies.toml", "bar = 1386", "bar = 1")

    with pytest.raises(ChangedEvidence, match="policies"):
        load_vocabularies(files)


def test_a_report_that_was_held_for_a_code_counts_when_the_code_comes(files: Path, say: Any, shipment: Any) -> None:
    say("TOFF", 24, code_scheme="easypost")
    fold()
    assert Report.objects.held().count() == 1
    with (files / "codes" / "easypost.csv").open("a", encoding="utf-8") as lines:
        lines.write("easypost,TOFF,departed,,,,took off,EasyPost,2026-05-01\n")

    load_vocabularies(files)
    fold()

    assert Picture.objects.get(subject=shipment, known_to=None).status == "departed"
    assert not Report.objects.held().exists()
    assert verify() == []


def test_a_second_meaning_of_a_code_that_was_not_known_counts_from_its_own_day(
    files: Path, say: Any, shipment: Any
) -> None:
    path = files / "codes" / "easypost.csv"
    say("TOFF", 24, code_scheme="easypost")
    for milestone, day in (("booked", "2026-05-01"), ("departed", "2026-07-01")):
        with path.open("a", encoding="utf-8") as lines:
            lines.write(f"easypost,TOFF,{milestone},,,,their word,EasyPost,{day}\n")
        load_vocabularies(files)
        fold()

    spans = Picture.objects.filter(subject=shipment).order_by("known_from")
    assert [picture.status for picture in spans] == ["booked", "departed"]
    assert verify() == []


def test_whatever_was_folded_is_folded_again_by_rules_that_are_others(files: Path, say: Any, shipment: Any) -> None:
    say("departed", 24, by="blog", grade="D")
    fold()
    assert Picture.objects.get(subject=shipment, known_to=None).status == ""
    text = (files / "policies.toml").read_text(encoding="utf-8")
    following = (
        text[text.index("\n[[policies]]") :].replace("version = 1", "version = 2").replace("bar = 1386", "bar = 1")
    )
    (files / "policies.toml").write_text(text + following.replace("1970-01-01", "2026-05-01"), encoding="utf-8")

    load_vocabularies(files)
    fold()

    assert Picture.objects.get(subject=shipment, known_to=None).status == "departed"
    assert verify() == []


def test_values_are_compared_anew_by_an_attribute_or_a_containment_that_is_another(files: Path, say: Any) -> None:
    for by, text in (("wfp", "tents"), ("customs", "shelter")):
        say("", 24, by=by, grade="B", facts=(FactDraft(attribute="cargo_description", value={"text": text}),))
    fold()
    assert state_of("cargo_description") == "contested"
    with (files / "containments.toml").open("a", encoding="utf-8") as lines:
        lines.write('\n[[chains]]\nattribute = "cargo_description"\nwords = ["shelter", "tents"]\n')

    load_vocabularies(files)
    fold()
    assert state_of("cargo_description") != "contested"
    assert verify() == []

    change(files / "attributes.toml", 'subjects = ["shipment", "offer"]\ncomparison = "contains"', EXACT)
    load_vocabularies(files)
    fold()
    assert state_of("cargo_description") == "contested"
    assert verify() == []


EXACT = 'subjects = ["shipment", "offer"]\ncomparison = "exact"'


def test_a_place_that_the_files_put_into_another_is_in_that(files: Path, say: Any) -> None:
    shipment = ShipmentFactory(destination=PlaceFactory(code="KPFNJ"))
    say("arrived", 30, subject=shipment.reference, place="KPNAM")
    fold()
    assert Picture.objects.get(subject=shipment, known_to=None).status == "in_transit"
    change(files / "places.csv", "KPNAM,KP,,", "KPNAM,KPFNJ,,")

    load_vocabularies(files)
    fold()

    assert Picture.objects.get(subject=shipment, known_to=None).status == "arrived"
    assert verify() == []


def test_what_people_read_of_an_attribute_makes_nothing_due(files: Path, say: Any) -> None:
    say("departed", 24)
    fold()
    change(files / "attributes.toml", 'label = "Cargo"', 'label = "What it carries"')

    load_vocabularies(files)

    assert not Due.objects.exists()
