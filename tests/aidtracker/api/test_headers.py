"""What every answer has beside its body: an id, and for HEAD all that GET has."""

import pytest

from shipments.factories import PictureFactory, ShipmentFactory

pytestmark = pytest.mark.django_db
# These are of the one request alone.
OWN = {"RateLimit", "RateLimit-Policy", "X-Request-ID"}


def test_every_answer_has_its_id(partner, stranger):
    answers = [
        partner.get("shipments/"),
        partner.get("shipments/", "bogus=1"),
        partner.post("reports/", {}),
        partner.get("nothing/"),
        stranger.get("shipments/"),
        partner.post("reports/", b"", **{"transfer-encoding": "chunked"}),
        partner.get("shipments/", host="evil.example"),
        stranger.get("docs/"),
    ]
    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert len(set(ids)) == len(answers)
    assert {len(one) for one in ids} == {36}
    assert [answer.json()["request_id"] for answer in answers[1:-1]] == ids[1:-1]
    assert "X-Request-ID" not in partner.client.get("/healthz").headers


@pytest.mark.parametrize("path", ["shipments/", "shipments/{}/", "shipments/{}/timeline/", "changes/?after=latest"])
def test_head_has_what_get_has_but_the_body(partner, path):
    shipment = ShipmentFactory()
    PictureFactory(subject=shipment.subject)
    path = path.format(shipment.reference)
    asked = partner.get(path)
    headers = {name: value for name, value in asked.headers.items() if name not in OWN}
    told = partner.client.head(f"/api/v1/{path}", headers=partner.headers)
    assert (told.status_code, told.content) == (200, b"")
    assert {name: value for name, value in told.headers.items() if name not in OWN} == headers
    assert headers["ETag"]
    known = {**partner.headers, "if-none-match": headers["ETag"]}
    assert partner.client.head(f"/api/v1/{path}", headers=known).status_code == 304
