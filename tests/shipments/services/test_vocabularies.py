"""Loading the vocabularies: once, twice, and from a file that contradicts what is there."""

import shutil
from pathlib import Path

import pytest
from django.apps import apps
from msgspec.structs import asdict

from actors.models import ActorIdentifier
from shipments.models import Attribute, CodeMapping, Containment, Place, PolicyVersion
from shipments.reconciliation.model import Policy
from shipments.reconciliation.policy import POLICY_V1
from shipments.services.errors import ChangedEvidence
from shipments.services.rules import policy_of
from shipments.services.vocabularies import DIRECTORY, load_vocabularies

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
