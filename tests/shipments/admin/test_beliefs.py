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
