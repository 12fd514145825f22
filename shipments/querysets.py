"""The querysets that hold the access policy for subjects, evidence and picture."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT

from actors.marking import Marking
from actors.querysets import is_there

if TYPE_CHECKING:
    from actors.access import Reader
    from actors.models import PartnerKey


def granted(reader: Reader, subject: str, *, up_to: str | OuterRef = "") -> Q:
    """Rows whose ``subject`` was granted to the reader by name; a condition for ``filter``.

    With ``up_to``, rows whose column of that name (a marking) the grant reaches.
    """
    named = _named(reader)
    if not named:
        return Q(pk=None)
    grants = apps.get_model("shipments", "ReadingGrant").objects.filter(named, withdrawn_at=None)
    reached = {"marking__gte": OuterRef(up_to)} if up_to else {}
    return Q(Exists(grants.filter(subject_id=OuterRef(subject), **reached)))


def _named(reader: Reader) -> Q:
    named = Q(actor_id=reader.actor_id) if reader.actor_id else Q()
    return named | Q(user_id=reader.user_id) if reader.user_id else named


def within(reader: Reader, column: str, *, subject: str = "subject_id") -> Q:
    """Rows whose ``column`` (a marking or a tier) is within the clearance, or within a grant on their subject."""
    return Q(**{f"{column}__lte": reader.clearance}) | granted(reader, subject, up_to=column)


def is_beyond_tiers(reader: Reader) -> Q:
    """Whether ``reader`` may see more, or less, of a subject than one stored tier holds: it is to be folded for them.

    So it is with reports of their own above their clearance, and with a grant that does not reach the subject's own
    marking.
    """
    beyond = is_above(reader)
    for own in own_above(reader):
        # Subject by subject, never by all that the reader ever sent.
        beyond |= Q(Exists(own.filter(subject_id=OuterRef("pk"))))
    return beyond


def is_above(reader: Reader) -> Q:
    """Whether the marking of a subject itself is beyond ``reader``, who may see it all the same."""
    return ~within(reader, "marking", subject="pk")


def own_above(reader: Reader) -> list[QuerySet]:
    """Reports of the reader's own above their clearance, and attachments of such: each of its ``subject_id``."""
    found = []
    for name, whose in (("partner_key__actor_id", reader.actor_id), ("entered_by_id", reader.user_id)):
        if whose:
            own = {name: whose, "marking__gt": reader.clearance}
            # The few above the lowest marking have an index of their own.
            restricted = apps.get_model("shipments", "Report").objects.filter(marking__gt=Marking.CLEAR).filter(**own)
            attached = {f"report__{column}": said for column, said in own.items()}
            attachments = apps.get_model("shipments", "Attachment").objects.filter(**attached)
            found += [restricted.order_by(), attachments.order_by()]
    return found


class SubjectQuerySet(QuerySet):
    """Shipments, offers, appeals, contacts, inquiries and crises."""

    def visible_to(self, reader: Reader) -> Self:
        return self.filter(Q(marking__lte=reader.clearance) | granted(reader, "pk"))

    def answering(self, reader: Reader) -> Self:
        """Those of which ``reader`` gets an answer; of a merged one that is what it was merged into, if visible."""
        kept = apps.get_model("shipments", "Subject").objects.visible_to(reader)
        return self.visible_to(reader).filter(Q(merged_into=None) | Exists(kept.filter(pk=OuterRef("merged_into_id"))))

    def beyond_tiers(self, reader: Reader) -> Self:
        """Those that are to be folded for ``reader``."""
        return self.filter(is_beyond_tiers(reader))


class DocumentQuerySet(QuerySet):
    """Documents, with their own marking."""

    def visible_to(self, reader: Reader) -> Self:
        if not reader.actor_id:
            return self.filter(marking__lte=reader.clearance)
        # Not joined: PostgreSQL would read all that is to come for the next page, to put it in order.
        sources = apps.get_model("actors", "Source").objects.filter(actor_id=reader.actor_id)
        own = Q(source__in=sources) | Q(sender_id=reader.actor_id)
        return self.filter(Q(marking__lte=reader.clearance) | own)


