"""/changes/: whoever follows it learns of everything that they may see, once, and of nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from actors.api import pages
from actors.factories import UserFactory
from actors.identifiers import new_id
from actors.marking import Marking
from shipments.factories import OutboxEventFactory, ReadingGrantFactory, ShipmentFactory
from shipments.models import OutboxEvent, Report, Shipment
from shipments.services.curating import attach_report
from shipments.services.planning import announce_subject, note_plan_change
from shipments.services.relaying import KEPT_FOR, drop_old_events, relay_outbox
from shipments.services.webhooks.fanning_out import fan_out
from tests.people import code_of, faults_of, make_partner
from tests.shipments.api.conftest import day, follow, reconcile, record_report


def told(rows):
    return [(row["type"], row["subject"], row["report"]) for row in rows]


@pytest.fixture
def relayed(world):
    relay_outbox()
    return world


def test_client_starts_at_the_latest_and_misses_nothing_that_comes_after(relayed, partner, tell):
    latest = partner.get("changes/", {"after": "latest"}).json()
    assert (latest["results"], latest["more"]) == ([], False)
    assert partner.get(latest["next"]).json()["results"] == []
    reference = tell("wire", "delivered", occurred="2022-05-20")
    assert partner.get(latest["next"]).json()["results"] == []  # committed, not relayed yet
    relay_outbox()
    found, following = follow(partner, latest["next"])
    subject = relayed.shipment.reference
    assert told(found) == [("report.recorded", subject, reference), ("picture.changed", subject, None)]
    assert found[0]["version"] == partner.get(f"shipments/{subject}/").json()["picture"]["version"]
    assert partner.get(following).json()["results"] == []


def test_pages_join_without_gap_or_repeat(relayed, analyst):
    whole, _ = follow(analyst)
    assert len(whole) >= 6
    for limit in (1, 2, 3):
        assert follow(analyst, limit=f"limit={limit}")[0] == whole


def test_each_reader_is_told_of_what_they_may_see(relayed, partner, analyst, tell):
    _, partners_next = follow(partner)
    _, analysts_next = follow(analyst)
    secret = tell("informant", "departed", occurred="2022-05-16", marking="AMBER")
    hidden = ShipmentFactory(marking=Marking.AMBER)
    announce_subject(hidden)
    relay_outbox()
    assert partner.get(partners_next).json()["results"] == []
    seen = told(follow(analyst, analysts_next)[0])
    assert ("report.recorded", relayed.shipment.reference, secret) in seen
    assert ("subject.changed", hidden.reference, None) in seen


def test_two_worlds_with_and_without_hidden_events_answer_in_the_same_bytes(relayed, partner, tell):
    """Not the same bytes for the signature's sake: what differs is made the same, the clock and the random ids."""
    moment, uids = datetime(2022, 6, 1, tzinfo=UTC), {}

    def answers():
        rows = OutboxEvent.objects.filter(marking=0).order_by("id")
        for place, row in enumerate(rows):
            uids.setdefault(row.pk, f"00000000-0000-7000-8000-{place:012}")
            OutboxEvent.objects.filter(pk=row.pk).update(uid=uids[row.pk], created_at=moment)
        OutboxEvent.objects.update(sequence=None)
        relay_outbox()
        found, path = [], "changes/?limit=1"
        for _ in range(12):
            answer = partner.get(path)
            found.append((answer.content, answer.headers["ETag"], answer.headers["Link"]))
            path = answer.json()["next"]
        return [*found, partner.get("changes/?after=latest").content]

    without = answers()
    assert len({str(each) for each in without}) > 3
    hidden = ShipmentFactory(marking=Marking.RED)
    for number in range(5):
        tell("informant", "delivered", occurred=f"2022-05-2{number}", marking="RED", event_id=f"i-{number}")
        announce_subject(hidden)
    # Some of it came before what everybody sees.
    last = OutboxEvent.objects.order_by("-id").first()
    OutboxEvent.objects.filter(pk=last.pk).update(id=-1)
    assert answers() == without


def test_own_restricted_report_is_told_to_its_sender_alone(relayed, partner):
    _, following = follow(partner)
    other = make_partner()
    _, others = follow(other)
    said = {"subject": relayed.shipment.reference, "code": "delivered", "asserted_at": "2022-05-20T12:00:00Z"}
    own = partner.post("reports/", {**said, "marking": "RED"}).json()["reference"]
    held = partner.post("reports/", {**said, "subject": "our-4711"}).json()["reference"]
    reconcile()
    relay_outbox()
    found, _ = follow(partner, following)
    assert [(row["type"], row["report"]) for row in found] == [("report.recorded", own), ("report.held", held)]
    assert found[0]["version"] is None  # it is folded for this partner
    assert follow(other, others)[0] == []


