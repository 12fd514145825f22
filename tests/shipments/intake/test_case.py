"""Reading a case file: what it gives when it is in order, and every fault of one that is not."""

from datetime import UTC, datetime

import pytest

from shipments.intake.case import read_case
from shipments.services.cases import read_case_file

HEAD = """
[case]
name = "a-case"
title = "A case"
rated_from = 2020-01-01T00:00:00Z

[[actors]]
code = "north-korea"
kind = "state"
name = "North Korea"
country = "KP"

[[actors]]
code = "china"
kind = "state"
name = "China"
country = "CN"

[[sources]]
code = "wire"
name = "A wire"
kind = "agency"
ratings = [{ grade = "B", reason = "Known." }]

[[documents]]
key = "story"
source = "wire"
kind = "article"
title = "A story"
published_at = 2022-05-17T12:00:00+09:00

[[offers]]
key = "offer"
title = "An offer"
donor = "china"
recipient = "north-korea"
form = "general"

[[shipments]]
key = "flights"
title = "Flights"
mode = "air"
recipient = "north-korea"
legs = [
    { key = "out-1", sequence = 1, role = "positioning", origin = "ZKPY", destination = "ZYTX" },
    { key = "back-1", sequence = 2, origin = "ZYTX", destination = "ZKPY" },
]
"""

REPORT = """
[[reports]]
event_id = "said"
document = "story"
subject = "offer"
code = "made"
"""


def faults(text: str) -> dict[str, str]:
    """Pointer to code of every problem; two at one place would be lost, so that is refused."""
    _, problems = read_case(text)
    found = {problem.pointer: problem.code for problem in problems}
    assert len(found) == len(problems), problems
    return found


def drafts(text: str) -> dict[str, object]:
    case, problems = read_case(text)
    assert problems == []
    return {told.draft.event_id: told.draft for told in case.reports}


def test_a_report_takes_source_and_times_from_its_document() -> None:
    case, problems = read_case(HEAD + REPORT)

    (told,) = case.reports
    noon = datetime(2022, 5, 17, 3, tzinfo=UTC)
    assert problems == []
    assert (told.draft.source, told.draft.asserted_at, told.received_at) == ("wire", noon, noon)
    assert told.draft.subject == "case:a-case:offer"


def test_what_a_report_says_of_itself_goes_before_its_document() -> None:
    case, _ = read_case(HEAD + REPORT + "received_at = 2022-06-01T00:00:00Z\nasserted_at = 2022-05-01T00:00:00Z\n")

    (told,) = case.reports
    assert (told.received_at.month, told.draft.asserted_at.month) == (6, 5)


def test_a_report_over_legs_and_codes_is_one_report_each() -> None:
    found = drafts(
        HEAD
        + """
[[reports]]
event_id = "row-10"
document = "story"
subject = "flights"
legs = ["out-1", "back-1"]
codes = ["departed", "arrived"]
"""
    )

    assert sorted(found) == [
        "row-10-back-1-arrived",
        "row-10-back-1-departed",
        "row-10-out-1-arrived",
        "row-10-out-1-departed",
    ]
    assert {(draft.leg, draft.code) for draft in found.values()} >= {("out-1", "arrived")}


@pytest.mark.parametrize(
    ("occurred", "begin", "end", "precision"),
    [
        ('{ on = 2022-05-16, zone = "Asia/Pyongyang" }', "2022-05-15T15", "2022-05-16T14", "day"),
        ('{ on = 2022-05-16, zone = "Asia/Shanghai" }', "2022-05-15T16", "2022-05-16T15", "day"),
        ('{ on = 2022-05-18, until = 2022-05-22, zone = "UTC" }', "2022-05-18T00", "2022-05-22T23", "range"),
        ('"2022-05-16"', "2022-05-16T00", "2022-05-16T23", "day"),
        ("2022-05-16", "2022-05-16T00", "2022-05-16T23", "day"),
    ],
)
def test_a_day_is_the_day_of_the_place(occurred: str, begin: str, end: str, precision: str) -> None:
    (draft,) = drafts(HEAD + REPORT + f"occurred = {occurred}\n").values()

    told = (draft.occurred.earliest.astimezone(UTC), draft.occurred.latest.astimezone(UTC))
    assert [f"{moment:%Y-%m-%dT%H}" for moment in told] == [begin, end]
    assert draft.occurred.precision == precision


def test_interest_can_be_stated() -> None:
    (draft,) = drafts(HEAD + REPORT + "interested = true\n").values()

    assert draft.interested is True


