"""The bare way to read: WSGI and psycopg, the rows of a page by three statements, and the document as JSON.

The document is one that ours has answered (BARE_DOCUMENTS names a directory): the same bytes are encoded again for
every request. No rights, no framework, no serializer: what any program in this language has to do.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from psycopg_pool import ConnectionPool

POOL = ConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=4, open=False)
PAGE = """
SELECT subject.id, subject.reference, title, marking, created_at, mode, recipient_id, carrier_id, destination_id,
       picture.version, known_from, status, state, confidence, origins, unresolved, picture.leading, contested,
       timeline, legs, planned, alternatives
  FROM shipments_subject AS subject JOIN shipments_shipment AS shipment ON shipment.subject_id = subject.id
  LEFT JOIN shipments_picture AS picture ON picture.subject_id = subject.id AND known_to IS NULL AND tier = 0
 WHERE kind = 'shipment' AND marking = 0 AND {where}
 ORDER BY subject.id LIMIT 101
"""
LIST = PAGE.format(where="subject.id > %s")
DETAIL = PAGE.format(where="subject.reference = %s")
PLAN = """
SELECT leg.shipment_id, key, sequence, flight_number, vehicle, planned_departure, planned_arrival, origin_id,
       destination_id
  FROM shipments_leg AS leg WHERE shipment_id = ANY(%s)
"""
FINDINGS = """
SELECT subject_id, kind, attribute, leg, line, as_of, value, label, low, high, state, confidence, origins, unresolved,
       finding.leading, because, alternatives
  FROM shipments_finding AS finding WHERE subject_id = ANY(%s) AND known_to IS NULL AND tier = 0
"""
FIRST = "00000000-0000-0000-0000-000000000000"
DOCUMENTS: dict[str, Any] = {}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer /list/ and /detail/REFERENCE/."""
    kind, _, reference = environ["PATH_INFO"].strip("/").partition("/")
    if not DOCUMENTS:
        POOL.open()
        for path in Path(os.environ["BARE_DOCUMENTS"]).glob("*.json"):
            DOCUMENTS[path.stem] = json.loads(path.read_bytes())
    if kind not in DOCUMENTS:
        start_response("404 Not Found", [])
        return [b""]
    with POOL.connection() as connection:
        if kind == "detail":
            rows = connection.execute(DETAIL, [reference]).fetchall()
        else:
            rows = connection.execute(LIST, [FIRST]).fetchall()
        ids = [row[0] for row in rows]
        connection.execute(PLAN, [ids]).fetchall()
        connection.execute(FINDINGS, [ids]).fetchall()
    body = json.dumps(DOCUMENTS[kind], ensure_ascii=False, separators=(",", ":")).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