def test_report_that_is_bound_is_told_to_those_who_can_read_it_now(relayed, partner):
    held = record_report(day(20), source="wire", subject="somewhere else", code="delivered", event_id="w-9")
    relay_outbox()
    _, following = follow(partner)
    report, by = Report.objects.get(reference=held), UserFactory(clearance=Marking.AMBER)
    attach_report(report, relayed.shipment.subject, reason="Same flight.", by=by)
    reconcile()
    relay_outbox()
    found = told(follow(partner, following)[0])
    assert found[0] == ("report.bound", relayed.shipment.reference, held)
    assert partner.get(f"reports/{held}/").status_code == 200


def test_grant_is_told_to_whom_it_opens_a_subject_and_so_is_what_follows(relayed, partner):
    Shipment.objects.filter(pk=relayed.shipment.pk).update(marking=Marking.AMBER)
    relayed.shipment.refresh_from_db()
    announce_subject(relayed.offer)
    relay_outbox()
    _, following = follow(partner)
    grant = ReadingGrantFactory(subject=relayed.shipment.subject, actor=partner.key.actor, marking=Marking.AMBER)
    announce_subject(relayed.shipment, marking=grant.marking)
    relay_outbox()
    found, following = follow(partner, following)
    assert told(found) == [("subject.changed", relayed.shipment.reference, None)]
    red = record_report(day(21), source="wire", subject=relayed.shipment.reference, code="lost", marking="RED")
    amber = record_report(day(21), source="wire", subject=relayed.shipment.reference, code="lost", marking="AMBER")
    relay_outbox()
    found = [row["report"] for row in follow(partner, following)[0]]
    assert amber in found
    assert red not in found
    assert {row["subject"] for row in follow(make_partner())[0]} == {relayed.offer.reference}


def test_picture_that_goes_back_to_the_tier_below_is_told(relayed, analyst):
    reference = relayed.shipment.reference
    relay_outbox()
    _, following = follow(analyst)
    record_report(
        day(22), source="informant", subject=reference, kind="retract", event_id="i-2", marking="AMBER",
        target={"source": "informant", "event_id": "i-1"},
    )  # fmt: skip
    reconcile()
    assert analyst.get(f"shipments/{reference}/").json()["picture"]["leading"]["milestone"] == "lost"
    relay_outbox()
    assert ("picture.changed", reference, None) in told(follow(analyst, following)[0])


def test_plan_that_changes_is_told(relayed, partner):
    _, following = follow(partner)
    note_plan_change(relayed.offer.subject)
    relay_outbox()
    assert ("subject.changed", relayed.offer.reference, None) in told(follow(partner, following)[0])


def test_what_is_hidden_meanwhile_is_not_told(relayed, partner):
    assert follow(partner)[0]
    Shipment.objects.filter(pk=relayed.shipment.pk).update(marking=Marking.AMBER)
    assert follow(partner)[0] == []


def test_what_is_about_a_subject_that_is_gone_is_told_to_nobody(relayed, partner, analyst):
    before = follow(partner)[0], follow(analyst)[0]
    OutboxEventFactory(type="subject.changed", subject_id=new_id(), sequence=10_000)
    assert (follow(partner)[0], follow(analyst)[0]) == before


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({"type": "picture.changed"}, lambda row: row["type"] == "picture.changed"),
        ({"subject_kind": "shipment"}, lambda row: row["subject_kind"] == "shipment"),
        ({"subject": "SHIPMENT"}, lambda row: row["subject_kind"] == "shipment"),
        ({"subject_kind": "offer"}, lambda row: False),
        ({"subject": "SHP-00000000"}, lambda row: False),
    ],
)
def test_changes_can_be_narrowed(relayed, partner, filters, fits):
    asked = {name: value.replace("SHIPMENT", relayed.shipment.reference) for name, value in filters.items()}
    assert partner.get("changes/", asked).json()["results"] == [row for row in follow(partner)[0] if fits(row)]


