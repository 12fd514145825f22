"""/changes/ tells an organisation what it could read and cannot any more, and nobody else."""

from actors.factories import ActorFactory, UserFactory
from actors.marking import Marking
from shipments.factories import ReadingGrantFactory, ShipmentFactory
from shipments.models import Appeal, Report
from shipments.services.curating import attach_report
from shipments.services.deciding import decide
from shipments.services.planning import announce_loss, announce_subject, note_plan_change
from shipments.services.relaying import relay_outbox
from tests.pages import page_of, signed_in
from tests.people import make_partner
from tests.shipments.api.conftest import day, reconcile, record_report
from tests.shipments.api.entries import ENTERS
from tests.shipments.api.test_changes import follow, relayed, told

__all__ = ["relayed"]


def mark(subject, marking):
    """Mark a subject as its page in the admin does."""
    before = subject.marking
    type(subject).objects.filter(pk=subject.pk).update(marking=marking)
    subject.refresh_from_db()
    announce_loss(subject, cleared=before)
    note_plan_change(subject)
    relay_outbox()


def test_a_subject_that_is_lost_is_told_to_whoever_could_read_it(relayed, partner, analyst):
    other, quiet = make_partner(), make_partner(clearance=Marking.AMBER)
    named = make_partner()
    ReadingGrantFactory(subject=relayed.shipment.subject, actor=named.key.actor, marking=Marking.AMBER)
    callers = (partner, other, quiet, named, analyst)
    ends = [follow(caller)[1] for caller in callers]
    mark(relayed.shipment.subject, Marking.AMBER)
    gone = [("subject.gone", relayed.shipment.reference, None)]
    changed = [("subject.changed", relayed.shipment.reference, None)]
    assert [told(follow(caller, end)[0]) for caller, end in zip(callers, ends, strict=True)] == [
        gone,
        gone,
        changed,
        changed,
        changed,
    ]
    newcomer = make_partner()
    assert relayed.shipment.reference not in str(follow(newcomer)[0])
    ((row,), _) = follow(partner, ends[0])
    assert (row["subject_kind"], row["version"]) == ("shipment", None)
    # All that was told of it before is passed over by now, in a walk from the beginning too.
    assert [row for row in told(follow(partner)[0]) if row[1] == relayed.shipment.reference] == gone


def test_a_loss_is_told_until_the_subject_is_opened_again(relayed, partner):
    _, end = follow(partner)
    mark(relayed.shipment.subject, Marking.RED)
    mark(relayed.shipment.subject, Marking.CLEAR)
    assert {row[0] for row in told(follow(partner, end)[0])} == {"subject.changed"}


def test_readers_who_lose_a_subject_later_are_not_told_of_those_who_lost_it_before(relayed, partner):
    wide = make_partner(clearance=Marking.AMBER)
    mark(relayed.shipment.subject, Marking.AMBER)
    _, end = follow(wide)
    mark(relayed.shipment.subject, Marking.RED)
    assert told(follow(wide, end)[0]) == [("subject.gone", relayed.shipment.reference, None)]
    assert [row for row in told(follow(partner)[0]) if row[0] == "subject.gone"] == [
        ("subject.gone", relayed.shipment.reference, None)
    ]


def test_a_withdrawn_grant_is_told_to_whom_it_was_given(relayed, partner):
    hidden = ShipmentFactory(marking=Marking.AMBER)
    grant = ReadingGrantFactory(subject=hidden.subject, actor=partner.key.actor, marking=Marking.AMBER)
    announce_subject(hidden.subject, marking=Marking.AMBER)
    relay_outbox()
    ends = [(caller, follow(caller)[1]) for caller in (partner, make_partner())]
    client = signed_in()
    said = {"action": "withdraw", "_selected_action": grant.pk, "reason": "They left."}
    client.post("/admin/shipments/readinggrant/", said)
    relay_outbox()
    assert [told(follow(*each)[0]) for each in ends] == [[("subject.gone", hidden.reference, None)], []]


def test_report_moved_to_what_is_hidden_is_read_on_and_its_old_subject_told_of(relayed, partner):
    reference = record_report(day(20), source="wire", subject="awb:784-1", code="departed", occurred="2022-05-16")
    report = Report.objects.get(reference=reference)
    attach_report(report, relayed.shipment.subject, reason="Its waybill.", by=UserFactory())
    reconcile()
    relay_outbox()
    assert reference in str(partner.get(f"shipments/{relayed.shipment.reference}/reports/").json())
    _, end = follow(partner)
    author = UserFactory(clearance=Marking.RED)
    hidden = ShipmentFactory(marking=Marking.RED).subject
    said = {"reason": "Another flight.", "marking": Marking.RED, "reports": [report], "to_subject": hidden}
    decide(relayed.shipment.subject, author=author, kind="two_events", **said)
    relay_outbox()
    assert told(follow(partner, end)[0]) == [("subject.changed", relayed.shipment.reference, None)]
    assert partner.get(f"reports/{reference}/").status_code == 200
    assert reference not in str(partner.get(f"shipments/{relayed.shipment.reference}/reports/").json())


def test_organisation_is_told_of_no_loss_by_a_key_that_could_not_read_it(relayed, partner):
    low = make_partner(actor=partner.key.actor, clearance=Marking.CLEAR)
    mark(relayed.shipment.subject, Marking.GREEN)
    (_, end), (_, later) = follow(low), follow(partner)
    mark(relayed.shipment.subject, Marking.AMBER)
    assert told(follow(partner, later)[0]) == [("subject.gone", relayed.shipment.reference, None)]
    assert told(follow(low, end)[0]) == []


def test_marking_a_subject_higher_in_the_admin_or_by_patch_tells_of_the_loss(relayed):
    low, high = make_partner(clearance=Marking.CLEAR), make_partner(scopes=ENTERS)
    location = high.post("appeals/", {"external_id": "A-1", "title": "Kits"} | {
        side: ActorFactory().reference for side in ("requester", "addressee")}).headers["Location"]  # fmt: skip
    relay_outbox()
    _, end = follow(low)
    answer = high.send("PATCH", location, {"marking": "GREEN"}, **{"idempotency-key": "raise"})
    assert answer.status_code == 200, answer.content
    relay_outbox()
    appeal = Appeal.objects.get(entry__isnull=False)
    assert told(follow(low, end)[0]) == [("subject.gone", appeal.reference, None)]
    _, end = follow(high)
    form = {"title": "Kits", "marking": 2, "requester": appeal.requester_id, "addressee": appeal.addressee_id}
    form |= {f"identifiers-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    assert signed_in().post(page_of(appeal), form).status_code == 302
    relay_outbox()
    assert told(follow(high, end)[0]) == [("subject.gone", appeal.reference, None)]
