"""Merging: reads and reports are led to the survivor, what was said stays, and all of it can be undone."""

import json

import pytest
from django.apps import apps
from django.db.models import ForeignKey

from actors.factories import ActorFactory, PartnerKeyFactory, SourceFactory, SourceInterestFactory, UserFactory
from actors.marking import Marking
from actors.models import Actor, AuditEntry
from shipments.factories import (
    AppealFactory,
    ContactFactory,
    InquiryFactory,
    LegFactory,
    OfferFactory,
    PlaceFactory,
    ReadingGrantFactory,
    ReportFactory,
    ShipmentFactory,
    ShipmentPartyFactory,
)
from shipments.models import Attachment, Due, Leg, Place, Report, Shipment, ShipmentParty, Subject
from shipments.services.curating import attach_report
from shipments.services.errors import NotMergeable
from shipments.services.merging import merge, unmerge
from shipments.services.naming_rows import LINKS, PARTS
from shipments.services.relaying import relay_outbox
from tests.people import make_partner
from tests.shipments.api.conftest import day, reconcile, record_report
from tests.shipments.api.test_changes import follow

pytestmark = pytest.mark.django_db
WHY = "One flight, told twice."


@pytest.fixture
def by():
    return UserFactory()


@pytest.fixture
def told(by):
    """A flight that analysts know, and the same one as a partner entered it, each with a report."""
    SourceFactory(code="wire", grade="B")
    SourceFactory(code="carrier", grade="B")
    kept = ShipmentFactory(title="Known flight")
    other = ShipmentFactory(title="Entered flight", provisional=True, recipient=kept.recipient)
    record_report(day(16), source="carrier", subject=kept.reference, code="departed", occurred="2022-05-16")
    record_report(day(17), source="wire", subject=other.reference, code="delivered", occurred="2022-05-17")
    reconcile()
    return kept, other


def status(partner, subject, known_at=None):
    asked = {"known_at": known_at} if known_at else {}
    picture = partner.get(f"shipments/{subject.reference}/", asked).json()["picture"]
    return picture and picture["status"]["value"]


def evidence() -> str:
    return json.dumps(list(Report.objects.order_by("pk").values()), default=str)


def test_what_was_said_of_both_is_believed_of_one(told, by, partner):
    kept, other = told
    before = evidence()
    merge(other.subject, kept.subject, reason=WHY, by=by)
    assert set(Due.objects.values_list("subject_id", flat=True)) == {kept.pk, other.pk}
    reconcile()
    assert status(partner, kept) == "delivered"
    assert evidence() == before
    answer = partner.get(f"shipments/{other.reference}/").json()
    assert (answer["reference"], answer["merged_from"]) == (kept.reference, [other.reference])
    assert [row["reference"] for row in partner.get("shipments/").json()["results"]] == [kept.reference]
    assert len(partner.get(f"shipments/{other.reference}/reports/").json()["results"]) == 2
    audited = AuditEntry.objects.get(action="merge")
    assert (audited.user, audited.reason, audited.changes["into"]) == (by, WHY, kept.reference)


def test_history_stays_as_it_was_believed(told, by, partner):
    kept, other = told
    merge(other.subject, kept.subject, reason=WHY, by=by)
    reconcile()
    assert status(partner, kept, "2022-05-20") == "departed"


def test_later_reports_of_either_name_go_to_the_survivor(told, by):
    kept, other = told
    merge(other.subject, kept.subject, reason=WHY, by=by)
    reference = record_report(day(20), source="wire", subject=other.reference, code="verified")
    assert Report.objects.get(reference=reference).subject_id == kept.pk


def test_merge_is_undone_and_nothing_is_lost(told, by, partner):
    kept, other = told
    merge(other.subject, kept.subject, reason=WHY, by=by)
    reconcile()
    unmerge(Subject.objects.get(pk=other.pk), reason="Two flights after all.", by=by)
    reconcile()
    assert (status(partner, kept), status(partner, other)) == ("departed", "delivered")
    assert partner.get(f"shipments/{kept.reference}/").json()["merged_from"] == []
    assert len(partner.get(f"shipments/{kept.reference}/reports/").json()["results"]) == 1
    assert len(partner.get(f"shipments/{other.reference}/reports/").json()["results"]) == 1
    merge(Subject.objects.get(pk=other.pk), kept.subject, reason=WHY, by=by)
    reconcile()
    assert status(partner, kept) == "delivered"


def test_a_merge_is_undone_once_by_two_who_opened_the_same_page(told, by):
    kept, other = told
    merge(other.subject, kept.subject, reason=WHY, by=by)
    one, two = (Subject.objects.get(pk=other.pk) for _ in range(2))
    unmerge(one, reason="Two flights after all.", by=by)
    with pytest.raises(NotMergeable):
        unmerge(two, reason="Two flights after all.", by=by)
    assert AuditEntry.objects.filter(action="unmerge").count() == 1


