"""What each event says to a partner: who it is about, in which version, and where to ask for the rest."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shipments.models import Delivery, EventType, OutboxEvent, Subscription
from shipments.services.webhooks.audience import TOLD, Standing, message

PLURALS = {
    "shipment": "shipments",
    "offer": "offers",
    "appeal": "appeals",
    "contact": "contacts",
    "inquiry": "inquiries",
    "crisis": "crises",
}


def delivery_of(event: OutboxEvent, subscription: Subscription, standing: Standing | None) -> Delivery:
    """An unsaved delivery that tells ``subscription`` of ``event``; ``standing`` is the picture that they have now."""
    return Delivery(
        subscription=subscription,
        event_uid=event.uid,
        type=event.type,
        subject_id=event.subject_id,
        marking=event.marking,
        told_at=event.created_at,
        payload=message(event.type, at=event.created_at, data=_data(event, standing)),
    )


def ping_of(subscription: Subscription, *, at: datetime) -> Delivery:
    """An unsaved delivery that tells of nothing."""
    data = {"subscription": subscription.reference}
    return Delivery(
        subscription=subscription,
        type=EventType.PING,
        told_at=at,
        payload=message(EventType.PING, at=at, data=data),
    )


def report_of(delivery: Delivery) -> str:
    """The reference of the report that a delivery tells of; empty where it tells of none."""
    return json.loads(delivery.payload)["data"].get("report", "")


def about(kind: str, reference: str, version: int | None) -> dict[str, Any]:
    """What every message on a subject says: who, in which version of the picture, and where to read it."""
    return {"subject": reference, "kind": kind, "version": version, "url": f"/api/v1/{PLURALS[kind]}/{reference}/"}


def believed(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a picture that is told; the rest is read."""
    return {name: columns[name] if name == "contested" else columns[name] or None for name in TOLD}


def _data(event: OutboxEvent, standing: Standing | None) -> dict[str, Any]:
    said, version = event.body, standing.version if standing else None
    if "report" in said:
        subject = said["subject"] if event.subject_id else None
        return {
            "report": said["report"],
            "subject": subject or None,
            "version": version,
            "url": f"/api/v1/reports/{said['report']}/",
        }
    if event.type == EventType.PICTURE_CHANGED:
        # Without a picture of its own, the tier's readers have the one below again.
        columns = said if "status" in said or standing is None else standing.columns
        return {**about(said["kind"], said["subject"], said.get("version")), **believed(columns)}
    if event.type == EventType.SUBJECT_GONE:
        return {"subject": said["subject"], "kind": said["kind"]}
    return about(said["kind"], said["subject"], version)
