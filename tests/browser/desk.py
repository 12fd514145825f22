"""A desk at which an analyst sits: the case of May 2022, reconciled, and a browser before it."""

import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass, field

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page

from actors.factories import ActorFactory, UserFactory
from actors.marking import Marking
from actors.models import Actor
from shipments.factories import ReportFactory, ShipmentFactory
from shipments.models import Offer, Report, Shipment
from tests.browsing import Colours, serving, watched
from tests.pages import page_of
from tests.processes import ROOT

FLIGHTS = "Three Air Koryo Il-76 flights of 16 May"
TWIN = "Flights told a second time"
AIRLINE, AIRLINE_TWIN = "Air Koryo", "Koryo Airways"
OFFER = "South Korea's offer of May 2022"


@dataclass(kw_only=True)
class Desk:
    """A browser at which an analyst is signed in, and everything that went wrong in it."""

    browser: Browser
    address: str
    pages: dict[str, str]
    references: dict[str, str]
    wrong: list[str] = field(default_factory=list)

    def open(self, where: str = "/admin/", *, colours: Colours = "light") -> Page:
        """A new window, signed in by the form, with a page."""
        page = watched(self.browser, self.address, self.wrong, colours=colours)
        page.goto(f"{self.address}/admin/")
        page.fill("[name=username]", "ana")
        page.fill("[name=password]", "password")
        page.click("[type=submit]")
        page.wait_for_url(f"{self.address}/admin/")
        if where != "/admin/":
            page.goto(self.address + where)
        return page

    def reconcile(self) -> None:
        """Have the picture follow, as a worker does."""
        subprocess.run([sys.executable, "manage.py", "reconcile"], cwd=ROOT, check=True, capture_output=True)


@pytest.fixture
def desk(committed_db: None) -> Generator[Desk, None, None]:
    call_command("load_case", "dprk-covid-2022", verbosity=0)
    call_command("reconcile", verbosity=0)
    UserFactory(username="ana", clearance=Marking.AMBER)
    # Looked up before Playwright keeps an event loop in this thread, which Django's connections do not cross.
    subjects = {subject.title: subject for model in (Offer, Shipment) for subject in model.objects.all()}
    rows = {**subjects, "a report": Report.objects.filter(subject=subjects[FLIGHTS]).first()}
    rows["a held report"] = ReportFactory(subject=None, milestone="departed")
    rows[AIRLINE] = Actor.objects.get(name=AIRLINE)
    rows[AIRLINE_TWIN] = ActorFactory(name=AIRLINE_TWIN, provisional=True)
    twin = ShipmentFactory(title=TWIN, provisional=True, carrier=rows[AIRLINE_TWIN])
    rows[TWIN] = ReportFactory(subject=twin).subject.as_shipment
    pages = {name: page_of(row) for name, row in rows.items()}
    references = {name: row.reference for name, row in rows.items()}
    with serving() as (browser, address):
        yield Desk(browser=browser, address=address, pages=pages, references=references)
