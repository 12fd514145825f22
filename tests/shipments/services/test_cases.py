"""Loading a case: whole or not at all, once and only once, and as it became known."""

import pytest
from django.apps import apps
from django.core.management import call_command

from actors.models import Actor, ActorIdentifier, AuditEntry, SourceRating
from shipments.intake.draft import Invalid
from shipments.models import Leg, Picture, Report, Shipment, Subject, SubjectIdentifier
from shipments.services.cases import load_case, read_case_file
from shipments.services.errors import UnknownCase
from shipments.services.reconciling import count_due, reconcile_due

pytestmark = pytest.mark.django_db
CASE = "dprk-covid-2022"


def counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def reconcile() -> None:
    while reconcile_due(limit=100):
        pass


def test_loading_twice_writes_no_row_and_no_version() -> None:
    first = load_case(read_case_file(CASE))
    reconcile()
    before = counts()
    versions = dict(Picture.objects.values_list("pk", "version"))

    again = load_case(read_case_file(CASE))

    assert (again.new.total(), again.known.total()) == (0, first.new.total() + first.known.total())
    assert count_due() == 0
    reconcile()
    assert counts() == before
    assert dict(Picture.objects.values_list("pk", "version")) == versions


def test_reports_are_received_when_they_were_published() -> None:
    load_case(read_case_file(CASE))

    denial = Report.objects.get(event_id="row-02-request")
    assert denial.received_at == denial.document.published_at == denial.asserted_at
    assert denial.received_at.isoformat() == "2022-05-17T09:16:00+00:00"
    received = Report.objects.filter(event_id__startswith="row-01").values_list("received_at", flat=True)
    assert {moment.date().isoformat() for moment in received} == {"2022-05-18"}


def test_no_report_of_the_case_is_held() -> None:
    load_case(read_case_file(CASE))

    assert Report.objects.count() == 115
    assert not Report.objects.held().exists()
    assert not Report.objects.filter(document=None).exists()


def test_every_subject_is_known_by_the_cases_own_key() -> None:
    load_case(read_case_file(CASE))

    keys = SubjectIdentifier.objects.filter(scheme=f"case:{CASE}")
    assert keys.count() == Subject.objects.count() == 15
    crisis = keys.get(value="outbreak").subject
    assert set(Subject.objects.exclude(pk=crisis.pk).values_list("crisis_id", flat=True)) == {crisis.pk}
    flights = Shipment.objects.get(pk=keys.get(value="flights-16-may").subject_id)
    assert [leg.role for leg in flights.legs.order_by("sequence", "key")] == ["positioning"] * 3 + ["carrying"] * 3
    assert Shipment.objects.get(pk=keys.get(value="chinese-medical-staff").subject_id).mode == "personnel"


def test_a_carrier_of_the_vocabularies_is_not_made_again() -> None:
    call_command("load_vocabularies", verbosity=0)
    load_case(read_case_file(CASE))

    assert Actor.objects.filter(name="Air Koryo").count() == 1
    assert set(Leg.objects.values_list("carrier__identifiers__value", flat=True)) >= {"KOR", "air-koryo"}


def test_an_actor_that_another_case_brought_is_the_same_actor() -> None:
    other = Actor.objects.create(kind="state", name="Korea (DPR)", country="KP")
    ActorIdentifier.objects.create(actor=other, scheme="iso-3166-1", value="KP")

    load_case(read_case_file(CASE))

    assert Actor.objects.filter(kind="state", country="KP").get() == other
    assert Subject.objects.get(title="North Korea's appeal to China").as_appeal.requester == other
    other.refresh_from_db()
    assert other.name == "Korea (DPR)"  # what is there is an analyst's to change


def test_grades_hold_from_before_anything_was_said() -> None:
    load_case(read_case_file(CASE))

    grades = dict(SourceRating.objects.filter(topic="").values_list("source__code", "grade"))
    assert grades == {
        "voi": "C", "korea-times": "C", "ytn": "C", "yonhap": "B", "kbs": "B", "wsj": "B", "nk-news": "B", "afp": "B",
        "reuters": "B", "russia-mfa": "C", "russia-embassy-pyongyang": "C", "kremlin": "C", "china-mfa": "C",
        "kcna": "D", "pledgetimes": "D", "thewall": "E",
    }  # fmt: skip
    assert SourceRating.objects.get(source__code="who").topic == "risk"
    assert {rating.recorded_at.year for rating in SourceRating.objects.all()} == {2020}


def test_what_an_analyst_changed_is_left_as_it_is() -> None:
    load_case(read_case_file(CASE))
    Subject.objects.filter(title="China's offer of 12 May").update(title="The offer of the twelfth")

    load_case(read_case_file(CASE))

    assert Subject.objects.filter(title="The offer of the twelfth").count() == 1
    assert not Subject.objects.filter(title="China's offer of 12 May").exists()


def test_a_load_is_audited_once() -> None:
    load_case(read_case_file(CASE))
    load_case(read_case_file(CASE))

    (entry,) = AuditEntry.objects.filter(action="case.loaded")
    assert entry.object_reference == CASE
    assert entry.changes["reports"] == 115


def test_faults_of_the_file_and_of_the_vocabularies_are_told_together_and_nothing_is_stored() -> None:
    text = (
        read_case_file(CASE)
        .replace('attribute = "risk"', 'attribute = "risque"')
        .replace('{ code = "declined_to_comment" }', '{ code = "declined" }', 1)
        .replace('low = "6", high = "6", unit = "DAY"', 'low = "6", high = "6", unit = "TNE"', 1)
        .replace('place = "RUMOW"\n\n', 'place = "RUXXX"\n\n', 1)
        .replace('donor = "who"', 'donor = "whoo"')
        .replace('code = "refused"', 'code = "refuzed"', 1)
    )
    before = counts()

    with pytest.raises(Invalid) as caught:
        load_case(text)

    told = {problem.code for problem in caught.value.problems}
    assert told == {"unknown_attribute", "unknown_code", "wrong_unit", "not_found"}
    assert len(caught.value.problems) == 6
    assert counts() == before


def test_a_case_of_no_such_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownCase, match=CASE):
        read_case_file("no-such-case")
