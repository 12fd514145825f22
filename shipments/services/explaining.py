"""Why do we believe this? A fold on reading, for one reader, that tells what became of every claim."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from actors.access import Reader
from shipments.models import Report, Subject
from shipments.reconciliation import picture as core
from shipments.reconciliation.fold import reconcile
from shipments.services.dossiers import Dossier, Readable, read_dossiers
from shipments.services.picturing import references
from shipments.services.rules import micros, read_rules


@dataclass(frozen=True, kw_only=True)
class ExplainedClaim:
    """One claim of one report and what became of it; ``weight`` and ``short_by`` in milli-nats."""

    report: str
    source: str
    about: str
    slot: str
    fate: str
    weight: int
    short_by: int
    reason: str
    origins: tuple[str, ...]
    unresolved: bool


def picture_for(subject: Subject, reader: Reader, *, known_at: datetime | None = None) -> core.Picture:
    """The picture folded now from exactly what ``reader`` may see of ``subject``.

    Stored pictures serve whole tiers; this is for a reader with reports of their own or a grant
    beyond their clearance, and for explanations. The caller has checked that the subject is visible.
    """
    return _fold(subject, reader, known_at)[1]


def reads_beyond_tier(subject: Subject, reader: Reader) -> bool:
    """Whether the stored tiers do not hold what ``reader`` may see of ``subject``: it has to be folded for them.

    So it is with a grant on a subject above their clearance, and with reports that their clearance
    alone would not show.
    """
    return subject.marking > reader.clearance or bool(_beyond(subject, reader))


def explain(
    subject: Subject, reader: Reader, *, attribute: str | None = None, known_at: datetime | None = None
) -> list[ExplainedClaim]:
    """Every claim about ``subject`` (or its one ``attribute``, milestone or flag) that ``reader`` may see."""
    dossier, picture = _fold(subject, reader, known_at)
    sources = {row["reference"]: row["source__code"] for row in dossier.reports}
    explained = []
    for claim in picture.claims:
        if attribute and attribute not in (claim.about, claim.about.partition(":")[2]):
            continue
        (reference,) = references([claim.report])
        explained.append(
            ExplainedClaim(
                report=reference,
                source=sources[reference],
                about=claim.about,
                slot=claim.slot,
                fate=str(claim.fate),
                weight=claim.weight,
                short_by=claim.short_by,
                reason=claim.reason,
                origins=claim.origins,
                unresolved=claim.unresolved,
            )
        )
    return explained


def _fold(subject: Subject, reader: Reader, known_at: datetime | None) -> tuple[Dossier, core.Picture]:
    moment = micros(known_at or timezone.now())
    (dossier,) = read_dossiers([subject.pk], read_rules()).values()
    readable = Readable(reader.clearance, also=_beyond(subject, reader))
    return dossier, reconcile(dossier.evidence(readable=readable, as_of=moment), known_at=moment)


def _beyond(subject: Subject, reader: Reader) -> frozenset[UUID]:
    about = Q(subject=subject) | Q(attachments__subject=subject)
    reports: dict[str, Any] = {"marking__gt": reader.clearance}
    return frozenset(Report.objects.visible_to(reader).filter(about, **reports).values_list("pk", flat=True))
