"""The page of the API in a real browser: it fits any window, light and dark, and asks nobody else."""

import pytest

from tests.browsing import Colours, faint, overflow, serving, watched

pytestmark = pytest.mark.browser

WIDTHS = (1300, 390)


def test_page_of_the_api_fits_and_asks_nobody_else(committed_db: None) -> None:
    wrong: list[str] = []
    shades = {}
    colours: Colours
    with serving() as (browser, address):
        for colours in ("light", "dark"):
            page = watched(browser, address, wrong, colours=colours)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(f"{address}/api/v1/docs/")
                page.locator("#operations-tag-shipments").click()
                page.locator("#operations-shipments-listShipments button").first.click()
                page.get_by_text("The accepted status; at valid_at, if given.").wait_for()
                page.get_by_role("heading", name="Being told: webhooks").wait_for()
                assert overflow(page) <= 0, f"wider than a window of {width}, {colours}"
            page.locator("#operations-tag-reports").click()
            page.locator("#operations-reports-sendReport button").first.click()
            page.get_by_text("Examples:", exact=True).first.wait_for()
            page.get_by_text("RateLimit-Policy", exact=True).first.wait_for()
            assert faint(page) == [], colours
            shades[colours] = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
            page.close()
    assert wrong == []
    assert shades["light"] != shades["dark"]
