"""An analyst does in a real browser what is theirs to do: every form is opened from a page, filled in and sent."""

import pytest

from tests.browser.desk import AIRLINE, AIRLINE_TWIN, FLIGHTS, TWIN, Desk

pytestmark = pytest.mark.browser

OTHER = "Chinese doctors and nurses for North Korea"


def test_analyst_says_what_a_held_report_is_about(desk: Desk) -> None:
    page = desk.open()
    page.get_by_role("link", name="Held reports").click()
    page.get_by_role("link", name="departed").first.click()
    page.get_by_role("link", name="Say what it is about").click()
    page.get_by_role("textbox", name="Subject").click()  # there once the script has made it one to type in
    page.locator(".select2-search__field").fill(desk.references[FLIGHTS])
    page.get_by_role("option", name=FLIGHTS).click()
    page.fill("[name=reason]", "The waybill is on the manifest.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()
    page.goto(desk.address + desk.pages["a held report"])
    assert page.get_by_role("link", name="Say what it is about").count() == 0
    assert desk.wrong == []


def test_analyst_dismisses_a_report_once_they_saw_what_that_changes_and_withdraws_it(desk: Desk) -> None:
    page = desk.open(desk.pages[OTHER])
    page.locator("#reports tbody a").first.click()
    page.get_by_role("link", name="Exclude reports").click()
    page.locator("[name=chosen]:checked").wait_for()  # one, or it is refused
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("status", name="What would change").wait_for()
    page.fill("[name=reason]", "They speak of others.")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("Exclude reports: your decision is recorded").wait_for()

    page.goto(f"{desk.address}/admin/shipments/decision/")
    page.locator("#result_list tbody a").first.click()
    page.get_by_role("link", name="Withdraw").click()
    page.fill("[name=reason]", "They do not.")
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_text("exclude: withdrawn").wait_for()
    assert page.get_by_role("link", name="Withdraw").count() == 0
    assert desk.wrong == []


def test_analyst_merges_shipments_and_actors_once_they_saw_what_that_changes_and_parts_them(desk: Desk) -> None:
    page = desk.open()
    merges = (("shipments/shipment", TWIN, OTHER, OTHER), ("actors/actor", AIRLINE_TWIN, AIRLINE, TWIN))
    for where, row, into, changed in merges:
        page.goto(f"{desk.address}/admin/{where}/")
        choose(page, row, "merge_chosen")
        page.fill("[name=into]", desk.references[into])
        page.get_by_role("button", name="Show what would change").click()
        assert changed in page.get_by_role("status", name="What would change").inner_text()
        page.fill("[name=reason]", "One thing, told twice.")
        page.get_by_role("button", name="Merge").click()
        page.get_by_text("Merge: done for").wait_for()
        choose(page, row, "undo_merge")
        page.fill("[name=reason]", "Two things.")
        page.get_by_role("button", name="Undo the merge").click()
        page.get_by_text("Undo the merge: done for").wait_for()
    assert desk.wrong == []


def choose(page, title: str, action: str) -> None:
    """Tick a row of a list and run an action on it."""
    page.locator("#result_list tr", has_text=title).locator("[name=_selected_action]").check()
    page.locator("select[name=action]").select_option(action)
    page.get_by_role("button", name="Run").click()
