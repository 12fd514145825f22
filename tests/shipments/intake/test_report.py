"""What a report may look like, and what is said of one that does not."""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shipments.intake import report
from shipments.intake.draft import Invalid, Occurred, Pointer, ReportDraft
from shipments.intake.plainly import read_line
from shipments.intake.report import parse_report

NOW = datetime(2022, 6, 1, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "source": "yonhap",
    "event_id": "yna-1",
    "subject": "SHP-7K2M9QXD",
    "code": "departed",
    "occurred": "2022-05-16T09:00:00+09:00",
    "asserted_at": "2022-05-17T10:00:00+09:00",
}


@pytest.fixture(autouse=True, params=["at once where plain", "as a line", "the long way"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every story here is told to every reader of reports: they must agree on all of it."""
    if request.param == "as a line":
        monkeypatch.setattr(sys.modules[__name__], "parse_report", _through_a_line)
    if request.param == "the long way":
        monkeypatch.setattr("shipments.intake.report.plainly_right", lambda *_, **__: None)
    return str(request.param)


def _through_a_line(data: object, **options: Any) -> ReportDraft:
    try:
        line = json.dumps(data).encode()
    except (TypeError, ValueError, RecursionError):  # what files and forms hold, and JSON does not
        return report.parse_report(data, **options)
    return report.parse_report(read_line(line) or data, **options)


def faults(data: object, **options: Any) -> dict[str, str]:
    """Pointer -> code of every problem."""
    with pytest.raises(Invalid) as caught:
        parse_report(data, **{"now": NOW, **options})
    return {problem.pointer: problem.code for problem in caught.value.problems}


def with_value(value: object) -> dict[str, Any]:
    return {**GOOD, "facts": [{"attribute": "cargo", "value": value}]}


def test_plain_report_is_read_whole() -> None:
    draft = parse_report(GOOD, now=NOW)
    assert (draft.source, draft.event_id, draft.subject) == ("yonhap", "yna-1", "SHP-7K2M9QXD")
    assert (draft.code, draft.code_scheme, draft.kind) == ("departed", "aidtracker", "observe")
    moment = datetime(2022, 5, 16, 0, 0, tzinfo=UTC)
    assert draft.occurred == Occurred(earliest=moment, latest=moment)
    assert draft.asserted_at == datetime(2022, 5, 17, 1, tzinfo=UTC)


def test_partner_may_leave_its_own_source_out() -> None:
    without = {name: value for name, value in GOOD.items() if name != "source"}
    assert parse_report(without, source="wfp-lss").source == "wfp-lss"
    assert faults(without) == {"/source": "incomplete"}


def test_whole_number_may_be_written_with_a_point() -> None:
    assert parse_report({**GOOD, "credibility": Decimal("2.0")}).credibility == 2


@pytest.mark.parametrize(
    ("said", "first", "last", "precision"),
    [
        ("2022-05-16", "2022-05-16T00:00:00", "2022-05-16T23:59:59.999999", "day"),
        ("2022-02", "2022-02-01T00:00:00", "2022-02-28T23:59:59.999999", "month"),
        ("2022", "2022-01-01T00:00:00", "2022-12-31T23:59:59.999999", "year"),
        ("2022-05-16T09:30Z", "2022-05-16T09:30:00", "2022-05-16T09:30:59.999999", "minute"),
        (date(2022, 5, 16), "2022-05-16T00:00:00", "2022-05-16T23:59:59.999999", "day"),
        ({"from": "2022-05-16", "to": "2022-05-17"}, "2022-05-16T00:00:00", "2022-05-17T23:59:59.999999", "range"),
    ],
)
def test_time_is_kept_as_finely_as_it_was_said(said: object, first: str, last: str, precision: str) -> None:
    occurred = parse_report({**GOOD, "occurred": said}, now=NOW).occurred
    assert occurred == Occurred(
        earliest=datetime.fromisoformat(first).replace(tzinfo=UTC),
        latest=datetime.fromisoformat(last).replace(tzinfo=UTC),
        precision=precision,
    )


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("2024-03-31T02:30:00", "timezone_required"),
        (datetime(2022, 5, 16, 9), "timezone_required"),
        ("0000-05-16", "implausible_time"),
        ("1066-10-14", "implausible_time"),
        ("2999-01-01", "implausible_time"),
        ("9999-12-31T23:59:59-14:00", "implausible_time"),
        ("0001-01-01T00:00:00+14:00", "implausible_time"),
        ("2022-05-16T23:59:60Z", "invalid_time"),
        ("2022-05-16T09:00:00+24:00", "invalid_time"),
        ("2022-05-16T09:00:00+09:75", "invalid_time"),
        ("2022-02-30", "invalid_time"),
        ("2022-W20-1", "invalid_time"),
        ("16/05/2022", "invalid_time"),
        ("٢٠٢٢-٠٥-١٦", "invalid_time"),
        ("2022-05-16T09:00:00.1234567Z", "too_precise"),
        (" 2022-05-16", "invalid_time"),
        ("", "invalid_time"),
        (20220516, "string_required"),
        (True, "string_required"),
        ([], "string_required"),
    ],
)
def test_bad_time_is_named(said: object, code: str) -> None:
    assert faults({**GOOD, "occurred": said}) == {"/occurred": code}


@pytest.mark.parametrize("said", ["2022-05-17", "2022-05", "2022"])
def test_a_day_is_no_moment_of_speaking(said: str) -> None:
    assert faults({**GOOD, "asserted_at": said}) == {"/asserted_at": "invalid_time"}


def test_plausible_years_end_ten_years_after_the_given_now() -> None:
    assert parse_report({**GOOD, "occurred": "2032"}, now=NOW)
    assert faults({**GOOD, "occurred": "2033"}) == {"/occurred": "implausible_time"}
    assert parse_report({**GOOD, "occurred": "2033"})


def test_nobody_has_spoken_tomorrow() -> None:
    late = (NOW + timedelta(hours=24)).isoformat()
    later = (NOW + timedelta(hours=24, seconds=1)).isoformat()
    assert parse_report({**GOOD, "asserted_at": late}, now=NOW)
    assert faults({**GOOD, "asserted_at": later}) == {"/asserted_at": "future_time"}


def test_every_problem_is_told_at_once() -> None:
    assert faults(
        {
            **GOOD,
            "kind": "observed",
            "credibility": 7,
            "flags": {"delyed": True, "missing": "yes"},
            "cites": [{"source": "kbs"}, {"evnt_id": "5"}],
            "occurred": {"from": "2022-05-17", "to": "2022-05-16"},
            "facts": [{"attribute": "cargo", "value": {"text": 5}}, {"value": {"unit": "t", "low": "-1"}}],
            "bogus": 1,
            "status": "delivered",
        }
    ) == {
        "/kind": "unknown_word",
        "/credibility": "out_of_range",
        "/flags/delyed": "unknown_flag",
        "/flags/missing": "boolean_required",
        "/cites/1/evnt_id": "unknown_field",
        "/occurred/from": "ends_before_it_begins",
        "/occurred/to": "ends_before_it_begins",
        "/facts/0/value/text": "string_required",
        "/facts/1/attribute": "required",
        "/facts/1/value/low": "must_be_positive",
        "/bogus": "unknown_field",
        "/status": "read_only_field",
    }


@pytest.mark.parametrize(
    ("field", "value", "meant"),
    [
        ("asserted", "2022-05-17T10:00:00Z", "asserted_at"),
        ("subjct", "x", "subject"),
        ("Marking", "RED", "marking"),
    ],
)
def test_mistyped_field_is_met_with_what_was_meant(field: str, value: str, meant: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_report({**GOOD, field: value}, now=NOW)
    (problem,) = caught.value.problems
    assert problem.code == "unknown_field"
    assert f"Did you mean {meant}? One of source, " in problem.detail


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ({"value": "5", "unit": "TNE"}, "low, high, qualifier, measure, unit, basis"),
        ({"value": "5", "currency": "USD"}, "low, high, qualifier, measure, currency"),
        ({"value": "x", "text": "x"}, "text"),
        ({"value": "x", "from": "2022-05-17", "to": "2022-05-17"}, "from, to, precision"),
    ],
)
def test_a_field_that_is_not_there_is_met_with_those_that_are(value: dict[str, str], taken: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_report({**GOOD, "facts": [{"attribute": "quantity", "value": value}]}, now=NOW)
    (problem,) = caught.value.problems
    assert problem.pointer == "/facts/0/value/value"
    assert problem.detail == f"No such field: value. One of {taken}."


@pytest.mark.parametrize("data", [None, [], "report", 5, True, [GOOD]])
def test_what_is_no_object_is_no_report(data: object) -> None:
    assert faults(data) == {"": "object_required"}


@pytest.mark.parametrize("where", ["subject", "event_id", "quote", "leg"])
@pytest.mark.parametrize(
    ("text", "code"),
    [("a\x00b", "null_character"), ("\ud800", "invalid_unicode"), ("\u200b\u202e", "blank_after_normalisation")],
)
def test_text_that_nobody_can_read_is_refused(where: str, text: str, code: str) -> None:
    assert faults({**GOOD, where: text}) == {f"/{where}": code}


@pytest.mark.parametrize("text", ["a\x00b", "\udfff"])
def test_the_senders_own_message_is_looked_through_as_well(text: str) -> None:
    assert set(faults({**GOOD, "raw": {"a": [{"b/c": text}]}})) == {"/raw/a/0/b~1c"}
    assert len(faults({**GOOD, "raw": {text: 1}})) == 1


def test_deep_nesting_is_refused_without_recursion() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert list(faults({**GOOD, "raw": {"deep": deep}}).values()) == ["too_deep"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (10**40, "number_too_long"),
        pytest.param(10**5000, "number_too_long", id="5,000 digits"),
        (Decimal("NaN"), "invalid_number"),
        (float("inf"), "invalid_number"),
        (Decimal("1e400"), "number_loses_digits"),
        (Decimal("123456789012345678.12"), "number_loses_digits"),
    ],
)
def test_number_that_would_be_stored_otherwise_is_refused(number: object, code: str) -> None:
    assert faults({**GOOD, "raw": {"n": number}}) == {"/raw/n": code}


def test_the_senders_own_message_is_kept_as_it_was() -> None:
    raw = {"flight": "JS 151", "cargo": [{"t": Decimal("9.5")}, None, True]}
    kept = parse_report({**GOOD, "raw": raw}, now=NOW).raw
    assert json.dumps(kept) == '{"flight": "JS 151", "cargo": [{"t": 9.5}, null, true]}'


def test_overrides_of_reading_direction_are_taken_out_of_quotes_and_not_allowed_in_names() -> None:
    assert parse_report({**GOOD, "quote": "50\u202et arrived"}, now=NOW).quote == "50t arrived"
    assert faults({**GOOD, "subject": "SHP-\u202eX"}) == {"/subject": "invalid_character"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"low": "9", "high": "9", "unit": "t"}, {"low": "9", "high": "9", "qualifier": "exact"}),
        ({"low": 9, "high": 9, "unit": "t"}, {"low": "9", "high": "9", "qualifier": "exact"}),
        ({"high": "150", "unit": "t"}, {"low": None, "high": "150", "qualifier": "up_to"}),
        ({"low": "9.5", "unit": "t"}, {"low": "9.5", "high": None, "qualifier": "at_least"}),
        ({"low": "1", "high": "2.0", "unit": "t"}, {"low": "1", "high": "2.0", "qualifier": "range"}),
        ({"low": "9", "high": "9", "unit": "t", "qualifier": "about"}, {"low": "9", "high": "9", "qualifier": "about"}),
        ({"unit": "t", "qualifier": "unknown"}, {"low": None, "high": None, "qualifier": "unknown"}),
    ],
)
def test_quantity_keeps_its_digits_and_says_what_it_is(said: dict[str, Any], kept: dict[str, Any]) -> None:
    (fact,) = parse_report(with_value(said), now=NOW).facts
    assert fact.value == {**kept, "unit": "t", "basis": "reported"}


def test_money_keeps_its_digits() -> None:
    said = {"low": "123456789012345678.12", "high": "123456789012345678.12", "currency": "USD"}
    (fact,) = parse_report(with_value(said), now=NOW).facts
    assert fact.value == {**said, "qualifier": "exact"}


def test_time_as_a_value_is_kept_with_its_ends() -> None:
    (fact,) = parse_report(with_value({"from": "2022-05-16", "to": "2022-05-16"}), now=NOW).facts
    assert fact.value == {
        "from": "2022-05-16T00:00:00+00:00",
        "to": "2022-05-16T23:59:59.999999+00:00",
        "precision": "range",
    }


@pytest.mark.parametrize(
    ("low", "code"),
    [
        (-1, "must_be_positive"),
        ("-1", "must_be_positive"),
        ("-0", "must_be_positive"),
        ("1_000", "invalid_amount"),
        ("1,000.00", "invalid_amount"),
        ("1e2", "invalid_amount"),
        ("1E+30", "invalid_amount"),
        ("NaN", "invalid_amount"),
        ("sNaN", "invalid_amount"),
        ("Infinity", "invalid_amount"),
        ("007", "invalid_amount"),
        (" 1", "invalid_amount"),
        ("+1", "invalid_amount"),
        ("１", "invalid_amount"),
        ("", "invalid_amount"),
        ("9" * 19, "number_too_long"),
        ("1.1234567", "number_too_long"),
        (Decimal("9.5"), "number_not_exact"),
        (9.5, "number_not_exact"),
        (True, "string_required"),
        ([], "string_required"),
        ({}, "string_required"),
    ],
)
def test_bad_amount_is_named(low: object, code: str) -> None:
    assert faults(with_value({"low": low, "unit": "t"})) == {"/facts/0/value/low": code}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"low": 5, "currency": "USD"}, {"/low": "money_must_be_string"}),
        ({"low": Decimal("0.3"), "currency": "USD"}, {"/low": "money_must_be_string"}),
        ({"low": "-5", "currency": "USD"}, {"/low": "must_be_positive"}),
        ({"low": "0.301", "currency": "USD"}, {"/low": "too_fine"}),
        ({"low": "5.00", "currency": "JPY"}, {"/low": "too_fine"}),
        *[
            ({"low": "5", "currency": code}, {"/currency": "currency"})
            for code in ("usd", "€", "DEM", "XXX", "", "USDT")
        ],
        ({"low": "5", "currency": None}, {"/currency": "string_required"}),
        ({"currency": "USD"}, {"": "says_nothing"}),
        (
            {"unit": "t", "low": "5", "high": "4"},
            {"/low": "ends_before_it_begins", "/high": "ends_before_it_begins"},
        ),
        (
            {"unit": "t", "low": "5", "high": "6", "qualifier": "exact"},
            dict.fromkeys(["/low", "/high"], "contradiction"),
        ),
        ({"from": "2022-05-17", "to": "2022-05-16"}, dict.fromkeys(["/from", "/to"], "ends_before_it_begins")),
        ({"from": "2022-05-17"}, {"/to": "required"}),
        ({"text": "x", "code": "y"}, {"/code": "unknown_field"}),
        ({}, {"": "unknown_value_form"}),
        ("nine", {"": "unknown_value_form"}),
        (None, {"": "unknown_value_form"}),
    ],
)
def test_bad_value_is_named(value: object, problem: dict[str, str]) -> None:
    assert faults(with_value(value)) == {f"/facts/0/value{where}": code for where, code in problem.items()}


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        ({"code": None}, {"": "says_nothing"}),
        ({"code": None, "code_scheme": "iata-fsu", "flags": {"delayed": True}}, {"/code": "incomplete"}),
        ({"target": {"event_id": "yna-0"}}, {"/target": "target_not_allowed"}),
        ({"kind": "correct"}, {"/target": "incomplete"}),
        ({"kind": "retract", "code": None}, {"/target": "incomplete"}),
        ({"kind": "retract", "target": {"event_id": "yna-0"}}, {"/code": "content_not_allowed"}),
        ({"kind": "decide"}, {"/kind": "unknown_word"}),
        ({"cites": [{"event_id": "yna-0"}]}, {"/cites/0": "incomplete"}),
        ({"marking": True}, {"/marking": "unknown_word"}),
        ({"marking": None}, {"/marking": "unknown_word"}),
        ({"event_id": 5}, {"/event_id": "string_required"}),
        ({"event_id": ""}, {"/event_id": "blank"}),
        ({"quote": "x" * 20_001}, {"/quote": "too_long"}),
        ({"language": "korean language"}, {"/language": "too_long"}),
        ({"language": "한국어"}, {"/language": "invalid_format"}),
        ({"cites": [{}] * 101}, {"/cites": "too_many"}),
        ({"credibility": True}, {"/credibility": "integer_required"}),
        ({"credibility": Decimal("2.5")}, {"/credibility": "integer_required"}),
        ({"credibility": 2**63}, {"/credibility": "out_of_range"}),
        ({"flags": []}, {"/flags": "object_required"}),
        ({"facts": {}}, {"/facts": "array_required"}),
        ({"raw": []}, {"/raw": "object_required"}),
        ({"interested": False}, {"/interested": "read_only_field"}),
        ({"received_at": "2022-05-17T00:00:00Z"}, {"/received_at": "read_only_field"}),
    ],
)
def test_senseless_report_is_named(change: dict[str, Any], problems: dict[str, str]) -> None:
    assert faults({**GOOD, **change}) == problems


def test_retraction_points_at_its_own_source_unless_told_otherwise() -> None:
    said = {name: GOOD[name] for name in ("source", "subject", "asserted_at")}
    draft = parse_report({**said, "kind": "retract", "target": {"event_id": "yna-0"}}, now=NOW)
    assert draft.target == Pointer(source="yonhap", event_id="yna-0")


def test_citation_of_nobody_named_is_kept() -> None:
    cites = [{"source": "kbs"}, {"source": "kbs", "event_id": "k-1"}, {}]
    draft = parse_report({**GOOD, "cites": cites}, now=NOW)
    assert draft.cites == (Pointer(source="kbs"), Pointer(source="kbs", event_id="k-1"), Pointer())


def test_echo_of_a_bad_value_is_short_and_clean() -> None:
    with pytest.raises(Invalid) as caught:
        parse_report({**GOOD, "kind": "x" * 5000, "y\n\u202e" * 50: 1}, now=NOW)
    for problem in caught.value.problems:
        assert len(problem.detail) < 400
        assert len(problem.pointer) < 80
        assert problem.detail.isprintable()
        assert problem.pointer.isprintable()
