"""The compiled reader says yes to what is plainly right, gives the very draft of the long way, and never errs."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from shipments.intake import report
from shipments.intake.draft import Invalid, ReportDraft
from shipments.intake.forms import read_form
from shipments.intake.plainly import PlainReport, data_of, plainly_right, read_line
from shipments.intake.report import FLAGS, ReportIn, parse_report
from shipments.intake.times import Window

NOW = datetime(2022, 6, 1, 12, tzinfo=UTC)
WINDOW = Window(now=NOW)
WHOLE: dict[str, Any] = {
    "source": "yonhap",
    "event_id": "yna-1",
    "kind": "correct",
    "target": {"source": "yonhap", "event_id": "yna-0"},
    "subject": "awb:120-1234",
    "leg": "leg-1",
    "line": "item-1",
    "place": "평양",
    "code": "DEP",
    "code_scheme": "iata-fsu",
    "flags": {"delayed": True},
    "facts": [
        {"attribute": "quantity", "value": {"low": "9.5", "high": None, "unit": "TNE"}, "line": "item-1"},
        {"attribute": "eta", "value": {"from": "2022-05-16", "to": "2022-05-17"}, "as_of": "2022-05-16T09:00:00Z"},
        {"attribute": "cost", "value": {"low": "9.50", "currency": "USD"}},
        {"attribute": "cargo", "value": {"text": "masks"}},
    ],
    "polarity": "affirms",
    "time_class": "actual",
    "directness": "second_hand",
    "hedge": "apparent",
    "credibility": 2,
    "occurred": "2022-05-16T09:00:00+09:00",
    "asserted_at": "2022-05-17T10:00:00+09:00",
    "attributed_to": "ministry",
    "cites": [{}, {"source": "kcna"}, {"source": "kcna", "event_id": "k-1"}],
    "document": "DOC-1",
    "marking": "GREEN",
    "quote": "세 대의 비행기가\n떠났다.",
    "language": "ko",
    "raw": {"a": [1, {"b": None}]},
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 8),
    st.floats(allow_nan=True),
    st.text(max_size=5),
    st.sampled_from(
        ["", " x", "x ", "\x00", "\u202e", "\ud800", "\u3000", "2022", "2022-05-16T09:00Z", "2999-01-01", "RED", "own"]
    ),
    st.just({}),
    st.just([]),
    st.just("x" * 201),
)


def at_once(said: object) -> ReportDraft | None:
    return plainly_right(said, source="", window=WINDOW, flags=FLAGS)


def form_of(said: object) -> ReportIn:
    return read_form(ReportIn, said, now=NOW)


def the_long_way(said: object) -> ReportDraft | None:
    try:
        return report._draft(form_of(said), "")
    except Invalid:
        return None


def test_both_readers_have_the_same_fields() -> None:
    assert set(PlainReport.__struct_fields__) == set(ReportIn.model_fields)
    defaults = {name for name, field in ReportIn.model_fields.items() if not field.is_required()}
    said = PlainReport(subject="x", asserted_at="")
    assert {name for name in PlainReport.__struct_fields__ if getattr(said, name) is UNSET} == defaults
    least = {"source": "x", "subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "code": "departed"}
    assert at_once(least) == the_long_way(least) is not None


@pytest.mark.parametrize("left_out", [(), ("raw",), ("facts", "flags"), ("target", "kind"), ("quote", "language")])
def test_what_is_plainly_right_is_read_at_once_and_alike(left_out: tuple[str, ...]) -> None:
    said = {name: value for name, value in WHOLE.items() if name not in left_out}
    assert at_once(said) == the_long_way(said) is not None


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_it_never_says_yes_where_the_long_way_says_no_or_something_else(data: st.DataObject) -> None:
    said: Any = copy.deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(_places(said)))
        inner = said
        for part in place[:-1]:
            inner = inner[part]
        if isinstance(inner, dict) and data.draw(st.booleans()):
            inner.pop(place[-1], None)
        else:
            inner[place[-1]] = data.draw(ODD)
    found = at_once(said)
    if found is not None:
        assert found == the_long_way(said)
    line = read_line(json.dumps(said).encode())
    if line is not None:
        assert at_once(line) == found
        assert form_of(data_of(line)) == form_of(said) if found else data_of(line) == said


@pytest.mark.parametrize(
    "line",
    [
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "code": "departed", "code": "arrived"}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "flags": {"delayed": true, "delayed": false}}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "cites": [{"source": "a", "source": "b"}]}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "target": {"event_id": "a", "event_id": "b"}}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "code": "departed", "code" : "arrived"}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "code": "departed", "code"\t: "arrived"}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "code": "departed", "code"\r: "arrived"}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "code": "departed", "code": "\\u003A"}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "code": "a", "code": "b", "quote": "c\\u003ad"}',
        b'{"subject": "x", "asserted_at": "2022-05-16", "facts": [{"attribute": "a", "value": {}, "value": {}}]}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "raw": {"a": 1.5}}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "credibility": 2.0}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z", "credibility": 2e0}',
        b'{"subject": "\\ud800", "asserted_at": "2022-05-16T09:00:00Z"}',
        b'{"subject": "\xff", "asserted_at": "2022-05-16T09:00:00Z"}',
        b'{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z"} {}',
        b'\xef\xbb\xbf{"subject": "x", "asserted_at": "2022-05-16T09:00:00Z"}',
    ],
)
def test_line_that_could_be_read_in_two_ways_is_in_doubt(line: bytes) -> None:
    assert read_line(line) is None


@pytest.mark.parametrize("quote", [r"said: \"no\": twice", r"\ud3c9\uc591:", "평양:", r"\u003c"])
def test_line_is_read_at_once_whatever_its_strings_have_and_wherever_spaces_stand(quote: str) -> None:
    line = f'{{ "subject" : "awb:120-1234"\t,"asserted_at"\r:"2022-05-16T09:00:00Z", "quote":"{quote}","code": "a"}}'
    said = read_line(line.encode())
    assert said is not None
    assert said.quote == json.loads(line)["quote"]


def _places(said: Any, *before: Any) -> list[tuple[Any, ...]]:
    items = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    return [found for name, value in items for found in [(*before, name), *_places(value, *before, name)]]


def test_problems_are_told_by_the_long_way_alone() -> None:
    with pytest.raises(Invalid) as caught:
        parse_report({**WHOLE, "credibility": 7, "leg": " "}, now=NOW)
    assert {problem.pointer for problem in caught.value.problems} == {"/credibility", "/leg"}
