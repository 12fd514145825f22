"""The querysets that hold the access policy for subjects, evidence and picture."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet

from actors.marking import Marking

if TYPE_CHECKING:
    from actors.access import Reader


def _granted(reader: Reader, subject: str) -> Q:
    """Rows whose ``subject`` was granted to the reader by name; a condition for ``filter``."""
    named = Q()
    if reader.actor_id:
        named |= Q(actor_id=reader.actor_id)
    if reader.user_id:
        named |= Q(user_id=reader.user_id)
    if not named:
        return Q()
    grants = apps.get_model("shipments", "ReadingGrant").objects
    return Q(Exists(grants.filter(named, subject_id=OuterRef(subject), withdrawn_at=None)))


class SubjectQuerySet(QuerySet):
    """Shipments, offers, appeals, contacts, inquiries and crises."""

    def visible_to(self, reader: Reader) -> Self:
        return self.filter(Q(marking__lte=reader.clearance) | _granted(reader, "pk"))


class DocumentQuerySet(QuerySet):
    """Documents, with their own marking."""

    def visible_to(self, reader: Reader) -> Self:
        own = Q(source__actor_id=reader.actor_id) if reader.actor_id else Q()
        return self.filter(Q(marking__lte=reader.clearance) | own)


class ReportQuerySet(QuerySet):
    """Reports. A report needs its own marking and its subject's; a held one is for its sender and analysts."""

    def visible_to(self, reader: Reader) -> Self:
        subjects = apps.get_model("shipments", "Subject").objects.visible_to(reader)
        attachments = apps.get_model("shipments", "Attachment").objects.filter(report=OuterRef("pk"))
        about_visible = Exists(subjects.filter(pk=OuterRef("subject_id"))) | Exists(
            attachments.filter(subject__in=subjects)
        )
        grants = apps.get_model("shipments", "ReadingGrant").objects.filter(
            subject_id=OuterRef("subject_id"), marking__gte=OuterRef("marking"), withdrawn_at=None
        )
        held_and_cleared = Q(subject=None, marking__lte=reader.clearance)
        if reader.clearance < Marking.AMBER:
            held_and_cleared = Q(pk=None)
        condition = (Q(marking__lte=reader.clearance) & Q(about_visible)) | held_and_cleared
        if reader.actor_id:
            condition |= Q(partner_key__actor_id=reader.actor_id)
            condition |= Q(Exists(grants.filter(actor_id=reader.actor_id)))
        if reader.user_id:
            condition |= Q(entered_by_id=reader.user_id)
            condition |= Q(Exists(grants.filter(user_id=reader.user_id)))
        return self.filter(condition)

    def held(self) -> Self:
        """Reports whose subject, leg, line or code is not known yet: kept, shown, moving nothing."""
        attachments = apps.get_model("shipments", "Attachment").objects.filter(report=OuterRef("pk"))
        mappings = apps.get_model("shipments", "CodeMapping").objects
        without_subject = Q(subject=None) & ~Q(Exists(attachments))
        without_leg = Q(leg=None) & ~Q(leg_said="") & ~Q(Exists(attachments.filter(leg__isnull=False)))
        without_line = Q(line=None) & ~Q(line_said="") & ~Q(Exists(attachments.filter(line__isnull=False)))
        is_mapped = Exists(mappings.filter(scheme=OuterRef("code_scheme"), code=OuterRef("code_said")))
        without_code = Q(code_is_known=False) & ~Q(is_mapped)
        return self.filter(without_subject | without_leg | without_line | without_code)


class KnownQuerySet(QuerySet):
    """Picture rows, each true for a span of knowledge and folded for a tier of readers."""

    def for_reader(self, reader: Reader, *, known_at: datetime | None = None) -> Self:
        """What this reader could know at ``known_at`` (now, if None) of the subjects they may see."""
        subjects = apps.get_model("shipments", "Subject").objects.visible_to(reader)
        higher = (
            apps.get_model("shipments", "Picture")
            .objects.filter(subject_id=OuterRef("subject_id"), tier__gt=OuterRef("tier"), tier__lte=reader.clearance)
            .filter(_known(known_at))
        )
        return self.filter(
            _known(known_at),
            ~Exists(higher),
            Exists(subjects.filter(pk=OuterRef("subject_id"))),
            tier__lte=reader.clearance,
        )


def _known(moment: datetime | None) -> Q:
    """Rows whose span holds ``moment``; the open ones, if None."""
    if moment is None:
        return Q(known_to=None)
    return Q(known_from__lte=moment) & (Q(known_to=None) | Q(known_to__gt=moment))