class ReportQuerySet(QuerySet):
    """Reports. A report needs its own marking and its subject's; a held one is for its sender and analysts."""

    def visible_to(self, reader: Reader) -> Self:
        subjects = apps.get_model("shipments", "Subject").objects.visible_to(reader)
        attachments = apps.get_model("shipments", "Attachment").objects.filter(report=OuterRef("pk"))
        about_visible = Q(is_there(subjects.filter(pk=OuterRef("subject_id")))) | Q(
            is_there(attachments.filter(subject__in=subjects))
        )
        held_and_cleared = Q(subject=None, marking__lte=reader.clearance) if reader.reads_held else Q(pk=None)
        condition = (Q(marking__lte=reader.clearance) & about_visible) | held_and_cleared
        reached = attachments.filter(granted(reader, "subject_id", up_to=OuterRef("marking")))
        condition |= granted(reader, "subject_id", up_to="marking") | Q(Exists(reached))
        if reader.actor_id:
            condition |= Q(partner_key__actor_id=reader.actor_id)
        if reader.user_id:
            condition |= Q(entered_by_id=reader.user_id)
        return self.filter(condition)

    def about(self, subject: UUID | None) -> Self:
        """What was said of ``subject`` (its key), or was attached to it once."""
        attached = apps.get_model("shipments", "Attachment").objects.filter(subject=subject).order_by()
        # Keys, asked for here: with a subquery in their place every report is read.
        return self.filter(Q(subject=subject) | Q(pk__in=list(attached.values_list("report_id", flat=True))))

    def told_once(self) -> Self:
        """Of what is there several times, as said and as passed on: the source's own row, else the first one."""
        others = self.filter(reference=OuterRef("reference")).filter(Q(relayed_by=None) | Q(pk__lt=OuterRef("pk")))
        return self.filter(Q(relayed_by=None) | ~Exists(others.order_by()))

    def held(self, *, to: Reader | None = None) -> Self:
        """Reports whose subject, leg, line or code is not known yet: kept, shown, moving nothing.

        As far as the reader ``to`` may know, if given: what a report was bound to may be hidden from its sender.
        """
        return self.filter(reduce(or_, _ways_to_be_held(to)))

    def newest_held(self, reader: Reader, most: int) -> QuerySet:
        """Keys of those that are held and that ``reader`` may see: of each way to be held the newest ``most``."""
        newest = self.visible_to(reader).order_by("-received_at", "-id")
        first, *others = (newest.filter(way).values_list("pk", flat=True)[:most] for way in _ways_to_be_held())
        return first.union(*others)


def _ways_to_be_held(to: Reader | None = None) -> list[Q]:
    attachments = apps.get_model("shipments", "Attachment").objects.filter(report=OuterRef("pk"))
    if to:
        attachments = attachments.filter(subject__in=apps.get_model("shipments", "Subject").objects.visible_to(to))
    mappings = apps.get_model("shipments", "CodeMapping").objects
    # Looked up row by row, so that the newest are met in the order of an index: of a join few are thought to be held,
    # and all are put in order.
    is_mapped = is_there(mappings.filter(scheme=OuterRef("code_scheme"), code=OuterRef("code_said")))
    return [
        Q(subject=None) & ~Q(is_there(attachments)),
        Q(leg=None) & ~Q(leg_said="") & ~Q(is_there(attachments.filter(leg__isnull=False))),
        Q(line=None) & ~Q(line_said="") & ~Q(is_there(attachments.filter(line__isnull=False))),
        Q(code_is_known=False) & ~Q(is_mapped),
    ]


def among_held(reader: Reader) -> list[Q]:
    """Conditions of a report's own columns, of which one is true of whatever is held and ``reader`` may see.

    Each has an index in the order of lists; of one that lacks a subject they see what they read or sent themselves.
    """
    of_no_subject = [Q(subject=None)] if reader.reads_held else [Q(subject=None) & own for own in _sent_by(reader)]
    parts = [Q(**{part: None}) & ~Q(**{f"{part}_said": ""}) for part in ("leg", "line")]
    return [*of_no_subject, *parts, Q(code_is_known=False)]


def among_above_clearance(reader: Reader) -> list[Q]:
    """The same of what is above the reader's clearance and they may see: what they sent and what was granted them."""
    subjects = list(granted_subjects(reader))
    attached = apps.get_model("shipments", "Attachment").objects.filter(subject_id__in=subjects)
    reached = [Q(subject_id__in=subjects), Q(pk__in=list(attached.values_list("report_id", flat=True)))]
    return [*_sent_by(reader), *reached] if subjects else _sent_by(reader)


def granted_subjects(reader: Reader) -> QuerySet:
    """Keys of the subjects that were granted to the reader by name, up to whatever marking."""
    grants = apps.get_model("shipments", "ReadingGrant").objects
    named = _named(reader)
    granted = grants.filter(named, withdrawn_at=None) if named else grants.none()
    return granted.values_list("subject_id", flat=True)


def _sent_by(reader: Reader) -> list[Q]:
    """Reports that the reader sent, by each key of their organisation, so that each has its own in order."""
    own = [Q(entered_by_id=reader.user_id)] if reader.user_id else []
    keys = apps.get_model("actors", "PartnerKey").objects.filter(actor_id=reader.actor_id) if reader.actor_id else ()
    return [*own, *(Q(partner_key_id=key.pk) for key in keys)]


