"""The admin in a real browser, with the case of May 2022: what an analyst sees, and that the pages ask nobody else."""

import pytest

from tests.browser.desk import FLIGHTS, OFFER, Desk
from tests.browsing import cut_off, head_is_whole, overflow, unnamed
from tests.pages import lists

pytestmark = pytest.mark.browser

# What has the focus, and how wide the line around it is.
FOCUSED = """() => {
  const field = document.activeElement, style = getComputedStyle(field);
  const width = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  return [field.name || field.getAttribute("aria-label"), width];
}"""


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
    desk.reconcile()
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


def test_whoever_has_no_mouse_gets_past_the_navigation(desk: Desk) -> None:
    page = desk.open("/admin/shipments/shipment/")
    page.keyboard.press("Tab")
    page.get_by_role("link", name="To the content").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#content').contains(document.activeElement)")


def test_whoever_has_no_mouse_sees_where_they_are(desk: Desk) -> None:
    page = desk.open("/admin/shipments/place/add/")
    page.wait_for_load_state("load")
    page.focus("[name=name]")
    shown = {}
    for _ in range(12):  # as many as the form has fields
        name, width = page.evaluate(FOCUSED)
        shown[name] = width
        page.keyboard.press("Tab")
    assert {"Within", "provisional", "longitude"} <= shown.keys()
    assert [name for name, width in shown.items() if not width] == []


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
        page.wait_for_load_state("load")
        assert unnamed(page) == [], f"{where} has fields without a name"
        page.set_viewport_size({"width": 390, "height": 844})
        assert overflow(page) <= 0, f"{where} is wider than a phone"
        assert cut_off(page) == [], f"{where} cuts off on a phone"
        assert head_is_whole(page), f"{where} is headed by half a name on a phone"
    assert desk.wrong == []