def test_a_file_that_is_not_toml_is_one_fault() -> None:
    assert faults("[case\n") == {"": "not_toml"}


TEN_FAULTS = (
    HEAD.replace('country = "CN"', 'country = "China"')  # 1
    .replace('grade = "B"', 'grade = "G"')  # 2
    .replace('donor = "china"', 'donor = "chyna"')  # 3
    .replace("2022-05-17T12:00:00+09:00", "2022-05-17T12:00:00")  # 4
    .replace('mode = "air"', 'mode = "aer"')  # 5
    .replace('title = "A case"', 'title = "A case"\ncolour = "red"')  # 6
    + REPORT
    + """
[[reports]]
source = "wire"
asserted_at = 2022-05-17T00:00:00Z
received_at = 2022-05-17T00:00:00Z
subject = "offir"
code = "made"

[[reports]]
event_id = "b"
source = "wire"
asserted_at = 2022-05-17T00:00:00Z
received_at = 2022-05-17T00:00:00Z
subject = "offer"
code = "maid"

[[reports]]
event_id = "c"
source = "wire"
asserted_at = 2022-05-17T00:00:00Z
received_at = 2022-05-17T00:00:00Z
subject = "flights"
leg = "out-9"
code = "arrived"

[[reports]]
event_id = "d"
source = "wire"
asserted_at = 2022-05-17T00:00:00Z
received_at = 2022-05-17T00:00:00Z
subject = "offer"
code = "made"
cites = [{ source = "nobody" }]
"""
)


def test_ten_faults_are_told_at_once_each_with_its_place() -> None:
    found = faults(TEN_FAULTS)

    wanted = {
        "/case/colour": "unknown_field",
        "/actors/1/country": "invalid_format",
        "/sources/0/ratings/0/grade": "unknown_word",
        "/documents/0/published_at": "timezone_aware",
        "/offers/0/donor": "not_found",
        "/shipments/0/mode": "unknown_word",
        "/reports/1/subject": "not_found",
        "/reports/2/code": "unknown_code",
        "/reports/3/leg": "not_found",
        "/reports/4/cites/0/source": "not_found",
    }
    assert found == wanted


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ('[[offer]]\nkey = "x"', "/offer", "unknown_field"),
        ('[[actors]]\ncode = "china"\nkind = "state"\nname = "China"', "/actors/1/code", "duplicate"),
        (REPORT + REPORT, "/reports/0/event_id", "duplicate"),
        (REPORT + 'cites = [{ source = "wire", event_id = "unsaid" }]', "/reports/0/cites/0/event_id", "not_found"),
        (REPORT + 'occurred = { on = 2022-05-16, zone = "Mars/Olympus" }', "/reports/0/occurred", "invalid_time"),
        (REPORT + "occurred = { on = 2022-05-16 }", "/reports/0/occurred", "invalid_time"),
        (REPORT + "interested = 1", "/reports/0/interested", "boolean_required"),
        (REPORT.replace('document = "story"', 'source = "wire"'), "/reports/0", "missing"),
        (
            '[[shipments]]\nkey = "a"\ntitle = "A"\nmode = "air"\nrecipient = "china"\nparent = "a"',
            "/shipments/1/parent",
            "circle",
        ),
    ],
)
def test_a_fault_has_its_place(more: str, pointer: str, code: str) -> None:
    _, problems = read_case(f"{HEAD}\n{more}\n")

    assert (pointer, code) in {(problem.pointer, problem.code) for problem in problems}


def test_the_shipped_case_has_every_row_of_the_table() -> None:
    case, problems = read_case(read_case_file("dprk-covid-2022"))

    rows = {told.draft.event_id[:6] for told in case.reports}
    assert problems == []
    assert rows == {f"row-{number:02}" for number in range(1, 24)}


def test_every_echo_of_the_shipped_case_cites_and_every_root_does_not() -> None:
    case, _ = read_case(read_case_file("dprk-covid-2022"))

    cites = {}
    for told in case.reports:
        cites.setdefault(told.draft.source, set()).update(pointer.source for pointer in told.draft.cites)
    assert cites["voi"] == {"korea-times"}
    assert cites["reuters"] == cites["pledgetimes"] == {"yonhap"}
    assert cites["afp"] == {"", "yonhap", "nk-news", "kcna"}
    assert cites["thewall"] == {""}
    assert {source for source, cited in cites.items() if not cited} == {
        "yonhap", "kbs", "wsj", "nk-news", "china-mfa", "kcna", "who",
    }  # fmt: skip
