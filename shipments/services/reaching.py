"""Which subjects a change reaches that is not a report about them: a grade, an interest, a code, a place, a rule.

    change ─ nobody claims until it is committed ─ which subjects? ─> due, from the moment that it holds from

Each function is part of the caller's transaction, after the change and before rows of the queue are taken.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import reduce
from itertools import islice
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet

from actors.models import Source
from shipments.models import Attachment, Place, Report, Subject
from shipments.services.queue import hold_claims, mark_due, mark_due_now
from shipments.services.rules import read_rules

# So many are made due by one statement: where it is all of them, one would take longer than a statement may.
AT_ONCE = 20_000


def subjects_of(reports: QuerySet[Report]) -> set[UUID]:
    """The subjects that ``reports`` are about, or were before they were bound to another."""
    attached = Attachment.objects.filter(report__in=reports.values("pk")).order_by()
    said_of = reports.filter(subject__isnull=False).order_by()
    return {*said_of.values_list("subject_id", flat=True).distinct(), *attached.values_list("subject_id", flat=True)}


def reach_reports(reports: QuerySet[Report], *, since: datetime) -> None:
    """Make the subjects of ``reports`` due: what these mean, or weigh, is another from ``since`` on."""
    hold_claims()
    mark_due(dict.fromkeys(subjects_of(reports), since))


def reach_sources(sources: Collection[Source], *, since: datetime) -> None:
    """Make due what depends on the grades of ``sources``: what they said, and what those said who cite them."""
    if not sources:
        return
    hold_claims()
    # One after the other: of several conditions in one PostgreSQL reads every report there is.
    ways = (Q(source__in=sources), Q(links__target_source__in=sources), Q(links__target_report__source__in=sources))
    found = [subjects_of(Report.objects.filter(way)) for way in ways]
    mark_due(dict.fromkeys(set().union(*found), since))


def speaking_of(place: Place) -> QuerySet[Report]:
    """Reports that name ``place``, or one within it, as where it was or as a value."""
    codes = sorted(read_rules().holds(place.code))
    named = [Q(facts__contains=[{"value": {"place": code}}]) for code in codes]
    return Report.objects.filter(reduce(or_, named, Q(place__code__in=codes)))


def reach_place(place: Place) -> None:
    """Make due what was said of ``place``: it lies in another one now, and so does whatever lies in it."""
    hold_claims()
    mark_due_now(subjects_of(speaking_of(place)))


def reach_all() -> None:
    """Make due whatever was folded, or is about to be: the rules are others."""
    hold_claims()
    touched = Subject.objects.filter(Q(version__gt=0) | Q(due__isnull=False)).order_by("pk")
    for batch in _batches(touched.values_list("pk", flat=True).iterator(chunk_size=AT_ONCE)):
        mark_due_now(batch)


def _batches(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    rest = iter(ids)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch
