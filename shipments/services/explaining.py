"""Why do we believe this? A fold on reading, for one reader, that tells what became of every claim."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from actors.access import Reader
from shipments.models import Attribute, Report, Subject
from shipments.reconciliation import picture as core
from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.lifecycles import LIFECYCLES
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
    return pictures_for([subject.pk], reader, known_at=known_at)[subject.pk]


def pictures_for(
    subject_ids: Iterable[UUID], reader: Reader, *, known_at: datetime | None = None
) -> dict[UUID, core.Picture]:
    """The same for several subjects, by id; a fixed number of queries."""
    return {subject_id: picture for subject_id, (_, picture) in _fold(subject_ids, reader, known_at).items()}


def reads_beyond_tier(subject: Subject, reader: Reader) -> bool:
    """Whether no stored tier holds just what ``reader`` may see of ``subject``: it has to be folded for them."""
    return Subject.objects.filter(pk=subject.pk).beyond_tiers(reader).exists()


def explain(
    subject: Subject, reader: Reader, *, attribute: str | None = None, known_at: datetime | None = None
) -> list[ExplainedClaim]:
    """Every claim about ``subject`` (or its one ``attribute``, milestone or flag) that ``reader`` may see."""
    dossier, picture = _fold([subject.pk], reader, known_at)[subject.pk]
    sources = {said.row.reference: said.row.source for said in dossier.reports}
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


def claimable(kind: str) -> list[str]:
    """Every milestone, flag and attribute that may be said of a ``kind`` of subject, or of its legs."""
    kinds = (kind, "leg") if kind == Subject.Kind.SHIPMENT else (kind,)
    own = [LIFECYCLES[each] for each in kinds if each in LIFECYCLES]
    names = [each.name for lifecycle in own for each in lifecycle.milestones]
    names += [flag for lifecycle in own for flag in lifecycle.flag_names]
    names += Attribute.objects.filter(subjects__contains=[kind]).values_list("name", flat=True)
    return list(dict.fromkeys(names))


def _fold(
    subject_ids: Iterable[UUID], reader: Reader, known_at: datetime | None
) -> dict[UUID, tuple[Dossier, core.Picture]]:
    moment = micros(known_at or timezone.now())
    dossiers = read_dossiers(subject_ids, read_rules())
    above = [said.row.id for each in dossiers.values() for said in each.reports if said.row.marking > reader.clearance]
    named = frozenset(map(str, Report.objects.visible_to(reader).filter(pk__in=above).values_list("pk", flat=True)))
    readable = Readable(reader.clearance, also=named)
    return {
        subject_id: (
            dossier,
            reconcile(dossier.evidence(readable=readable, as_of=moment), known_at=moment),
        )
        for subject_id, dossier in dossiers.items()
    }
