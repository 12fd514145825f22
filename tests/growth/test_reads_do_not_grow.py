"""Every list, filter, order and detail of the API at two sizes, ten times apart: what it costs is the same.

What is asked is in tests/growth/questions.py.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from actors.api import pages
from actors.marking import Marking
from shipments.api import searching
from tests.aidtracker.api.test_doors import OWN, WORDS
from tests.aidtracker.api.test_queries import views
from tests.growth.asking import Cell, at_each_size, cost_of_asking, own_database
from tests.growth.base import GROWING, make
from tests.growth.plans import Cost
from tests.growth.questions import LIKE_SHIPMENTS, PAGING, questions, rare_questions
from tests.people import ALL_SCOPES, make_analyst, make_partner

ROOT = Path(__file__).resolve().parents[2]
# 8 kB pages that a list of a hundred shipments, and one shipment, touch at most.
FULL_PAGE, DETAIL = 1_200, 42
# What a detail finds in as many pages at every size.
BY_HASH = {
    "shipments/SHP-00000000/": {
        *("subject_by_reference", "identifier_by_subject", "leg_by_shipment", "shipment_party_by_shipment")
    },
    "shipments/SHP-00000000/timeline/": {"subject_by_reference"},
}
# Filters that still grow, on all lists or on one. Which list of them does depends on what a run's statistics have
# PostgreSQL choose, so that a list that does not is no sign of a mend.
FILTERS: dict[str, str] = {
    "conflicts/known_at": "past conflicts that had ended are passed over",
    "flows/known_at": "flows of the past are not added up beforehand",
    "contacts/none has contested": "subjects of other kinds are passed over, of a bounded number",
    "crises/country": "up to so many are found and put in order",
    "shipments/a full page": "findings of few are read page by page, of many row by row; see FULL_PAGE",
    **dict.fromkeys(("conflicts/q", "documents/q"), "a page is full after more rows or fewer, of a bounded number"),
    "flows/item": "flows are not added up by item, since a shipment of two counts once where they are together",
}

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def measured(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[dict[Cell, str], dict[Cell, list[Cost]]]]:
    """What is asked, and what each question costs at each size."""
    with own_database(django_db_blocker) as patch:
        # Fewer rows than there are at the smaller size.
        patch.setattr(pages, "LOOKED_THROUGH", 100)
        patch.setattr(pages, "AT_ONCE", 50)
        patch.setattr(searching, "FEW", 20)
        partner = make_partner(scopes=ALL_SCOPES)
        readers = {"a public reader": make_partner(clearance=Marking.CLEAR), "an analyst": make_analyst()}
        assert partner.key
        base = make(partner.key)
        asked = questions()
        found: defaultdict[Cell, list[Cost]] = defaultdict(list)
        for rare in at_each_size(base):
            asked |= rare_questions(rare)
            for (path, question), query in asked.items():
                found[path, question].append(cost_of_asking(partner.get, query))
                # Page by page a list is read in each of its orders.
                is_walked = not question or question.startswith("ordering")
                if is_walked and (following := partner.get(query).json().get("next")):
                    found[path, f"{question} next page"].append(cost_of_asking(partner.get, following))
                # An analyst has no key to be told of.
                if not question and not path.startswith((OWN, "key/", *LIKE_SHIPMENTS)):
                    for who, reader in readers.items():
                        found[path, who].append(cost_of_asking(reader.get, query))
        yield asked, found


@pytest.fixture
def costs(measured: tuple[dict[Cell, str], dict[Cell, list[Cost]]]) -> dict[Cell, list[Cost]]:
    """What each question costs at each size."""
    return measured[1]


def test_a_full_page_of_shipments_and_one_of_them_touch_few_pages(costs: dict[Cell, list[Cost]]) -> None:
    touched = [costs["shipments/", "a full page"][-1].pages, costs["shipments/SHP-00000000/", ""][-1].pages]
    assert touched[0] <= FULL_PAGE, touched
    assert touched[1] <= DETAIL, touched


def test_a_detail_finds_by_hash_what_would_else_be_found_by_more_pages_the_more_there_is(
    costs: dict[Cell, list[Cost]],
) -> None:
    for path in ("shipments/SHP-00000000/", "shipments/SHP-00000000/timeline/"):
        for cost in costs[path, ""]:
            assert cost.by >= BY_HASH[path], (path, cost.by)


def test_every_address_and_parameter_is_asked_for(costs: dict[Cell, list[Cost]]) -> None:
    assert len(costs) > 200
    assert {path for path, _ in costs} == {path for path, _ in views()}


def test_every_filter_and_order_of_the_openapi_document_is_asked_for(
    measured: tuple[dict[Cell, str], dict[Cell, list[Cost]]],
) -> None:
    taken: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for (path, _), address in measured[0].items():
        said = parse_qsl(urlsplit(address).query)
        taken[path] |= {pair for name, value in said for pair in ((name, ""), (name, value))}
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    missing = []
    for template, operations in document["paths"].items():
        path = template.removeprefix("/api/v1/").format(**WORDS)
        if path.startswith(LIKE_SHIPMENTS):
            path = "shipments/" + path.partition("/")[2]
        for parameter in operations.get("get", {}).get("parameters", ()):
            if parameter["in"] != "query" or (name := parameter["name"]) in PAGING:
                continue
            orders = parameter["schema"]["enum"] if name == "ordering" else [""]
            missing += [f"{path}?{name}={each}" for each in orders if (name, each) not in taken[path]]
    assert not missing, missing


def test_what_a_read_touches_walks_and_sorts_is_the_same_when_ten_times_as_much_is_stored(
    costs: dict[Cell, list[Cost]],
) -> None:
    growing = {cell: faults for cell, (few, many) in costs.items() if (faults := many.faults(few, GROWING))}
    told = {
        f"{path} {question}: {'; '.join(faults)}"
        for (path, question), faults in growing.items()
        if not {name := question.removeprefix("rare ").partition("=")[0], f"{path}{name}"} & FILTERS.keys()
    }
    assert not told, "\n".join(sorted(told))
