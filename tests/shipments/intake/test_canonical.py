"""What makes two reports the same has one form of bytes, and keeps it: reports are known by it for ever."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import assume, given
from hypothesis import strategies as st

from shipments.intake.canonical import content_hash
from shipments.intake.draft import FactDraft, Occurred, Pointer, ReportDraft

NOON = datetime(2022, 5, 16, 12, tzinfo=UTC)
SAID = ReportDraft.__struct_fields__
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def hash_of(said: dict[str, object]) -> bytes:
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


@given(quote=TEXT, name=TEXT.filter(bool))
def test_it_is_of_sorted_json_without_what_was_left_out(quote: str, name: str) -> None:
    draft = ReportDraft(
        source="left out",
        event_id="left out",
        raw={"left": "out"},
        subject=name,
        asserted_at=NOON.astimezone(timezone(timedelta(hours=9))),
        kind="correct",
        target=Pointer(source="kcna", event_id=name),
        flags={name: True, "delayed": False},
        facts=(FactDraft(attribute="quantity", value={"unit": name, "low": "1", "high": None}, as_of=NOON, line="1"),),
        cites=(Pointer(), Pointer(source="kcna")),
        credibility=2,
        occurred=Occurred(earliest=NOON, latest=NOON + timedelta(microseconds=5), precision="range"),
        quote=quote,
    )
    fact = {"attribute": "quantity", "as_of": "2022-05-16T12:00:00+00:00", "leg": "", "line": "1"}
    noon = "2022-05-16T12:00:00+00:00"
    said = {
        "subject": name,
        "asserted_at": noon,
        "kind": "correct",
        "target": {"source": "kcna", "event_id": name},
        "flags": {name: True, "delayed": False},
        "facts": [{**fact, "value": {"unit": name, "low": "1", "high": None}}],
        "cites": [{"source": "", "event_id": ""}, {"source": "kcna", "event_id": ""}],
        "credibility": 2,
        "occurred": {"earliest": noon, "latest": "2022-05-16T12:00:00.000005+00:00", "precision": "range"},
        "quote": quote,
    }
    assert content_hash(draft) == hash_of({key: value for key, value in said.items() if value != ""})


@given(moment=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))])))
def test_a_moment_has_the_form_that_it_always_had(moment: datetime) -> None:
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        assume(False)
    draft = ReportDraft(source="kcna", subject="awb:120-1", asserted_at=moment)
    assert content_hash(draft) == hash_of({"subject": "awb:120-1", "asserted_at": in_utc.isoformat()})


def test_what_is_said_as_it_would_have_been_taken_is_left_out() -> None:
    usual = {name: getattr(ReportDraft(source="kcna", subject="awb:120-1", asserted_at=NOON), name) for name in SAID}
    words = {name: bytes(value, "ascii").decode() for name, value in usual.items() if value and isinstance(value, str)}
    assert not any(value is usual[name] for name, value in words.items())
    said = ReportDraft(**{**usual, **words, "flags": dict[str, bool]()})
    assert content_hash(said) == hash_of({"subject": "awb:120-1", "asserted_at": "2022-05-16T12:00:00+00:00"})


def test_it_is_the_same_as_ever() -> None:
    draft = ReportDraft(source="kcna", subject="awb:120-1", asserted_at=NOON, code="departed")
    assert content_hash(draft).hex() == "306a73a6eb1238e9b1149d64525c9050f5959230887074909389de8db32ca8ba"
