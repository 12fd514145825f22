"""What the picture must say of North Korea's COVID-19 outbreak, line by line."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.history import history
from shipments.reconciliation.picture import Finding, Picture
from shipments.reconciliation.vocabulary import Fate, State
from tests.shipments.reconciliation.dprk import BACK, OUT, PLANS, ROWS, end_of, evidence_of, moment
from tests.shipments.reconciliation.telling import EVER


def picture_of(subject: str, known_at: int = EVER) -> Picture:
    return reconcile(evidence_of(subject), known_at=known_at)


def finding(picture: Picture, attribute: str, **where: object) -> Finding:
    (found,) = [
        f
        for f in picture.findings
        if f.attribute == attribute and all(getattr(f, name) == value for name, value in where.items())
    ]
    return found


@dataclass(frozen=True)
class Said:
    """A status and how it stands; ``origins`` are those of the status."""

    status: str | None
    state: State
    origins: str = ""
    unresolved: int = 0


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("flights", Said("arrived", State.CORROBORATED, "KBS NKN WSJ YON", 1)),
        ("appeal:china", Said("made", State.SINGLE_SOURCE, "KT")),
        ("appeal:russia", Said("made", State.CONTESTED, "KT")),
        ("offer:south-korea", Said("made", State.CONTESTED, "", 1)),
        ("offer:who", Said("refused", State.SINGLE_SOURCE, "KT")),
        ("offer:sputnik", Said("conditional", State.SINGLE_SOURCE, "KREM")),
        ("offer:russia-june", Said("made", State.SINGLE_SOURCE, "REMB")),
        ("offer:russia-2020", Said("made", State.SINGLE_SOURCE, "REMB")),
        ("offer:china", Said("made", State.SINGLE_SOURCE, "CMFA")),
        ("medics", Said(None, State.SINGLE_SOURCE, "YTN")),
    ],
)
def test_status_as_far_as_the_evidence_goes(subject: str, expected: Said) -> None:
    picture = picture_of(subject)
    status = finding(picture, "status")
    assert picture.status == expected.status
    assert picture.state is expected.state
    assert " ".join(status.origins) == expected.origins
    assert status.unresolved == expected.unresolved


def test_all_23_rows_are_in_the_table_and_every_report_is_accounted_for() -> None:
    assert sorted(ROWS) == list(range(1, 24))
    for subject in PLANS:
        bundle = evidence_of(subject)
        claimed = {claim.report for claim in picture_of(subject).claims}
        assert claimed == {report.key for report in bundle.reports}


def test_the_four_repeats_of_the_flights_are_echoes() -> None:
    fates = {(claim.report.source, claim.fate) for claim in picture_of("flights").claims if claim.about[0] == "m"}
    assert {source for source, fate in fates if fate is Fate.ECHO} == {"REU", "AFPE", "KT", "PLT"}
    assert ("THW", Fate.COMPATIBLE) in fates


def test_the_cargo_was_back_the_same_day_and_nothing_says_delivered() -> None:
    picture = picture_of("flights")
    assert [step.milestone for step in picture.timeline] == ["departed", "arrived"]
    assert picture.timeline[-1].place == "KPFNJ"
    assert {leg.key: leg.status for leg in picture.legs} == dict.fromkeys((*OUT, *BACK), "arrived")
    assert all(finding.attribute != "delivered" for finding in picture.findings)
    assert picture.conflicts == ()


def test_the_quantity_is_unknown_and_at_most_150_tonnes() -> None:
    found = finding(picture_of("flights"), "quantity")
    assert (found.value, found.low, found.high) == (None, None, "150")
    assert found.state is State.UNKNOWN
    assert found.origins == ("KBS", "YON")


def test_descriptions_of_the_cargo_are_compatible_and_the_finest_is_shown() -> None:
    found = finding(picture_of("flights"), "items")
    assert found.label == "COVID-19 medicine and quarantine supplies"
    assert found.state is State.CORROBORATED
    assert found.origins == ("KBS", "WSJ", "YON")
    assert found.alternatives == ()


def test_medical_staff_were_planned_by_one_origin_and_none_was_observed() -> None:
    picture = picture_of("medics")
    assert (picture.status, picture.leading) == (None, "planned")
    (planned,) = picture.planned
    assert (planned.milestone, planned.is_seen, planned.denied_by) == ("departed", False, ("KBS",))
    assert planned.origins == ("YTN",)
    assert picture.conflicts == ()  # a gap, not a conflict


def test_the_appeal_to_china_is_secret() -> None:
    found = finding(picture_of("appeal:china"), "disclosure")
    assert (found.label, found.state, found.origins) == ("secret", State.SINGLE_SOURCE, ("KT",))


def test_the_appeal_to_russia_has_one_origin_for_and_one_interested_origin_against() -> None:
    picture = picture_of("appeal:russia")
    assert picture.is_denied_by_party
    assert picture.margin == 592 - 423
    (conflict,) = picture.conflicts
    assert (conflict.kind, {key.source for key in conflict.keys}) == ("denied", {"REMB"})
    superseded = [c.report.source for c in picture.claims if c.fate is Fate.SUPERSEDED]
    assert superseded == ["REMB"]  # twice against is once, as of the later day


def test_south_koreas_offer_shows_refused_against_no_answer_yet() -> None:
    picture = picture_of("offer:south-korea")
    (rival,) = picture.alternatives
    assert (rival.label, rival.margin, rival.origins) == ("refused", 847 - 1041, ("KT",))
    (conflict,) = picture.conflicts
    assert (conflict.kind, conflict.about) == ("denied", "milestone:refused")
    assert {key.source for key in conflict.against} == {"AFPE"}


def test_offers_without_an_answer_are_denied_an_acknowledgement() -> None:
    for subject in ("offer:russia-june", "offer:russia-2020"):
        assert finding(picture_of(subject), "acknowledged").state is State.DENIED


@pytest.mark.parametrize("subject", ["asked-china", "asked-russia"])
def test_two_inquiries_were_declined(subject: str) -> None:
    found = finding(picture_of(subject), "outcome")
    assert (found.label, found.state) == ("declined_to_comment", State.SINGLE_SOURCE)


def test_the_contact_took_place_by_one_partys_word() -> None:
    found = finding(picture_of("meeting"), "took_place")
    assert (found.label, found.state, found.origins) == ("yes", State.SINGLE_SOURCE, ("RMFA",))
    assert picture_of("meeting").state is State.SINGLE_SOURCE


def test_deaths_are_four_days_and_not_four_rivals() -> None:
    found = [f for f in picture_of("crisis").findings if f.attribute == "deaths"]
    assert [f.low for f in sorted(found, key=lambda f: f.as_of or 0)] == ["56", "62", "63", "70"]
    assert {(f.state, f.origins) for f in found} == {(State.SINGLE_SOURCE, ("KCNA",))}


def test_in_treatment_and_in_quarantine_are_never_merged() -> None:
    scopes = {f.scope for f in picture_of("crisis").findings if f.attribute == "under_care"}
    assert scopes == {"people:in_treatment:", "people:in_quarantine:"}


def test_over_1_72_million_and_nearly_two_million_are_different_days() -> None:
    found = {f.as_of: (f.low, f.high) for f in picture_of("crisis").findings if f.attribute == "fever_cases"}
    assert found[moment("2022-05-17T09:00")] == ("1720000", None)
    assert found[moment("2022-05-18T09:00")] == ("1900000", "2000000")


def test_the_risk_is_the_word_of_who() -> None:
    assert finding(picture_of("crisis"), "risk").origins == ("WHO",)


def test_as_known_on_17_may_there_is_only_the_denial_on_russia() -> None:
    picture = picture_of("appeal:russia", end_of("2022-05-17"))
    assert (picture.status, picture.state) == (None, State.DENIED)
    assert [claim.report.source for claim in picture.claims] == ["REMB"]


def test_as_known_on_17_may_rows_1_6_7_and_20_are_not_in_yet() -> None:
    on_17 = end_of("2022-05-17")
    for subject in ("appeal:china", "offer:south-korea", "offer:who"):
        assert picture_of(subject, on_17).claims == ()
    deaths = [f for f in picture_of("crisis", on_17).findings if f.attribute == "deaths"]
    assert [f.low for f in deaths] == ["56"]


def test_as_known_on_17_may_the_flights_have_one_origin() -> None:
    picture = picture_of("flights", end_of("2022-05-17"))
    assert (picture.status, picture.state) == ("arrived", State.SINGLE_SOURCE)
    assert finding(picture, "status").origins == ("YON",)


def test_the_history_of_the_appeal_to_russia_has_two_turns() -> None:
    versions = history(evidence_of("appeal:russia"), moments_from=None, until=EVER)
    assert [(v.picture.status, v.picture.state) for v in versions] == [
        (None, State.DENIED),
        ("made", State.CONTESTED),
        ("made", State.CONTESTED),
    ]