def test_legs_that_reports_speak_of_come_along_and_go_back(told, by):
    kept, other = told
    spoken, silent = LegFactory(shipment=other, key="out-1"), LegFactory(shipment=other, key="out-2")
    record_report(day(18), source="wire", subject=other.reference, leg="out-1", code="departed")
    merge(other.subject, kept.subject, reason=WHY, by=by)
    assert dict(Leg.objects.values_list("key", "shipment")) == {"out-1": kept.pk, "out-2": other.pk}
    reconcile()
    unmerge(Subject.objects.get(pk=other.pk), reason="No.", by=by)
    assert set(Leg.objects.filter(shipment=other)) == {spoken, silent}


def test_actor_is_named_by_the_survivor_everywhere_and_again_by_itself(by, partner):
    state, entered = ActorFactory(name="China"), ActorFactory(name="PRC", provisional=True)
    both = ShipmentFactory(carrier=entered)
    ShipmentPartyFactory(shipment=both, actor=state, role="donor")
    ShipmentPartyFactory(shipment=both, actor=entered, role="donor")
    contact = ContactFactory(participants=[state, entered])
    rows = [AppealFactory(requester=entered), OfferFactory(donor=entered), InquiryFactory(asked=entered)]
    child = ActorFactory(parent=entered)
    merge(entered, state, reason=WHY, by=by)
    assert not Actor.objects.filter(parent=entered).exists()
    assert [party.actor for party in ShipmentParty.objects.filter(shipment=both)] == [state]
    assert list(contact.participants.all()) == [state]
    assert {Due.objects.filter(subject=row.pk).exists() for row in [*rows, both]} == {True}
    answer = partner.get(f"actors/{entered.reference}/").json()
    assert (answer["name"], answer["merged_from"]) == ("China", [entered.reference])
    unmerge(Actor.objects.get(pk=entered.pk), reason="No.", by=by)
    assert set(ShipmentParty.objects.filter(shipment=both).values_list("actor", flat=True)) == {state.pk, entered.pk}
    assert set(contact.participants.all()) == {state, entered}
    child.refresh_from_db()
    assert child.parent == entered
    for row, name in zip(rows, ("requester", "donor", "asked"), strict=True):
        row.refresh_from_db()
        assert getattr(row, name) == entered


def test_interest_in_a_merged_actor_is_one_in_the_survivor(told, by, partner):
    kept, _ = told
    entered = ActorFactory(provisional=True)
    source = SourceFactory(code="spokesman", grade="C")
    SourceInterestFactory(source=source, actor=entered, recorded_at=day(1))
    record_report(day(18), source="spokesman", subject=kept.reference, code="arrived", occurred="2022-05-18")
    reconcile()

    def confidence():
        steps = partner.get(f"shipments/{kept.reference}/timeline/").json()["steps"]
        return {step["milestone"]: step["confidence"] for step in steps}.get("arrived")

    before = confidence()
    merge(entered, kept.recipient, reason=WHY, by=by)
    reconcile()
    assert confidence() != before


def test_place_is_the_one_it_was_merged_into(by, partner):
    known, entered = PlaceFactory(code="KPFNJ"), PlaceFactory(code="PLC-SUNAN", provisional=True)
    shipment = ShipmentFactory(destination=known)
    SourceFactory(code="wire", grade="B")
    report = {"source": "wire", "subject": shipment.reference, "code": "arrived", "occurred": "2022-05-17"}
    record_report(day(17), **report, place="PLC-SUNAN")
    reconcile()
    assert status(partner, shipment) == "in_transit"
    merge(entered, known, reason=WHY, by=by)
    reconcile()
    assert status(partner, shipment) == "arrived"
    answer = partner.get("places/PLC-SUNAN/").json()
    assert (answer["code"], answer["merged_from"]) == ("KPFNJ", ["PLC-SUNAN"])
    unmerge(Place.objects.get(pk=entered.pk), reason="No.", by=by)
    reconcile()
    assert status(partner, shipment) == "in_transit"


def _refused(pair, by) -> str:
    with pytest.raises(NotMergeable) as refused:
        merge(*pair, reason=WHY, by=by)
    return refused.value.detail


def test_what_may_not_be_merged_is_refused_in_words(by):
    row, into = ShipmentFactory(provisional=True).subject, ShipmentFactory().subject
    assert "itself" in _refused((row, row), by)
    assert "kind" in _refused((row, OfferFactory().subject), by)
    assert "kind" in _refused((row, ActorFactory()), by)
    assert "confirmed" in _refused((into, row), by)
    secret = ShipmentFactory(provisional=True, marking=Marking.AMBER).subject
    assert "marked higher" in _refused((secret, into), by)
    merge(row, into, reason=WHY, by=by)
    assert "merged already" in _refused((Subject.objects.get(pk=row.pk), into), by)
    third = ShipmentFactory(provisional=True).subject
    assert "merged itself" in _refused((third, Subject.objects.get(pk=row.pk)), by)
    Subject.objects.filter(pk=into.pk).update(provisional=True)
    assert "Others are merged" in _refused((Subject.objects.get(pk=into.pk), third), by)
    holder = PartnerKeyFactory(actor=ActorFactory(provisional=True)).actor
    assert "keys" in _refused((holder, ActorFactory()), by)
    donor = ActorFactory(provisional=True)
    offer = OfferFactory(donor=donor)
    assert "both sides" in _refused((donor, offer.recipient), by)
    offer.refresh_from_db()
    assert offer.donor == donor
    with pytest.raises(NotMergeable):
        unmerge(third, reason=WHY, by=by)


