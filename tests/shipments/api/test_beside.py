"""Pages and details tell the same of a subject, whether those of a page stand close together or far apart."""

import pytest

from actors.factories import ActorFactory
from actors.marking import Marking
from actors.services.prepared import read_together
from shipments.api import beside, plans
from shipments.api.beside import Page
from shipments.factories import (
    ConflictFactory,
    FindingFactory,
    LedgerEntryFactory,
    LegFactory,
    LineFactory,
    PictureFactory,
    ReportFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
    SubjectIdentifierFactory,
)
from shipments.models import Subject

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipments(partner):
    """Six, of which the first and the last have one word in common; between them stand others that are hidden."""
    hidden = ActorFactory(marking=Marking.RED)
    made = []
    for number in range(6):
        marking = Marking.RED if number == 2 else Marking.CLEAR
        shipment = ShipmentFactory(title="Twin" if number in (0, 5) else "Other", marking=marking)
        for _ in range(2):
            LegFactory(shipment=shipment, carrier=hidden)
            LineFactory(shipment=shipment, donor=ActorFactory())
            ShipmentPartyFactory(shipment=shipment)
            SubjectIdentifierFactory(subject=shipment)
        ShipmentPartyFactory(shipment=shipment, actor=hidden)
        made.append(shipment)
    merged = ShipmentFactory(title="Once its own", merged_into=made[5])
    for tier, subject in enumerate((made[0], made[5], made[5])):
        PictureFactory(subject=subject, tier=tier, version=tier + 1)
        FindingFactory(subject=subject, tier=tier)
        ConflictFactory.create_batch(tier + 1, subject=subject, tier=tier)
    for subject, name in ((made[0], "its own"), (merged, "of another")):
        LedgerEntryFactory(source=partner.key.source, partner_key=partner.key, external_id=name, subject=subject)
    # By which they read more of it than is stored.
    ReportFactory(subject=made[3], source=partner.key.source, partner_key=partner.key, marking=Marking.AMBER)
    return made


@pytest.mark.parametrize(("asked", "count", "is_dense"), [("", 5, True), ("q=twin", 2, False)])
def test_each_row_of_a_page_is_what_its_detail_says(shipments, partner, monkeypatch, asked, count, is_dense):
    monkeypatch.setattr(beside, "DENSE", 2)
    monkeypatch.setattr(beside, "FEW", 2)
    pages = []
    monkeypatch.setattr(plans.Page, "of", lambda *said, of=Page.of: pages.append(of(*said)) or pages[-1])
    rows = partner.get("shipments/", asked).json()["results"]
    assert ([page.is_dense for page in pages], len(rows)) == ([is_dense], count)
    for row in rows:
        assert row == partner.get(f"shipments/{row['reference']}/").json()
        assert [len(row[name]) for name in ("legs", "lines", "parties", "identifiers")] == [2] * 4
        assert {leg["carrier"] for leg in row["legs"]} == {None}
    pictures = {row["external_id"]: row["picture"] for row in rows if row["picture"]}
    told = {name: (pictures[name]["version"], pictures[name]["conflicts"]) for name in ("its own", "of another")}
    assert told == {"its own": (1, 1), "of another": (2, 2)}
    assert [name for name, picture in pictures.items() if picture["version"] is None] == [None] * is_dense


def test_no_row_of_others_between_is_read(shipments, partner, monkeypatch):
    monkeypatch.setattr(beside, "FEW", 2)
    read = []
    monkeypatch.setattr(
        plans, "read_together", lambda *said, **how: read.append(read_together(*said, **how)) or read[-1]
    )
    rows = partner.get("shipments/").json()["results"]
    of_plans = read[0]
    assert {each.subject for found in of_plans for each in found} == {
        str(each.pk) for each in shipments if each.marking == Marking.CLEAR
    }
    assert len(rows) == 5


@pytest.mark.parametrize("end", ["", "timeline/", "conflicts/"])
def test_what_was_merged_is_answered_by_what_it_was_merged_into(shipments, partner, end):
    merged = Subject.objects.get(merged_into=shipments[5])
    kept, asked = (partner.get(f"shipments/{each.reference}/{end}") for each in (shipments[5], merged))
    assert (asked.status_code, asked.json()) == (200, kept.json())
    Subject.objects.filter(pk=shipments[5].pk).update(marking=Marking.RED)
    assert partner.get(f"shipments/{merged.reference}/{end}").status_code == 404
