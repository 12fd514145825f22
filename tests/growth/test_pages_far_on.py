"""Pages that touch what others do: far on in a list that is joined to the table of all subjects, and of the past."""

from urllib.parse import parse_qs, urlsplit

import pytest

from shipments.factories import ContactFactory
from shipments.models import Contact
from tests.growth.base import superuser
from tests.growth.plans import GROWTH, cost_of, statements
from tests.people import Caller, make_partner
from tests.servers import addresses

MANY = 4_000
COPIES = """
WITH copies AS (
    INSERT INTO shipments_subject
    SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'reference', 'CTC-' || n))).*
      FROM shipments_subject AS one, generate_series(1, %(many)s) AS n WHERE one.id = %(one)s RETURNING id)
INSERT INTO shipments_contact
SELECT (jsonb_populate_record(one, jsonb_build_object('subject_id', copies.id))).*
  FROM shipments_contact AS one, copies WHERE one.subject_id = %(one)s
"""


# Few enough to be found first, and none where those lie that began at the same time.
FEW = 1_800
BEGUN_BY_AND_BY = "UPDATE shipments_subject SET created_at = created_at - random() * interval '1 year'"


def _touched(reader: Caller, query: str) -> tuple[int, str | None]:
    """The pages that a page of the list touches, with nothing read beside it, and the cursor of the next."""
    with statements() as found:
        answer = reader.get(f"contacts/?form=call&fields=reference&{query}").json()
    cursor = parse_qs(urlsplit(answer["next"] or "").query).get("cursor", [None])[0]
    return cost_of(found).pages, cursor


@pytest.mark.usefixtures("committed_db")
def test_a_page_far_on_touches_no_more_than_the_first_however_many_are_before_it() -> None:
    reader, one = make_partner(), ContactFactory(form=Contact.Form.CALL)
    with superuser(addresses().superuser_url(addresses().database)) as connection:
        connection.execute(COPIES, {"many": MANY, "one": one.pk})
        connection.execute("VACUUM (ANALYZE)")
    first, _ = _touched(reader, "limit=100")
    cursor = None
    for _ in range(MANY // 100 - 2):
        _, cursor = _touched(reader, f"limit=100&cursor={cursor}" if cursor else "limit=100")
    far, _ = _touched(reader, f"limit=100&cursor={cursor}")
    assert far <= first * GROWTH, (first, far)


@pytest.mark.usefixtures("committed_db")
def test_a_page_of_a_past_moment_touches_few_pages_more_where_few_were_known_by_then() -> None:
    reader, one = make_partner(), ContactFactory(form=Contact.Form.CALL)
    with superuser(addresses().superuser_url(addresses().database)) as connection:
        # What is not on disk yet is not marked as visible to all, and an index would not do without its rows.
        connection.execute("SET synchronous_commit = on")
        connection.execute(COPIES, {"many": FEW, "one": one.pk})
        connection.execute(BEGUN_BY_AND_BY)
        connection.execute("VACUUM (ANALYZE)")
    now, _ = _touched(reader, "limit=100")
    past, _ = _touched(reader, "limit=100&known_at=2099-01-01")
    assert past <= 2 * now, (now, past)
