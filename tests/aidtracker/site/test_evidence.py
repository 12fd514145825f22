"""What was said, what follows from it and what was done: no page changes or deletes it."""

import re

import pytest
from django.contrib import admin
from django.db.models import Model

from actors.marking import Marking
from tests.pages import lists, make_rows, page_of, signed_in

pytestmark = pytest.mark.django_db

READ_ONLY = [
    "rating", "interest", "audit", "document", "report", "held", "payload", "link", "attachment", "decision",
    "picture", "finding", "conflict", "due", "event", "receipt", "leg", "line", "party", "key", "grant", "request",
]  # fmt: skip


def snapshot(rows: dict[str, Model]) -> dict[str, object]:
    return {name: type(row)._base_manager.filter(pk=row.pk).values().get() for name, row in rows.items()}


def other_values(row: Model) -> dict[str, str]:
    """A form that would change every column."""
    return {field.name: "1" for field in row._meta.concrete_fields} | {"_save": "Save"}


def test_a_posted_change_is_refused():
    rows = make_rows()
    operator = signed_in(clearance=Marking.RED, operator=True)
    before = snapshot(rows)
    for name in READ_ONLY:
        assert operator.get(page_of(rows[name])).status_code == 200, name
        assert operator.post(page_of(rows[name]), other_values(rows[name])).status_code == 403, name
    assert snapshot(rows) == before


def test_nothing_is_ever_deleted():
    rows = make_rows()
    operator = signed_in(clearance=Marking.RED, operator=True)
    for name, row in rows.items():
        if name == "identifier":
            continue
        answer = operator.post(page_of(row).replace("/change/", "/delete/"), {"post": "yes"})
        assert answer.status_code == 403, name
        where = page_of(row).rpartition(f"{row.pk}")[0]
        operator.post(where, {"action": "delete_selected", "_selected_action": str(row.pk), "post": "yes"})
    assert len(snapshot(rows)) == len(rows)


def test_no_list_offers_to_delete():
    make_rows()
    operator = signed_in(clearance=Marking.RED, operator=True)
    for where in lists():
        assert b"delete_selected" not in operator.get(where).content, where


def test_derived_columns_are_in_no_form():
    derived = {"version", "kind", "output_hash", "content_hash", "received_at", "recorded_at", "generation"}
    operator = signed_in(clearance=Marking.RED, operator=True)
    for model in admin.site._registry:
        if model.__name__ in {"Document", "Actor", "Source", "Place"}:
            continue  # their kind is theirs, not the service's
        answer = operator.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/")
        asked = set(re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', answer.content.decode()))
        assert not derived & asked, model