def test_whoever_may_not_see_the_survivor_finds_nothing(told, by):
    kept, other = told
    Shipment.objects.filter(pk=kept.pk).update(marking=Marking.AMBER)
    merge(other.subject, Subject.objects.get(pk=kept.pk), reason=WHY, by=by)
    outsider = make_partner()
    hidden = outsider.get(f"shipments/{other.reference}/")
    missing = outsider.get("shipments/SHP-00000000/")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["detail"] == missing.json()["detail"]


@pytest.mark.parametrize("how", ["cleared", "granted"])
def test_merging_into_what_is_hidden_is_told_as_a_loss_and_nothing_more(told, by, how):
    kept, other = told
    reader, wide, stranger = make_partner(), make_partner(clearance=Marking.RED), make_partner()
    hidden = Marking.AMBER
    if how == "granted":
        Subject.objects.filter(pk=other.pk).update(marking=Marking.AMBER)
        ReadingGrantFactory(subject=other.subject, actor=reader.key.actor, marking=Marking.AMBER)
        hidden = Marking.RED
    Subject.objects.filter(pk=kept.pk).update(marking=hidden)
    relay_outbox()
    ends = [follow(each)[1] for each in (reader, wide, stranger)]
    merge(Subject.objects.get(pk=other.pk), Subject.objects.get(pk=kept.pk), reason=WHY, by=by)
    relay_outbox()
    seen = [
        [(row["type"], row["subject"]) for row in follow(each, end)[0]]
        for each, end in zip((reader, wide, stranger), ends, strict=True)
    ]
    gone = [("subject.gone", other.reference)]
    assert seen[0] == gone
    assert set(seen[1]) == {("subject.changed", each.reference) for each in (kept, other)}
    assert seen[2] == (gone if how == "cleared" else [])

    unmerge(Subject.objects.get(pk=other.pk), reason="Two flights after all.", by=by)
    relay_outbox()
    assert {row["type"] for row in follow(reader, ends[0])[0]} == {"subject.changed"}
    assert reader.get(f"shipments/{other.reference}/").status_code == 200


def test_only_reports_that_the_merge_brought_along_go_back(told, by):
    kept, other = told
    brought = Report.objects.get(subject=other.subject)
    # The same words, passed on by somebody for whom they lead nowhere: one reference, two rows.
    twin = ReportFactory(reference=brought.reference, source=brought.source, relayed_by=ActorFactory(), subject=None)
    attach_report(twin, kept.subject, reason="It is that flight.", by=by)
    merge(other.subject, kept.subject, reason=WHY, by=by)
    unmerge(Subject.objects.get(pk=other.pk), reason="Two flights after all.", by=by)
    assert [each.subject_id for each in twin.attachments.all()] == [kept.pk]
    assert brought.attachments.order_by("recorded_at").last().subject_id == other.pk


# What keeps the name it has: evidence, rights, who speaks, the entry, and what a row is itself.
KEPT = {"merged_into", "subject", "granted_by"}
KEPT_MODELS = {"report", "attachment", "readinggrant", "partnerkey", "source", "sourceinterest", "ledgerentry"}
KEPT_MODELS |= {"actorname", "actoridentifier", "document", "due", "finding", "picture", "conflict", "outboxevent"}
KEPT_MODELS |= {"subjectidentifier", "auditentry", "offerline"}


def test_every_key_to_what_can_be_merged_is_moved_or_named_here():
    merged = {"actor": Actor, "place": Place}
    moved = {(model, column) for links in LINKS.values() for model, column in links} | set(PARTS)
    forgotten = []
    for label in ("actors", "shipments"):
        for model in apps.get_app_config(label).get_models(include_auto_created=True):
            for field in model._meta.local_fields:
                if not isinstance(field, ForeignKey) or field.remote_field.parent_link or field.name in KEPT:
                    continue
                target = field.related_model
                is_one = target in merged.values() or issubclass(target, Subject)
                if is_one and (model, field.name) not in moved and model._meta.model_name not in KEPT_MODELS:
                    forgotten.append(f"{model._meta.model_name}.{field.name}")
    assert set(forgotten) <= {"receipt.line", "shipmentparty.shipment", "contact_participants.contact"}
    assert Attachment._meta.model_name in KEPT_MODELS
