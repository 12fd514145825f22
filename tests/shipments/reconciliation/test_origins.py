"""S2: whose word it is at bottom."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shipments.reconciliation.model import Citation, Cite, ReportKey, Target
from shipments.reconciliation.vocabulary import DecisionKind, Directness, Fate, Grade, State, SubjectKind
from tests.shipments.reconciliation.reading import claim, conflicts, finding, fold, path, step
from tests.shipments.reconciliation.telling import (
    NOBODY,
    amount,
    code,
    correct,
    decide,
    fact,
    hours,
    keyed,
    retract,
    say,
)

WIRE = say("wire", "delivered", 60)


def outlets(*cites: object, at: float = 60, count: int = 3) -> list:  # type: ignore[type-arg]
    return [say(f"paper{n}", "delivered", at, cites=cites) for n in range(1, count + 1)]  # type: ignore[arg-type]


def test_those_who_repeat_a_source_that_speaks_itself_add_nothing() -> None:
    alone, echoed = fold(WIRE), fold(WIRE, *outlets("wire"))
    assert echoed.output_hash == alone.output_hash
    assert [claim(echoed, r).fate for r in outlets("wire")] == [Fate.ECHO] * 3


def test_those_who_repeat_an_absent_source_are_one_vote_in_its_name_at_the_lesser_grade() -> None:
    (only,) = fold(*outlets("wire")).timeline
    assert (only.origins, only.score) == (("wire",), 847)
    strong = say("wfp", "delivered", 60, cites=["paper1"])
    assert fold(strong).timeline[0].score == 847  # an A that repeats a C


def test_a_root_that_speaks_later_replaces_what_others_said_in_its_name() -> None:
    picture = fold(*outlets("wire"), say("wire", "delivered", 60, said=100))
    assert step(picture, "delivered").score == 1735
    assert step(picture, "delivered").origins == ("wire",)


def test_only_what_the_root_says_on_the_very_milestone_is_its_own_word() -> None:
    picture = fold(say("wire", "departed", 10), *outlets("wire"))
    assert step(picture, "delivered").origins == ("wire",)
    assert step(picture, "delivered").score == 847


def test_citations_are_followed_over_several_levels() -> None:
    second = say("paper1", "delivered", 60, cites=["wire"])
    third = say("paper2", "delivered", 60, cites=[second])
    fourth = say("paper3", "delivered", 60, cites=["paper2"])
    picture = fold(second, third, fourth)
    assert step(picture, "delivered").origins == ("wire",)
    assert step(picture, "delivered").score == 847
    assert all(claim(fold(WIRE, second, third, fourth), r).fate is Fate.ECHO for r in (second, third, fourth))


def test_a_report_with_two_roots_names_both_and_weighs_once() -> None:
    picture = fold(say("paper1", "delivered", 60, cites=["wire", "customs"]))
    assert step(picture, "delivered").origins == ("customs", "wire")
    assert step(picture, "delivered").score == 847
    assert step(picture, "delivered").state is State.SINGLE_SOURCE
    assert finding(picture, "delivered").state is State.SINGLE_SOURCE


@pytest.mark.parametrize(
    ("named", "votes"),
    [
        pytest.param(["wire customs"], 1, id="one mouth"),
        pytest.param(["wire", "wire", "wire"], 1, id="one origin"),
        pytest.param(["wire customs", "wire"], 2, id="two mouths and two origins"),
        pytest.param(["wire", "customs"], 2, id="a mouth for each"),
        pytest.param(["wire customs", "wire", "customs"], 2, id="never more than there are origins"),
        pytest.param(["wire customs carrier", "wire", "wire"], 2, id="two who name one, and one who names more"),
    ],
)
def test_each_origin_and_each_speaker_counts_once(named: list[str], votes: int) -> None:
    told = [say(f"paper{n}", "delivered", 60, cites=roots.split()) for n, roots in enumerate(named, 1)]
    assert step(fold(*told), "delivered").score == votes * 847
    assert (step(fold(*told), "delivered").state is State.CORROBORATED) is (votes > 1)
    stated = [say(r.source, said=60, facts=[fact("quantity", amount(40))], cites=r.cites) for r in told]
    assert finding(fold(*stated), "quantity").score == votes * 847
    denied = [say(r.source, "delivered", 70, denies=True, cites=r.cites) for r in told]
    assert finding(fold(*denied), "delivered").margin == -votes * 847
    unsaid = [say(r.source, said=60, facts=r.facts, cites=r.cites, denies=True) for r in stated]
    told_in_full = decide(DecisionKind.ACCEPT, facts=[fact("quantity", amount(40))], said=10)
    assert finding(fold(told_in_full, *unsaid), "quantity").margin == 1_000_000 - votes * 847


def test_a_source_that_names_another_root_at_every_step_weighs_less_than_twice_its_grade() -> None:
    steps = ("departed", "arrived", "customs", "cleared", "delivered")
    told = [say("paper1", m, 10 * n, cites=[f"root{n}"]) for n, m in enumerate(steps)]
    picture = fold(*told, grades={f"root{n}": Grade.B for n in range(5)})
    assert picture.timeline[0].reach == 847 + (847 >> 1) + (847 >> 2) + (847 >> 3) + (847 >> 4)
    denied = fold(
        *[say("paper1", m, 99, cites=[f"root{n}"], denies=True) for n, m in enumerate(steps)],
        grades={f"root{n}": Grade.B for n in range(5)},
    )
    assert sum(f.margin for f in denied.findings if f.kind == "milestone") == -picture.timeline[0].reach


def test_a_source_that_speaks_and_quotes_weighs_less_than_twice_its_grade() -> None:
    picture = fold(say("paper1", "departed", 10), say("paper1", "delivered", 60, cites=["customs"]))
    assert [s.score for s in picture.timeline] == [847 >> 1, 847]


def test_a_circle_of_citations_is_one_root_its_least_key() -> None:
    names = ("paper1", "paper2", "paper3")
    circle = [
        keyed(
            replace(
                say(name, "delivered", 60),
                key=ReportKey(name, "e", ""),
                cites=(Cite(report=Target(after, "e")),),
            )
        )
        for name, after in zip(names, (*names[1:], names[0]), strict=True)
    ]
    picture = fold(*circle)
    assert step(picture, "delivered").origins == ("paper1",)
    assert step(picture, "delivered").score == 847


def test_a_circle_with_a_way_out_is_rooted_outside() -> None:
    one = keyed(replace(say("paper1", "delivered", 60, cites=["customs"]), key=ReportKey("paper1", "e", "")))
    one = keyed(replace(one, cites=(*one.cites, Cite(source="paper2"))))
    other = say("paper2", "delivered", 60, cites=[Cite(report=Target("paper1", "e"))])
    assert step(fold(one, other), "delivered").origins == ("customs",)


def test_unnamed_origins_are_counted_apart_and_never_as_origins() -> None:
    picture = fold(WIRE, say("paper1", "delivered", 60, cites=[NOBODY]))
    assert (step(picture, "delivered").origins, step(picture, "delivered").unresolved) == (("wire",), 1)
    assert step(picture, "delivered").score == 1735


def test_second_hand_without_a_source_is_undeclared_and_so_unresolved() -> None:
    (only,) = fold(say("wire", "delivered", 60, directness=Directness.SECOND_HAND)).timeline
    assert (only.origins, only.unresolved, only.score) == ((), 1, 1041)


def test_the_best_unresolved_vote_replaces_the_resolved_sum_only_where_it_is_greater() -> None:
    strong = say("wfp", "delivered", 60, cites=[NOBODY])
    assert step(fold(strong, say("paper1", "delivered", 60)), "delivered").score == 2944
    weak = say("blog", "delivered", 60, cites=[NOBODY])
    assert step(fold(weak, say("paper1", "delivered", 60)), "delivered").score == 847
    two = [say(name, "delivered", 60, cites=[NOBODY]) for name in ("wfp", "icrc")]
    assert step(fold(*two), "delivered").score == 2944


def test_one_unnamed_official_behind_many_steps_is_not_many_witnesses() -> None:
    milestones = ("departed", "arrived", "customs", "cleared", "received", "delivered")
    sources = ("carrier", "customs", "wire", "paper1", "paper2", "paper3")
    told = [
        say(source, milestone, 24 * n, cites=[NOBODY])
        for n, (source, milestone) in enumerate(zip(sources, milestones, strict=True))
    ]
    assert fold(*told).timeline[0].reach < 2 * 1735


def test_as_a_denial_an_unresolved_origin_counts_at_its_weight() -> None:
    denial = say("wire", "made", 20, denies=True, cites=[NOBODY])
    picture = fold(say("ngo", "made", 10), denial, kind=SubjectKind.APPEAL)
    assert picture.state == "contested"
    assert finding(picture, "made").margin == 847 - 1735


def test_when_a_root_is_retracted_what_only_repeated_it_falls_with_it() -> None:
    echo = say("paper1", "delivered", 60, cites=["wire"])
    by_key = say("paper2", "delivered", 60, cites=[WIRE])
    picture = fold(WIRE, echo, by_key, retract(WIRE, 90))
    assert path(picture) == ""
    assert {claim(picture, r).reason for r in (echo, by_key)} == {"root_withdrawn"}
    both = say("paper3", "delivered", 60, cites=[WIRE, "customs"])
    assert step(fold(WIRE, both, retract(WIRE, 90)), "delivered").origins == ("customs",)


def test_when_a_root_is_corrected_to_another_milestone_its_echoes_fall_too() -> None:
    echo = say("paper1", "delivered", 60, cites=["wire"])
    picture = fold(WIRE, echo, correct(WIRE, "arrived", 60, 90))
    assert path(picture) == "arrived"
    assert claim(picture, echo).fate is Fate.RETRACTED


def test_an_edge_found_later_makes_an_echo_from_its_recording_on() -> None:
    copy = say("paper1", "delivered", 60)
    edge = Citation(citing=Target.of(copy.key), cited=Cite(source="wire"), recorded_at=hours(100))
    before = fold(WIRE, copy, citations=[edge], known_at=hours(99))
    after = fold(WIRE, copy, citations=[edge], known_at=hours(100))
    assert step(before, "delivered").origins == ("paper1", "wire")
    assert step(after, "delivered").origins == ("wire",)


def test_all_ungraded_sources_are_one_vote_whatever_roots_they_name() -> None:
    crowd = [say(f"unknown{n}", "delivered", 60, cites=[f"root{n}"] if n % 2 else ["wfp"]) for n in range(20)]
    (only,) = fold(*crowd).timeline
    assert (only.score, len(only.origins)) == (405, 1)


def test_an_echo_of_a_claim_on_another_time_does_not_make_a_rival() -> None:
    picture = fold(WIRE, say("paper1", "delivered", 90, cites=["wire"]))
    assert conflicts(picture) == []


def test_a_denial_that_cites_a_known_root_and_an_unnamed_one_counts_once() -> None:
    base = (say("carrier", "departed", 24), say("wfp", "arrived", 30))
    for root in ("wire", "customs"):
        once, both = (say("ngo", "arrived", 60, denies=True, cites=c) for c in ([root], [root, NOBODY]))
        assert step(fold(*base, both), "arrived").margin == step(fold(*base, once), "arrived").margin == 2944 - 847
    fact_of = [fact("channel", code("public"))]
    told = say("wfp", said=10, facts=fact_of)
    denial = say("ngo", said=20, facts=fact_of, denies=True, cites=["wire", NOBODY])
    assert finding(fold(told, denial), "channel").margin == 2944 - 847


def test_a_root_graded_e_gives_no_weight_to_those_who_repeat_it() -> None:
    picture = fold(say("wfp", "delivered", 60, cites=["rumour"]), grades={"rumour": Grade.E})
    assert path(picture) == ""


def test_those_who_quote_a_report_on_what_it_did_not_say_follow_its_correction() -> None:
    first = say("wire", "departed", 10)
    quoting = say("paper1", "delivered", 60, cites=[first])
    assert step(fold(first, correct(first, "departed", 12, 90), quoting), "delivered").origins == ("wire",)
    assert claim(fold(first, retract(first, 90), quoting), quoting).reason == "root_withdrawn"
