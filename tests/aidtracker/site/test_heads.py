"""What a page is headed by, and the way past the navigation."""

import pytest

from actors.factories import PartnerKeyFactory
from shipments.factories import ShipmentFactory
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db


def test_what_is_asked_before_an_act_is_headed_by_what_it_is_done_to() -> None:
    shipment, key = ShipmentFactory(title="Flight of May"), PartnerKeyFactory()
    operator = signed_in(operator=True)
    for row, act in ((shipment, "decide"), (key, "revoke")):
        head = operator.get(page_of(row).replace("/change/", f"/{act}/")).text.partition("</h1>")[0]
        assert page_of(row) in head
    assert key.prefix in operator.get(page_of(key).replace("/change/", "/revoke/")).text.partition("<form")[0]


def test_the_first_link_of_a_page_leads_past_the_navigation() -> None:
    for where in ("/admin/", "/admin/shipments/shipment/", page_of(ShipmentFactory())):
        page = signed_in().get(where).text
        first = page.partition("<body")[2].partition("<a ")[2]
        assert first.partition(">")[0].endswith('href="#content"')
        assert 'id="content"' in page
