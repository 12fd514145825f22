"""A subject that cannot be folded, takes too long or takes its worker with it holds up nobody else."""

import pytest
from msgspec.structs import replace

from shipments.factories import ReportDraftFactory, ShipmentFactory
from shipments.models import Due, Picture, Subject
from shipments.services import picturing, reconciling
from shipments.services.queue import MAX_ATTEMPTS
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
