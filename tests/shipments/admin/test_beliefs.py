"""What we believe, in the admin's lists."""

import pytest

from shipments.factories import FindingFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"label": "yes"}, "50"),
        ({"leading": "yes", "state": "contested"}, "50"),
        ({"state": "denied"}, None),
        ({"leading": "at most 150 t", "state": "unknown"}, None),
        ({"kind": "subject", "attribute": "status", "leading": "arrived"}, None),
    ],
)
def test_a_finding_of_nothing_shows_no_confidence(said, shown):
    FindingFactory(**{"kind": "milestone", "attribute": "arrived", "label": "", "leading": "", **said}, confidence=500)
    page = signed_in().get("/admin/shipments/finding/")
    assert page.status_code == 200
    assert (f"{shown}\N{NO-BREAK SPACE}%" in page.text) == bool(shown)


def test_the_moment_of_a_figure_is_told_in_words():
    FindingFactory(as_of="2022-05-16T00:00:00+00:00", label="56 people")
    FindingFactory(as_of="2022-05-16T18:00:00+09:00", label="62 people")
    said = signed_in().get("/admin/shipments/finding/").text
    assert "16 May 2022<" in said.replace(" <", "<")
    assert "16 May 2022 09:00 UTC" in said
    assert "2022-05-16T" not in said
