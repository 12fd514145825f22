"""From recorded reports to a stored picture: versions, late reports, tiers, twice is once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from actors.access import Reader
from actors.marking import Marking
from shipments.factories import ReportDraftFactory, ShipmentFactory
from shipments.intake.draft import Pointer
from shipments.models import Conflict, Due, Finding, OutboxEvent, Picture, Subject
from shipments.services.reconciling import count_due, reconcile_due
from shipments.services.recording import Sender, record
from shipments.services.rules import micros
from shipments.services.verifying import verify
from tests.shipments.services.conftest import fold, hours, voice

pytestmark = pytest.mark.django_db


def rows():
    """Every picture row, without its id."""
    return sorted(
        str({name: value for name, value in row.items() if name != "id"})
        for model in (Picture, Finding, Conflict)
        for row in model.objects.values()
    )


def test_a_report_becomes_a_picture(shipment, say):
    say("departed", 24)
    fold()

    picture = Picture.objects.get()
    assert (picture.status, picture.version, picture.known_from, picture.known_to) == ("departed", 1, hours(24), None)
    assert picture.origins == ["wfp"]
    assert count_due() == 0
    assert Subject.objects.get().version == 1


def test_each_change_is_a_version_with_the_span_in_which_it_was_believed(say):
    say("departed", 24)
    fold()
    say("arrived", 30)
    fold()

    spans = Picture.objects.order_by("known_from").values_list("status", "version", "known_from", "known_to")
    assert list(spans) == [("departed", 1, hours(24), hours(30)), ("arrived", 2, hours(30), None)]


def test_several_unseen_moments_give_the_same_history_as_one_at_a_time(say):
    for code, at in [("booked", 0), ("departed", 24), ("arrived", 30)]:
        say(code, at)
    fold()
    together = rows()
    Picture.objects.all().delete()
    Finding.objects.all().delete()
    Conflict.objects.all().delete()

    assert verify(repair=True) == [Subject.objects.get().reference]
    fold()
    assert rows() == together
    assert [version for (version,) in Picture.objects.order_by("known_from").values_list("version")] == [1, 2, 3]


def test_a_report_received_before_what_was_folded_rewrites_only_what_it_changes(say):
    say("booked", 0)
    say("arrived", 30)
    fold()
    first = Picture.objects.get(status="booked")
    say("departed", 24)
    fold()

    assert Picture.objects.get(status="booked").pk == first.pk
    assert list(Picture.objects.order_by("known_from").values_list("status", "version")) == [
        ("booked", 1),
        ("departed", 2),
        ("arrived", 3),
    ]
    assert verify() == []


def test_what_is_received_as_the_last_picture_began_is_folded_from_there_and_not_from_the_beginning(say, monkeypatch):
    from shipments.services import reconciling

    say("departed", 24)
    fold()
    say("arrived", 30)
    fold()
    real, begun = reconciling.fold_dossier, []

    def fold_dossier(dossier, **more):
        folded = real(dossier, **more)
        begun.append(folded.since)
        return folded

    monkeypatch.setattr(reconciling, "fold_dossier", fold_dossier)
    say("arrived", 30, by="carrier")
    fold()

    assert begun == [micros(hours(30))]
    assert list(Picture.objects.order_by("known_from").values_list("version", "known_from")) == [
        (1, hours(24)),
        (2, hours(30)),
    ]
    assert verify() == []


def test_a_late_report_does_not_undo_delivery(say):
    say("delivered", 60)
    fold()
    say("departed", 24, received=90)
    fold()

    assert Picture.objects.get(known_to=None).status == "delivered"


def test_a_picture_with_the_number_of_the_one_before_is_told_without(say):
    say("departed", 24)
    fold()
    say("arrived", 30, received=24, by="carrier")
    fold()
    say("delivered", 60)
    fold()

    events = OutboxEvent.objects.filter(type=OutboxEvent.Type.PICTURE_CHANGED).order_by("id")
    told = [(event.body["status"], event.body["version"]) for event in events]
    assert told == [("departed", 1), ("arrived", None), ("delivered", 2)]


def test_the_same_report_again_makes_no_version_and_no_event(say, shipment):
    draft = say("departed", 24)
    fold()
    before, events = rows(), OutboxEvent.objects.count()
    record([draft], sender=Sender(), received_at=hours(50))
    fold()

    assert (rows(), OutboxEvent.objects.count()) == (before, events)


def test_a_picture_that_an_older_release_stored_in_another_form_is_rewritten_and_is_no_news(say):
    say("departed", 24)
    fold()
    before, events = rows(), OutboxEvent.objects.count()
    Picture.objects.update(timeline=[])
    assert verify(repair=True)
    fold()

    assert (rows(), OutboxEvent.objects.count()) == (before, events)


def test_a_fold_says_of_each_conflict_of_which_kind_its_subject_is_and_leaves_it_to_no_trigger(say):
    say("delivered", 60)
    say("lost", 26, by="carrier")
    fold()

    assert {each.subject_kind for each in Conflict.objects.all()} == {"shipment"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'shipments_conflict'")
        assert cursor.fetchone() == (0,)


def test_a_fold_that_finds_nothing_new_writes_nothing(say):
    say("departed", 24)
    fold()
    before = rows()
    Due.objects.create(subject=Subject.objects.get(), from_moment=hours(0))
    fold()

    assert rows() == before


@pytest.mark.parametrize(
    "markings",
    [
        ("CLEAR", "RED", "CLEAR", "CLEAR", "RED"),
        ("RED", "CLEAR", "CLEAR", "AMBER", "CLEAR"),
        ("CLEAR", "AMBER", "RED", "CLEAR", "GREEN"),
        ("AMBER", "AMBER", "CLEAR", "RED", "CLEAR"),
    ],
)
def test_tiers_that_are_folded_step_by_step_are_those_of_a_fold_of_the_whole(say, markings):
    for step, (code, marking) in enumerate(
        zip(("booked", "arrived", "departed", "arrived", "delivered"), markings, strict=True)
    ):
        say(code, 10 * step, marking=marking)
        fold()
        assert verify() == []


def test_a_tier_that_fell_back_and_rises_again_goes_on_counting(say):
    say("departed", 24)
    fold()
    secret = say("arrived", 30, marking="RED")
    fold()
    say("", 31, kind="retract", target=Pointer(source="wfp", event_id=secret.event_id), marking="RED")
    fold()
    say("delivered", 60, marking="RED")
    fold()
    say("cleared", 70)
    fold()

    assert verify() == []


def test_the_grade_of_a_source_that_is_only_cited_counts_before_it_speaks_itself(say):
    voice("rumour", "E")
    say("departed", 24, cites=(Pointer(source="rumour"),))
    fold()
    assert Finding.objects.get(kind="milestone").margin == 0

    say("arrived", 30, by="rumour", grade="E")
    fold()
    assert verify() == []


def test_a_retraction_leaves_the_claim_in_history(say):
    draft = say("delivered", 60)
    fold()
    say("", 61, kind="retract", target=Pointer(source="wfp", event_id=draft.event_id))
    fold()

    assert [status for (status,) in Picture.objects.order_by("known_from").values_list("status")] == ["delivered", ""]


def test_a_higher_tier_is_stored_only_while_it_differs_and_the_lower_tells_nothing_of_it(say):
    say("departed", 24)
    fold()
    clear_before = list(Picture.objects.values("version", "known_from", "known_to", "status"))
    say("arrived", 30, marking="AMBER")
    fold()

    assert list(Picture.objects.filter(tier=0).values("version", "known_from", "known_to", "status")) == clear_before
    assert Picture.objects.for_reader(Reader(clearance=Marking.GREEN)).get().status == "departed"
    assert Picture.objects.for_reader(Reader(clearance=Marking.AMBER)).get().status == "arrived"
    assert Picture.objects.for_reader(Reader(clearance=Marking.RED)).get().status == "arrived"

    say("arrived", 30.5, received=40, by="carrier")
    say("arrived", 30.5, received=40, by="wfp")
    fold()
    assert Picture.objects.for_reader(Reader(clearance=Marking.GREEN)).get().status == "arrived"
    assert verify() == []


def test_what_was_believed_at_a_moment_can_be_read_for_each_reader(say):
    say("departed", 24)
    say("arrived", 30)
    fold()
    reader = Reader(clearance=Marking.CLEAR)

    assert not Picture.objects.for_reader(reader, known_at=hours(23)).exists()
    assert Picture.objects.for_reader(reader, known_at=hours(29)).get().status == "departed"
    assert Picture.objects.for_reader(reader, known_at=hours(30)).get().status == "arrived"


def test_a_picture_that_changed_is_announced_once(say, shipment):
    say("departed", 24)
    fold()
    events = OutboxEvent.objects.filter(type="picture.changed")

    assert [event.body["status"] for event in events] == ["departed"]
    assert events.get().body["subject"] == shipment.reference


def test_verify_names_a_subject_whose_picture_was_tampered_with(say, shipment):
    say("departed", 24)
    fold()
    assert verify() == []
    Picture.objects.update(status="delivered")

    assert verify(repair=True) == [shipment.reference]
    fold()
    assert Picture.objects.get().status == "departed"


def test_a_batch_costs_the_same_statements_as_one(shipment, say):
    def statements(count):
        for _ in range(count):
            other = ShipmentFactory().reference
            drafts = [ReportDraftFactory(source=by, subject=other) for by in ("wfp", "carrier")]
            record(drafts, sender=Sender(), received_at=hours(1))
        with CaptureQueriesContext(connection) as captured:
            assert reconcile_due(limit=100) == count
        return [query["sql"] for query in captured]

    say("departed", 24)
    fold()
    few, many = statements(1), statements(20)
    assert len(many) == len(few) <= 19, "\n".join(map(str, many))


def test_a_report_that_is_stored_again_in_one_transaction_is_a_duplicate(say):
    draft = say("departed", 24)
    assert [each.result for each in record([draft, draft], sender=Sender())] == ["duplicate", "duplicate"]
