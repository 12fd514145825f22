"""Every named bad body against every place of a report that it applies to: 4xx, a problem, nothing stored."""

import json
from typing import Any

import pytest

from shipments.models import Report
from tests.people import code_of

pytestmark = pytest.mark.django_db
GOOD: dict[str, Any] = {
    "event_id": "e-1",
    "subject": "SHP-00000000",
    "code": "departed",
    "asserted_at": "2022-05-16T11:30:00+09:00",
}
TEXTS = {
    "event_id": lambda text: {"event_id": text},
    "subject": lambda text: {"subject": text},
    "source": lambda text: {"source": text},
    "leg": lambda text: {"leg": text},
    "line": lambda text: {"line": text},
    "place": lambda text: {"place": text},
    "code": lambda text: {"code": text},
    "code_scheme": lambda text: {"code_scheme": text},
    "attributed_to": lambda text: {"attributed_to": text},
    "document": lambda text: {"document": text},
    "quote": lambda text: {"quote": text},
    "language": lambda text: {"language": text},
    "marking": lambda text: {"marking": text},
    "kind": lambda text: {"kind": text},
    "cites source": lambda text: {"cites": [{"source": text}]},
    "cites event": lambda text: {"cites": [{"source": "wire", "event_id": text}]},
    "target": lambda text: {"kind": "correct", "target": {"event_id": text}},
    "attribute": lambda text: {"facts": [{"attribute": text, "value": {"text": "x"}}]},
    "value text": lambda text: {"facts": [{"attribute": "cargo", "value": {"text": text}}]},
    "value unit": lambda text: {"facts": [{"attribute": "quantity", "value": {"unit": text, "low": "1"}}]},
    "value low": lambda text: {"facts": [{"attribute": "quantity", "value": {"unit": "TNE", "low": text}}]},
    "value currency": lambda text: {"facts": [{"attribute": "cost", "value": {"currency": text, "low": "1"}}]},
    "flag": lambda text: {"flags": {text: True}},
    "unknown field": lambda text: {text: 1},
    "raw": lambda text: {"raw": {"a": [text]}},
    "raw name": lambda text: {"raw": {text: 1}},
    "occurred": lambda text: {"occurred": text},
    "asserted_at": lambda text: {"asserted_at": text},
}
BAD_TEXTS = ["a\x00b", "\ud800", "\udc00x", "\x00", "\ud83d"]
HIDDEN_TEXTS = ["\u200b", "\u202e\u202c", "\ufeff", " ", "\u2800\u200d"[1:], "\x7f", "\t\n"]
FREE = {"raw", "raw name", "unknown field"}
BAD_TYPES = [5, 1.5, True, [], {}, [[]], {"a": 1}, "", 10**39]


@pytest.mark.parametrize("where", TEXTS)
def test_text_no_database_can_hold_is_refused_everywhere(partner, where):
    for text in BAD_TEXTS:
        refused(partner, {**GOOD, **TEXTS[where](text)}, {"null_character", "invalid_unicode"})


@pytest.mark.parametrize("where", sorted(TEXTS.keys() - FREE))
def test_text_that_nobody_sees_is_refused_everywhere(partner, where):
    for text in HIDDEN_TEXTS:
        refused(partner, {**GOOD, **TEXTS[where](text)})


@pytest.mark.parametrize("where", sorted(TEXTS.keys() - {"flag", "unknown field", "raw", "raw name"}))
def test_nothing_is_made_text_that_is_none(partner, where):
    for value in BAD_TYPES:
        if where == "value low" and isinstance(value, int) and value is not True and value < 10**18:
            continue  # a JSON integer is an amount
        refused(partner, {**GOOD, **TEXTS[where](value)})


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"5", b"true", b"{}", b"", b"[{}]"])
def test_what_is_no_report_is_refused(partner, body):
    refused(partner, body)


def test_long_text_is_refused_everywhere(partner):
    for where in TEXTS.keys() - {"raw", "raw name", "quote", "value text"}:
        refused(partner, {**GOOD, **TEXTS[where]("x" * 100_000)})


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-16",
        "application/json; charset=utf-7",
        "application/json; charset=bogus",
        "application/json; charset=idna",
        "application/xml",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "",
    ],
)
def test_only_json_in_utf8_is_read(partner, content_type):
    answer = partner.post("reports/", json.dumps(GOOD).encode(), content_type=content_type)
    assert answer.status_code == 415, answer.content
    assert code_of(answer) in ("unsupported_charset", "unsupported_media_type")
    assert not Report.objects.exists()


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
def test_encoded_bodies_are_not_inflated(partner, encoding):
    answer = partner.post("reports/", GOOD, **{"content-encoding": encoding})
    assert (answer.status_code, code_of(answer)) == (415, "unsupported_encoding")


def test_large_body_is_told_the_limit(partner):
    answer = partner.post("reports/", json.dumps({**GOOD, "quote": "x" * 6_000_000}).encode())
    assert (answer.status_code, code_of(answer)) == (413, "too_large")
    assert "5,242,880" in answer.json()["detail"]


def refused(partner: Any, body: Any, codes: set[str] | None = None) -> None:
    """4xx, as a problem that is short and clean, and nothing stored."""
    answer = partner.post("reports/", body)
    assert answer.status_code in (400, 422), (body, answer.content)
    code = code_of(answer)
    for fault in answer.json()["errors"]:
        assert len(fault["detail"]) < 400
        assert fault["detail"].isprintable()
    if codes:
        assert code in codes, answer.content
    assert not Report.objects.exists()


@pytest.mark.parametrize("path", ["reports/", "reports/batch/"])
def test_body_in_chunks_is_refused_and_not_read_as_empty(partner, path):
    for content_type in ("application/json", "application/x-ndjson"):
        answer = partner.post(path, b"", content_type=content_type, **{"transfer-encoding": "chunked"})
        assert (answer.status_code, code_of(answer)) == (411, "length_required")