def test_events_of_one_kind_are_looked_for_in_some_and_the_next_answer_looks_on(relayed, partner, monkeypatch):
    monkeypatch.setattr(pages, "LOOKED_THROUGH", 2)
    monkeypatch.setattr(pages, "AT_ONCE", 1)
    whole, _ = follow(partner)
    wanted = [row for row in whole if row["type"] == "picture.changed"]
    assert 0 < len(wanted) < len(whole)
    assert follow(partner, "changes/?type=picture.changed")[0] == wanted
    none = partner.get("changes/?subject_kind=offer").json()
    assert (none["results"], none["more"]) == ([], True)
    found, following = follow(partner, none["next"])
    assert found == []
    # What was looked at is passed over for good: the next answer looks at what came after it alone.
    assert partner.get(following).json()["more"] is False


def test_cursor_is_for_one_organisation_its_rights_and_its_filters(relayed, partner, analyst):
    following = partner.get("changes/", {"after": "latest"}).json()["next"]
    successor = make_partner(actor=partner.key.actor, source=partner.key.source)
    assert successor.get(following).status_code == 200  # the next key of the same organisation goes on
    wider = make_partner(actor=partner.key.actor, source=partner.key.source, clearance=Marking.AMBER)
    for answer in (
        wider.get(following),  # what it may see beyond was passed over: it has to begin anew
        make_partner().get(following),
        analyst.get(following),
        partner.get(f"{following}&type=report.held"),
        partner.get("changes/?after=bogus"),
        partner.get("changes/?after=" + "x" * 5000),
    ):
        assert answer.status_code == 400
        assert faults_of(answer) == {"after": "invalid_cursor"}


def test_cursor_older_than_what_is_kept_is_gone_unless_nothing_was_missed(relayed, partner, monkeypatch):
    clock = timezone.now()
    middle = partner.get("changes/?limit=1").json()["next"]
    _, end = follow(partner)
    OutboxEvent.objects.update(created_at=clock - KEPT_FOR - timedelta(days=1))
    newest = OutboxEvent.objects.order_by("-sequence").first()
    announce_subject(ShipmentFactory(marking=Marking.RED))
    relay_outbox()
    fan_out()
    assert drop_old_events(clock) > 0
    assert not OutboxEvent.objects.filter(pk=newest.pk).exists()
    gone = partner.get(middle)
    assert (gone.status_code, code_of(gone)) == (410, "cursor_expired")
    assert faults_of(gone) == {"after": "cursor_expired"}
    announce_subject(relayed.offer)
    relay_outbox()
    assert told(follow(partner, end)[0]) == [("subject.changed", relayed.offer.reference, None)]
    monkeypatch.setattr(timezone, "now", lambda: clock + KEPT_FOR)
    assert partner.get(end).status_code == 410


def test_numbers_never_begin_again(relayed):
    highest = OutboxEvent.objects.order_by("-sequence").first().sequence
    OutboxEvent.objects.update(created_at=timezone.now() - 2 * KEPT_FOR)
    fan_out()
    drop_old_events(timezone.now())
    assert OutboxEvent.objects.get().sequence == highest
    announce_subject(relayed.offer)
    relay_outbox()
    assert OutboxEvent.objects.order_by("-sequence").first().sequence == highest + 1


def test_changes_cost_the_same_for_few_and_for_many(relayed, partner, django_assert_num_queries):
    ReadingGrantFactory(subject=relayed.shipment.subject, actor=partner.key.actor, marking=Marking.AMBER)
    following = partner.get("changes/?limit=1").json()["next"]
    with django_assert_num_queries(4):
        partner.get(following)
    for _ in range(40):
        announce_subject(ShipmentFactory())
    relay_outbox()
    with django_assert_num_queries(4):
        assert len(partner.get(following.replace("limit=1", "limit=100")).json()["results"]) > 40


def test_picture_that_may_have_the_number_of_another_is_told_without(relayed, analyst, tell):
    subject = relayed.shipment.reference

    def believed():
        picture = analyst.get(f"shipments/{subject}/").json()["picture"]
        return picture["version"], picture["status"]["value"]

    def told_since(path):
        relay_outbox()
        found, following = follow(analyst, path)
        return [row["version"] for row in found if row["type"] == "picture.changed"], following

    _, following = told_since("changes/")
    tell("carrier", "delivered", occurred="2022-05-20", marking="AMBER", event_id="c-9")
    own, (versions, following) = believed(), told_since(following)
    assert versions == [5]  # it is its readers' own, as the one before
    tell("carrier", "arrived", occurred="2022-05-18", kind="correct", target={"event_id": "c-9"}, event_id="c-10")
    assert (own, believed()) == ((5, "delivered"), (5, "arrived"))
    assert told_since(following)[0] == [5, None]  # the one that all others have, and that theirs is lost
