"""A small world, told through the services: one flight that three sources tell of, and an offer that nobody does."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from actors.factories import ActorFactory, SourceFactory, StateFactory
from actors.marking import Marking
from shipments.factories import (
    AppealFactory,
    ContactFactory,
    CrisisFactory,
    InquiryFactory,
    LegFactory,
    LineFactory,
    OfferFactory,
    OfferLineFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
    SubjectIdentifierFactory,
)
from shipments.intake.report import parse_report
from shipments.services.reconciling import count_due, reconcile_due
from shipments.services.recording import Sender, record
from tests.people import Caller, make_partner
from tests.shipments.api.entries import ENTERS, good_entries


def day(number: int) -> datetime:
    """Noon of a day of May 2022."""
    return datetime(2022, 5, number, 12, tzinfo=UTC)


def record_report(received: datetime, **said: Any) -> str:
    """Record one report as a case file would; returns its reference."""
    said.setdefault("asserted_at", received.isoformat())
    (outcome,) = record([parse_report(said)], sender=Sender(), received_at=received)
    assert outcome.reference, outcome.problems
    return outcome.reference


def reconcile() -> None:
    while count_due():
        reconcile_due(limit=100)


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    return make_world()


def make_world() -> SimpleNamespace:
    """Subjects of every kind; reports about the shipment, the last of them for analysts alone."""
    crisis = CrisisFactory()
    donor, recipient = StateFactory(), StateFactory()
    shipment = ShipmentFactory(crisis=crisis, recipient=recipient, title="Flight to Pyongyang")
    ShipmentPartyFactory(shipment=shipment, actor=donor)
    SubjectIdentifierFactory(subject=shipment)
    leg, line = LegFactory(shipment=shipment), LineFactory(shipment=shipment)
    offer = OfferFactory(crisis=crisis, donor=donor, recipient=recipient)
    OfferLineFactory(offer=offer)
    for code, grade in (("wire", "B"), ("carrier", "B"), ("daily", "C"), ("informant", "B")):
        SourceFactory(code=code, grade=grade, protected=code == "informant")

    def about(received: datetime, source: str, code: str, **said: Any) -> str:
        return record_report(received, source=source, subject=shipment.reference, code=code, **said)

    reports = [
        about(day(16), "carrier", "departed", occurred="2022-05-16", event_id="c-1"),
        about(day(17), "wire", "arrived", occurred="2022-05-17", event_id="w-1", facts=[_cargo("9")]),
        about(day(18), "daily", "lost", occurred="2022-05-17", event_id="d-1", facts=[_cargo("12")]),
        about(day(19), "informant", "delivered", occurred="2022-05-19", event_id="i-1", marking="AMBER"),
    ]
    reconcile()
    return SimpleNamespace(
        crisis=crisis,
        donor=donor,
        recipient=recipient,
        shipment=shipment,
        leg=leg,
        line=line,
        offer=offer,
        appeal=AppealFactory(crisis=crisis),
        contact=ContactFactory(),
        inquiry=InquiryFactory(),
        reports=reports,
    )


def _cargo(tonnes: str) -> dict[str, Any]:
    return {"attribute": "quantity", "value": {"low": tonnes, "high": tonnes, "unit": "TNE"}}


@pytest.fixture
def hidden_shipment(db: None) -> Any:
    """A shipment that only AMBER readers may know of."""
    return ShipmentFactory(marking=Marking.AMBER, title="Quiet flight")


@pytest.fixture
def tell(world: SimpleNamespace) -> Callable[..., str]:
    """Tell one more thing of the world's shipment, on the 20th, and reconcile."""

    def told(source: str, code: str, **said: Any) -> str:
        reference = record_report(day(20), source=source, subject=world.shipment.reference, code=code, **said)
        reconcile()
        return reference

    return told


@pytest.fixture
def sender(db: None) -> Caller:
    """A partner whose system enters what it knows, as the source lss."""
    return make_partner(scopes=ENTERS, source=SourceFactory(code="lss", actor=ActorFactory()))


@pytest.fixture
def bodies(db: None) -> dict[str, dict[str, Any]]:
    """A good body for each kind of entry."""
    return good_entries()


@pytest.fixture
def two(db: None) -> SimpleNamespace:
    """A donor and a recipient."""
    return SimpleNamespace(donor=StateFactory(name="Japan"), recipient=StateFactory(name="Nepal"))


def follow(caller, path="changes/", limit=""):
    """Everything from ``path`` on, and the path to go on from."""
    found = []
    while True:
        answer = caller.get(path, limit if path.count("?") == 0 else None)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        assert answer.headers["Link"] == f'<{body["next"]}>; rel="next"'
        found += body["results"]
        path = body["next"]
        if not body["more"]:
            return found, path
