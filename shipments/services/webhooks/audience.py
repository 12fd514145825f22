"""What a subscription may be told: the one policy, asked for its key, for a batch of subjects and reports at once."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from actors.access import Reader
from actors.models import Actor, PartnerKey
from actors.services import keys
from shipments.models import (
    EventType,
    Offer,
    OutboxEvent,
    Picture,
    ReadingGrant,
    Report,
    Shipment,
    ShipmentParty,
    Subject,
    Subscription,
)

SCOPES = {PartnerKey.Scope.READ, PartnerKey.Scope.WEBHOOKS_MANAGE}
ABOUT_SUBJECTS = (EventType.PICTURE_CHANGED, EventType.PICTURE_CORRECTED, EventType.SUBJECT_CHANGED)
TOLD = ("status", "leading", "state", "contested")
PICTURES = (EventType.PICTURE_CHANGED, EventType.PICTURE_CORRECTED)


def is_usable(key: PartnerKey, *, at: datetime) -> bool:
    """Whether a subscription may look through ``key``."""
    return keys.is_usable(key, at) and set(key.scopes) >= SCOPES


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The picture that one tier of readers has now. ``held`` are the milestones up to the accepted status."""

    tier: int
    version: int
    columns: dict[str, Any]
    held: frozenset[str]


class Eyes:
    """What the reader of one key may know of a batch. Four queries at most, however many rows."""

    def __init__(self, reader: Reader, subjects: Collection[UUID], reports: Collection[str]) -> None:
        self.reader = reader
        self._subjects = subjects
        self._reports = reports

    def may_know(self, type_: str, *, subject_id: UUID | None, marking: int, report: str) -> bool:
        """Whether a message of that type on that subject or report may be told."""
        if type_ == EventType.PING:
            return True
        if type_ == EventType.SUBJECT_GONE:
            # Until it may be read again.
            return subject_id is not None and self.limit(subject_id) < 0
        if type_ in ABOUT_SUBJECTS:
            return subject_id is not None and marking <= self.limit(subject_id)
        # An own report is read by its sender, whatever it was bound to; what that is they may not know.
        return report in self._readable and (subject_id is None or self.limit(subject_id) >= 0)

    def reaches(self, event: OutboxEvent) -> bool:
        """Whether they may hear of this very event: others may have sent the report that they may read."""
        if event.actor_id is not None and event.actor_id == self.reader.actor_id:
            return int(event.body.get("cleared", 0)) <= self.reader.clearance
        limit = self.limit(event.subject_id) if event.subject_id else self.reader.clearance
        return event.marking <= limit

    def limit(self, subject_id: UUID) -> int:
        """The highest marking they read of a subject; -1 where they may not know of it."""
        return self._limits.get(subject_id, -1)

    @cached_property
    def _limits(self) -> dict[UUID, int]:
        visible = Subject.objects.answering(self.reader).filter(pk__in=self._subjects).values_list("pk", flat=True)
        limits = dict.fromkeys(visible, int(self.reader.clearance))
        if self.reader.actor_id is None:
            return limits
        grants = ReadingGrant.objects.filter(subject__in=limits, actor_id=self.reader.actor_id, withdrawn_at=None)
        for subject_id, marking in grants.values_list("subject_id", "marking"):
            limits[subject_id] = max(limits[subject_id], marking)
        return limits

    @cached_property
    def _readable(self) -> set[str]:
        rows = Report.objects.visible_to(self.reader).filter(reference__in=self._reports)
        return set(rows.values_list("reference", flat=True))


class Batch:
    """Subjects and reports that messages are about, with what each key may know of them."""

    def __init__(self, subjects: Iterable[UUID | None], reports: Iterable[str] = ()) -> None:
        self.subjects = {each for each in subjects if each is not None}
        self.reports = {each for each in reports if each}
        self._eyes: dict[UUID, Eyes] = {}

    def eyes(self, key: PartnerKey) -> Eyes:
        """What ``key`` may know."""
        if key.pk not in self._eyes:
            self._eyes[key.pk] = Eyes(Reader.of_key(key), self.subjects, self.reports)
        return self._eyes[key.pk]

    def standing(self, subject_id: UUID | None, eyes: Eyes) -> Standing | None:
        """The picture that they have of a subject now: of the highest tier that they may read."""
        if subject_id is None:
            return None
        limit = eyes.limit(subject_id)
        tiers = [each for each in self._pictures.get(subject_id, ()) if each.tier <= limit]
        return max(tiers, key=lambda each: each.tier, default=None)

    @cached_property
    def _pictures(self) -> dict[UUID, list[Standing]]:
        found: dict[UUID, list[Standing]] = defaultdict(list)
        rows = Picture.objects.filter(subject__in=self.subjects, known_to=None)
        for row in rows.values("subject_id", "tier", "version", "timeline", *TOLD):
            steps = [step["milestone"] for step in row["timeline"]]
            reached = len(steps) - steps[::-1].index(row["status"]) if row["status"] in steps else 0
            found[row["subject_id"]].append(
                Standing(
                    tier=row["tier"],
                    version=row["version"],
                    columns={name: row[name] for name in TOLD},
                    held=frozenset(steps[:reached]) | {row["status"]},
                )
            )
        return found


def asked_for(subscription: Subscription, subjects: Collection[UUID], reader: Reader) -> set[UUID] | None:
    """The subjects that the subscription's filters let through; None: all, and what has no subject too.

    A hidden actor or crisis in a filter is one that never was: it lets nothing through.
    """
    rows = Subject.objects.filter(pk__in=subjects)
    filters = [
        (subscription.kinds, lambda: Q(kind__in=subscription.kinds)),
        (subscription.subjects, lambda: Q(reference__in=subscription.subjects)),
        (subscription.crises, lambda: _of_crisis(subscription.crises, reader)),
        (subscription.donors, lambda: _from(subscription.donors, reader)),
        (subscription.recipients, lambda: _to(subscription.recipients, reader)),
    ]
    conditions = [condition() for said, condition in filters if said]
    if not conditions:
        return None
    return set(rows.filter(*conditions).values_list("pk", flat=True))


def _of_crisis(references: list[str], reader: Reader) -> Q:
    visible = Subject.objects.visible_to(reader).filter(reference__in=references).values("pk")
    return Q(crisis_id__in=visible) | Q(pk__in=visible, kind=Subject.Kind.CRISIS)


def _from(references: list[str], reader: Reader) -> Q:
    actors = Actor.objects.visible_to(reader).filter(reference__in=references).values("pk")
    parties = ShipmentParty.objects.filter(shipment=OuterRef("pk"), role=ShipmentParty.Role.DONOR, actor__in=actors)
    return Q(Exists(parties)) | Q(Exists(Offer.objects.filter(pk=OuterRef("pk"), donor__in=actors)))


def _to(references: list[str], reader: Reader) -> Q:
    actors = Actor.objects.visible_to(reader).filter(reference__in=references).values("pk")
    return Q(Exists(Shipment.objects.filter(pk=OuterRef("pk"), recipient__in=actors))) | Q(
        Exists(Offer.objects.filter(pk=OuterRef("pk"), recipient__in=actors))
    )


def message(type_: str, *, at: datetime, data: dict[str, Any]) -> str:
    """The text of a message, as Standard Webhooks has it."""
    said = {"type": str(type_), "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
