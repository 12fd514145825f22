"""Keep a document that a partner tells of: where it is, whose, and when it was published; once, for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from actors.access import Reader
from actors.marking import Marking
from actors.models import PartnerKey, Source
from shipments.intake.document import DocumentIn
from shipments.intake.draft import Invalid, Problem
from shipments.models import Document
from shipments.services.entering import audit


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What became of a document: accepted, duplicate, or differs, with the names of the fields that do."""

    result: str
    reference: str
    differences: tuple[str, ...] = ()


@transaction.atomic
def keep_document(said: DocumentIn, *, key: PartnerKey, now: datetime) -> Kept:
    """Keep ``said`` unless the sender may see one of that source and key already. Raises Invalid with every problem.

    A document that the sender may not see is as if it were not there: theirs is kept beside it.
    """
    source = _source(said, key)
    columns: dict[str, Any] = {
        "kind": said.kind,
        "title": said.title,
        "url": said.url or "",
        "language": said.language or "",
        "published_at": said.published_at,
        "sha256": bytes.fromhex(said.sha256) if said.sha256 else None,
        "marking": Marking.from_code(said.marking),
    }
    visible = Document.objects.visible_to(Reader.of_key(key)).filter(source=source, key=said.key)
    if (document := visible.order_by("received_at", "pk").first()) is None:
        ours = Document(source=source, key=said.key, sender_id=key.actor_id, received_at=now, **columns)
        # Waits here for whoever is inserting the same, and then finds it there.
        Document.objects.bulk_create([ours], ignore_conflicts=True)
        document = Document.objects.get(source=source, key=said.key, sender=key.actor_id)
        if document.pk == ours.pk:
            audit(key, "enter", "document", document.reference, {"source": source.code, "key": said.key})
            return Kept(result="accepted", reference=document.reference)
    differing = tuple(name for name, value in columns.items() if _held(document, name) != value)
    return Kept(result="differs" if differing else "duplicate", reference=document.reference, differences=differing)


def _source(said: DocumentIn, key: PartnerKey) -> Source:
    if said.source is None:
        if key.source is None:
            raise Invalid([Problem(code="required", pointer="/source", detail="Whose is it? This key has no source.")])
        return key.source
    source = Source.objects.named_to(Reader.of_key(key)).filter(code=said.source).first()
    if source is None:
        raise Invalid([Problem(code="not_found", pointer="/source", detail="No such source: name it by its code.")])
    if source.actor_id != key.actor_id and PartnerKey.Scope.REPORTS_RELAY not in key.scopes:
        detail = "This key sends its own organisation's; to pass on what others published it needs reports:relay."
        raise Invalid([Problem(code="insufficient_scope", pointer="/source", detail=detail)])
    return source


def _held(document: Document, name: str) -> object:
    value = getattr(document, name)
    return bytes(value) if isinstance(value, memoryview) else value
