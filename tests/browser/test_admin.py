"""The admin in a real browser, with the case of May 2022: what an analyst sees, and that the pages ask nobody else."""

import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass, field

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page

from actors.factories import UserFactory
from actors.marking import Marking
from shipments.models import Offer, Report, Shipment
from tests.browsing import Colours, cut_off, overflow, serving, watched
from tests.pages import lists, page_of
from tests.processes import ROOT

pytestmark = pytest.mark.browser

FLIGHTS = "Three Air Koryo Il-76 flights of 16 May"
OFFER = "South Korea's offer of May 2022"


@dataclass(kw_only=True)
class Desk:
    """A browser at which an analyst is signed in, and everything that went wrong in it."""

    browser: Browser
    address: str
    pages: dict[str, str]
    wrong: list[str] = field(default_factory=list)

    def open(self, *, colours: Colours = "light") -> Page:
        """A new window, signed in by the form."""
        page = watched(self.browser, self.address, self.wrong, colours=colours)
        page.goto(f"{self.address}/admin/")
        page.fill("[name=username]", "ana")
        page.fill("[name=password]", "password")
        page.click("[type=submit]")
        page.wait_for_url(f"{self.address}/admin/")
        return page


@pytest.fixture
def desk(committed_db: None) -> Generator[Desk, None, None]:
    call_command("load_case", "dprk-covid-2022", verbosity=0)
    call_command("reconcile", verbosity=0)
    UserFactory(username="ana", clearance=Marking.AMBER)
    # Looked up before Playwright keeps an event loop in this thread, which Django's connections do not cross.
    subjects = {subject.title: subject for model in (Offer, Shipment) for subject in model.objects.all()}
    pages = {title: page_of(subject) for title, subject in subjects.items()}
    pages["a report"] = page_of(Report.objects.filter(subject=subjects[FLIGHTS]).first())
    with serving() as (browser, address):
        yield Desk(browser=browser, address=address, pages=pages)


def test_analyst_reads_how_the_flights_are_known(desk: Desk) -> None:
    page = desk.open()
    page.get_by_role("link", name="Shipments").first.click()
    page.get_by_role("link", name=FLIGHTS).click()

    timeline = page.locator("#timeline > .aid-timeline > li")
    timeline.first.wait_for()  # all() takes what is there and does not wait for the page that was clicked for
    assert [each.locator("strong").inner_text() for each in timeline.all()] == ["departed", "arrived"]
    summary = page.locator(".aid-summary").inner_text()
    assert "4 kbs, nk-news, wsj, yonhap" in summary
    assert "1 unresolved" in summary
    assert "arrived" in summary
    assert "CORROBORATED" in summary.upper()
    assert "at most 150 t" in page.locator("#findings").inner_text()
    assert "repeats yonhap: counted once" in page.locator("#reports").inner_text().lower()
    assert desk.wrong == []


def test_analyst_goes_back_to_what_was_known_earlier(desk: Desk) -> None:
    page = desk.open()
    page.goto(desk.address + desk.pages[OFFER])
    assert "CONTESTED" in page.locator(".aid-summary").inner_text().upper()
    page.fill("#known_at", "2022-05-17")
    page.click(".aid-known button")
    assert "what we believed at the end of 17 May 2022" in page.locator(".aid-note").first.inner_text()
    assert "CONTESTED" not in page.locator(".aid-summary").inner_text().upper()
    assert desk.wrong == []


def test_analyst_decides_a_conflict(desk: Desk) -> None:
    page = desk.open()
    page.goto(desk.address + desk.pages[OFFER])
    page.get_by_role("link", name="Decide").click()
    page.select_option("[name=milestone]", "refused")
    page.fill("[name=reason]", "The ministry confirmed it by telephone.")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("Your decision is recorded").wait_for()
    subprocess.run([sys.executable, "manage.py", "reconcile"], cwd=ROOT, check=True, capture_output=True)
    page.reload()
    assert "DECIDED" in page.locator(".aid-summary").inner_text().upper()
    assert "refused" in page.locator(".aid-summary").inner_text()
    assert desk.wrong == []


def test_whoever_prefers_the_dark_gets_it(desk: Desk) -> None:
    page = desk.open(colours="dark")
    for where in ("/admin/shipments/shipment/", desk.pages[FLIGHTS]):
        page.goto(desk.address + where)
        page.wait_for_function("document.documentElement.classList.contains('dark')")
        shade = page.evaluate("getComputedStyle(document.querySelector('#main')).backgroundColor")
        assert shade != "rgb(255, 255, 255)"
    assert desk.wrong == []


def test_every_page_fits_and_asks_nobody_else(desk: Desk) -> None:
    page = desk.open()
    people_only = ("/admin/actors/user/", "/admin/shipments/idempotentrequest/")
    pages = [each for each in lists() if each not in people_only]
    pages += [*desk.pages.values(), desk.pages[FLIGHTS].replace("/change/", "/decide/")]
    pages += ["/admin/shipments/report/add/", "/admin/actors/sourcerating/add/", "/admin/shipments/shipment/add/"]
    for where in pages:
        page.set_viewport_size({"width": 1300, "height": 900})
        page.goto(desk.address + where)
        assert overflow(page) <= 0, f"{where} is wider than a window of 1300"
        page.set_viewport_size({"width": 390, "height": 844})
        assert overflow(page) <= 0, f"{where} is wider than a phone"
        assert cut_off(page) == [], f"{where} cuts off on a phone"
    assert desk.wrong == []
