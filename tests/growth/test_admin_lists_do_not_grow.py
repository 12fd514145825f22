"""Every list of the admin, its filters, orders, searches and pages, and a row's page, at two sizes, ten times apart.

The lists and what they understand are those that are registered, so that a new one is asked here by being there.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.test import RequestFactory, override_settings

from actors.admin.filters import DayFilter, RelatedFilter
from actors.admin.readable import ReadableAdmin
from actors.factories import UserFactory
from actors.marking import Marking
from tests.growth.asking import Cell, at_each_size, cost_of_asking, own_database
from tests.growth.base import GROWING, make
from tests.growth.plans import Cost
from tests.pages import PLAIN_FILES, autocompletes, page_of, signed_in
from tests.people import ALL_SCOPES, make_partner

# Reports of no subject are no part of what is copied.
HELD = """
INSERT INTO shipments_report SELECT (jsonb_populate_record(one, jsonb_build_object(
    'id', gen_random_uuid(), 'reference', format('RPT-HELD-%%s-%%s', %(n)s::int, n), 'event_id', %(n)s::int * 10000 + n
))).*
FROM shipments_report AS one, generate_series(1, %(n)s::int) AS n
WHERE one.id = (SELECT id FROM shipments_report WHERE subject_id IS NULL LIMIT 1)
"""
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def costs(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[Cell, list[Cost]]]:
    """What each question costs at each size."""
    with own_database(django_db_blocker) as patch, override_settings(STORAGES=PLAIN_FILES):
        # So few that PostgreSQL does as it does at the larger size: for more it reads a short table whole.
        for place in ("actors.admin.paging", "actors.admin.looking", "shipments.admin.reports"):
            patch.setattr(f"{place}.MOST", 4)
        for place in ("actors.admin.looking", "actors.admin.filters"):
            patch.setattr(f"{place}.FEW", 2)
        patch.setattr("aidtracker.site.first_page.MOST_COUNTED", 5)
        patch.setattr(ReadableAdmin, "list_per_page", 2)
        key = make_partner(scopes=ALL_SCOPES).key
        assert key
        base = make(key)
        operator = UserFactory(clearance=Marking.RED, is_superuser=True)
        client, request = signed_in(person=operator), RequestFactory().get("/")
        request.user = operator
        asked = questions(request)
        found: defaultdict[Cell, list[Cost]] = defaultdict(list)
        for _ in at_each_size(base, lambda connection, size: connection.execute(HELD, {"n": size // 10})):
            for cell, address in asked.items():
                found[cell].append(cost_of_asking(client.get, address))
        yield found


def questions(request: HttpRequest) -> dict[Cell, str]:
    """The first page, the next, and the list asked by each filter, word and order; a row's page; choices by typing."""
    asked: dict[Cell, str] = {("the first page", ""): "/admin/"}
    for model, pages in admin.site._registry.items():
        name = model._meta.model_name or ""
        where = f"/admin/{model._meta.app_label}/{name}/"
        # Of the rows that are copied at every size.
        row = pages.get_queryset(request).last()
        asked[name, ""] = where
        asked[name, "q=a word of many"] = f"{where}?q=for"
        asked[name, "q=a word of none"] = f"{where}?q=nowhere-at-all"
        if row is None:
            continue
        for said in _filters(pages, row, request):
            asked[name, f"{said}"] = f"{where}?{urlencode(said)}"
        if reference := getattr(row, "reference", None):
            asked[name, "q=a reference"] = f"{where}?q={reference}"
        if model._meta.db_table in GROWING:
            asked[name, "next page"] = f"{where}?p=2"
            for number, _ in enumerate(pages.get_list_display(request)):
                asked[name, f"o={number}"] = f"{where}?o={number}"
        if name != "subject":
            asked[name, "a row's page"] = page_of(row)
    for address in autocompletes("for"):
        if "field_name=groups" in address or "field_name=user_permissions" in address:
            continue  # of Django's own, which have no pages here
        asked["typing", address.partition("?")[2]] = address
    return asked


def _filters(pages: Any, row: Model, request: HttpRequest) -> Iterator[dict[str, Any]]:
    for entry in pages.get_list_filter(request):
        if isinstance(entry, str):
            yield {f"{entry}__exact": int(value) if isinstance(value := getattr(row, entry), bool) else value}
        elif isinstance(entry, tuple):
            assert entry[1] is DayFilter
            yield {f"{entry[0]}_to": "2030-01-01"}
            yield {f"{entry[0]}_from": "2020-01-01"}
        elif issubclass(entry, RelatedFilter):
            if key := getattr(row, type(row)._meta.get_field(entry.field_name).attname):
                yield {entry.parameter_name: key}
        elif hasattr(entry, "field_name"):
            yield {entry.parameter_name: getattr(row, entry.field_name) or "en"}
        else:
            filter_ = entry(request, {}, type(row), pages)
            for word, _ in filter_.lookup_choices:
                yield {entry.parameter_name: word}


def test_every_list_that_is_registered_is_asked_for(costs: dict[Cell, list[Cost]]) -> None:
    assert {model._meta.model_name for model in admin.site._registry} <= {name for name, _ in costs}
    assert len(costs) > 200


def test_a_page_of_the_admin_touches_walks_and_sorts_the_same_when_ten_times_as_much_is_stored(
    costs: dict[Cell, list[Cost]],
) -> None:
    told = [
        f"{name} {question}: {'; '.join(faults)}"
        for (name, question), (few, many) in costs.items()
        if (faults := many.faults(few, GROWING))
    ]
    assert not told, "\n".join(sorted(told))
