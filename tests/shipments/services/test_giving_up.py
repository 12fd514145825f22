"""A subject that cannot be folded, takes too long or takes its worker with it holds up nobody else."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from msgspec.structs import replace

from actors.factories import SourceFactory
from shipments.factories import ReportDraftFactory, ShipmentFactory
from shipments.models import Due, Picture, Subject
from shipments.services import picturing, reconciling
from shipments.services.queue import MAX_ATTEMPTS, claim
from shipments.services.reconciling import reconcile_due
from shipments.services.recording import Sender, record
from shipments.services.verifying import verify

pytestmark = pytest.mark.django_db


def test_verify_does_not_fold_what_took_five_workers_with_it(say, monkeypatch):
    def deadly(dossier, **more):
        raise AssertionError("folded")

    say("departed", 24)
    Due.objects.update(attempts=MAX_ATTEMPTS, quarantined=True)
    monkeypatch.setattr(reconciling, "fold_dossier", deadly)
    assert verify() == []


def test_a_subject_that_cannot_be_folded_does_not_hold_up_the_others(say, monkeypatch):
    say("departed", 24)
    poison = Subject.objects.get()
    draft = ReportDraftFactory(source="wfp", subject=ShipmentFactory().reference)
    record([replace(draft, event_id="other")], sender=Sender())
    real = reconciling.fold_dossier

    def fold_dossier(dossier, **more):
        if dossier.subject_id == poison.pk:
            raise RuntimeError("poison")
        return real(dossier, **more)

    monkeypatch.setattr(reconciling, "fold_dossier", fold_dossier)
    reconcile_due(limit=100)

    assert Picture.objects.exclude(subject=poison).exists()
    left = Due.objects.get()
    assert (left.subject_id, left.last_error) == (poison.pk, "RuntimeError: poison")


def test_a_subject_that_takes_too_long_is_given_up_in_time_and_the_others_are_written(say, settings, monkeypatch):
    say("departed", 24)
    say("arrived", 30)
    endless = Subject.objects.get()
    draft = ReportDraftFactory(source="wfp", subject=ShipmentFactory().reference)
    record([replace(draft, event_id="other")], sender=Sender())
    clock, fold = 0.0, picturing.reconcile

    def slow(evidence, **more):
        nonlocal clock
        clock += settings.RECONCILE_LEASE_SECONDS * 0.6 if evidence.plan.key == endless.reference else 0
        return fold(evidence, **more)

    monkeypatch.setattr(picturing, "reconcile", slow)
    for module in (picturing, reconciling):
        monkeypatch.setattr(module, "monotonic", lambda: clock)
    reconcile_due(limit=100)

    assert Picture.objects.exclude(subject=endless).exists()
    left = Due.objects.get()
    assert (left.subject_id, left.attempts, left.claim_token) == (endless.pk, 1, None)
    assert left.last_error.startswith("TookTooLong: no time was left after 1 ")


def test_a_subject_that_takes_too_long_keeps_the_rest_of_its_batch_waiting_for_a_moment_only(say, monkeypatch):
    for hour in range(20):
        say("departed", hour)
    endless = Subject.objects.get()
    others = [ShipmentFactory().reference for _ in range(3)]
    record([ReportDraftFactory(source="wfp", event_id=each, subject=each) for each in others], sender=Sender())
    clock, waited, fold = 0.0, [], picturing.reconcile

    def slow(evidence, **more):
        nonlocal clock
        if evidence.plan.key == endless.reference:
            clock += 1
        else:
            waited.append(clock)
        return fold(evidence, **more)

    monkeypatch.setattr(picturing, "reconcile", slow)
    for module in (picturing, reconciling):
        monkeypatch.setattr(module, "monotonic", lambda: clock)
    reconcile_due(limit=100)

    assert len(waited) == len(others)
    assert max(waited) <= reconciling.PATIENCE_SECONDS + 1
    assert Due.objects.get().subject_id == endless.pk


def lose_with_a_worker(count):
    """Subjects of which something was said, and who claimed them never came back."""
    SourceFactory(code="wfp")
    subjects = [ShipmentFactory(destination=None) for _ in range(count)]
    drafts = [ReportDraftFactory(source="wfp", event_id=str(each.pk), subject=each.reference) for each in subjects]
    record(drafts, sender=Sender())
    assert len(claim(limit=count)) == count
    Due.objects.update(leased_until=Now() - timedelta(seconds=1))
    return {each.pk for each in subjects}


def test_what_a_worker_that_was_killed_had_in_hand_is_tried_one_by_one_in_the_next_batch(monkeypatch):
    lost = lose_with_a_worker(6)
    batches, real = [], reconciling.reconcile

    def reconcile(claims):
        in_hand = set(Due.objects.filter(leased_until__gt=Now()).values_list("pk", flat=True))
        batches.append([each.subject_id for each in claims])
        # Whoever dies of this one takes nothing else.
        assert in_hand == set(batches[-1])
        return real(claims)

    monkeypatch.setattr(reconciling, "TRIED_SECONDS", 60)
    monkeypatch.setattr(reconciling, "reconcile", reconcile)
    assert reconcile_due(limit=3) == 6
    assert sorted(batches) == sorted([each] for each in lost)
    assert not Due.objects.exists()


def test_what_was_tried_before_keeps_a_worker_for_a_moment_only(monkeypatch):
    lose_with_a_worker(6)
    clock, real = 0.0, reconciling.reconcile

    def slow(claims):
        nonlocal clock
        clock += reconciling.TRIED_SECONDS / 2
        return real(claims)

    monkeypatch.setattr(reconciling, "reconcile", slow)
    monkeypatch.setattr(reconciling, "monotonic", lambda: clock)
    assert [reconcile_due(limit=6) for _ in range(4)] == [2, 2, 2, 0]