class SubscriptionQuerySet(QuerySet):
    """Partners' subscriptions."""

    def active(self) -> Self:
        return self.filter(disabled_at=None)

    def managed_by(self, key: PartnerKey) -> Self:
        """Those of the key's organisation whose eyes see no further than the key itself."""
        return self.filter(key__actor_id=key.actor_id, key__clearance__lte=key.clearance)


class DeliveryQuerySet(QuerySet):
    """Messages to subscriptions."""

    def visible_to(self, reader: Reader) -> Self:
        """Messages on what the reader may see now, and those that told their organisation what it may not."""
        subjects = apps.get_model("shipments", "Subject").objects.visible_to(reader)
        about = Q(subject=None) | Q(is_there(subjects.filter(pk=OuterRef("subject_id"))))
        readable = within(reader, "marking") & about
        if reader.actor_id:
            readable |= Q(type="subject.gone", subscription__key__actor_id=reader.actor_id)
        return self.filter(readable)


class KnownQuerySet(QuerySet):
    """Picture rows, each true for a span of knowledge and folded for a tier of readers."""

    def for_reader(self, reader: Reader, *, known_at: datetime | None = None) -> Self:
        """What this reader could know at ``known_at`` (now, if None) of the subjects they may see.

        A grant lifts its subject to the tier that the grant reaches.
        """
        subjects = apps.get_model("shipments", "Subject").objects.visible_to(reader)
        return self.of_visible(reader, known_at=known_at).filter(Exists(subjects.filter(pk=OuterRef("subject_id"))))

    def of_visible(self, reader: Reader, *, known_at: datetime | None = None) -> Self:
        """The same of subjects that the reader is known to see: a condition on rows of ``Subject.visible_to``.

        Asking each picture again would look up every subject of a list twice.
        """
        higher = (
            apps.get_model("shipments", "Picture")
            .objects.filter(subject_id=OuterRef("subject_id"), tier__gt=OuterRef("tier"))
            .filter(_known(known_at), within(reader, "tier"))
        )
        return self.filter(_known(known_at), within(reader, "tier"), ~Exists(higher))

    def highest_first(self, reader: Reader, *, known_at: datetime | None = None) -> Self:
        """Of one subject that the reader may see: the first is what ``for_reader`` gives of it."""
        return self.filter(_known(known_at), within(reader, "tier")).order_by("-tier")

    def beside_pictures(self, *, known_at: datetime | None = None) -> Self:
        """Findings or conflicts of every reader that were known at ``known_at``.

        For joining to pictures of ``for_reader`` by subject and tier: what is beside a picture is of its tier, and
        whoever reads the picture reads it. Whether they do is asked once a subject so, not once a row.
        """
        return self.filter(_known(known_at))


class OutboxQuerySet(QuerySet):
    """Events, each told to the readers who may read what it is about."""

    def streams(self, reader: Reader) -> list[Self]:
        """Relayed events that ``reader`` may be told of, as querysets that do not overlap and each follow an index.

        One for each marking within the clearance, so that what is above it is not even walked over;
        one for what the reader reads by name. Whether subject and report are readable is asked now.
        """
        readable = self._readable(reader).exclude(sequence=None)
        streams = [readable.filter(marking=marking) for marking in range(reader.clearance + 1)]
        above = readable.filter(marking__gt=reader.clearance)
        if reader.actor_id:
            streams.append(above.filter(actor_id=reader.actor_id))
            above = above.exclude(actor_id=reader.actor_id)
        if named := _named(reader):
            grants = apps.get_model("shipments", "ReadingGrant").objects.filter(named, withdrawn_at=None)
            # The subjects first: what nobody granted is not walked over.
            above = above.filter(subject_id__in=grants.values("subject_id"))
            streams.append(above.filter(granted(reader, "subject_id", up_to="marking")))
        return streams

    def _readable(self, reader: Reader) -> Self:
        subjects = apps.get_model("shipments", "Subject").objects.answering(reader)
        seen = Q(is_there(subjects.filter(pk=OuterRef("subject_id"))))
        # Each such event is one organisation's, for those of its keys that could read it, until they can again.
        gone = Q(type="subject.gone")
        could = Q(cleared__isnull=True) | Q(cleared__in=[str(each) for each in range(reader.clearance + 1)])
        lost = gone & Q(actor_id=reader.actor_id) & could & ~seen if reader.actor_id else Q(pk=None)
        reports = apps.get_model("shipments", "Report").objects.visible_to(reader)
        named = reports.filter(reference=OuterRef("report"))
        return self.annotate(report=KT("body__report"), cleared=KT("body__cleared")).filter(
            Q(subject=None) | (seen & ~gone) | lost,
            Q(report__isnull=True) | Q(is_there(named)),
        )


def _known(moment: datetime | None) -> Q:
    """Rows whose span holds ``moment``; the open ones, if None."""
    if moment is None:
        return Q(known_to=None)
    return Q(known_from__lte=moment) & (Q(known_to=None) | Q(known_to__gt=moment))
