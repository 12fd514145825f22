"""What a report is about by now: what it was said of, or what it was attached to last."""

from collections.abc import Iterable
from uuid import UUID

from shipments.models import Report
from shipments.services.naming import lock_names


def subject_by_now(report: Report) -> UUID | None:
    """The key of what ``report`` is about; None while it is held."""
    attachments = sorted(report.attachments.all(), key=lambda each: each.recorded_at)
    return attachments[-1].subject_id if attachments else report.subject_id


def lock_bindings(reports: Iterable[Report]) -> set[UUID | None]:
    """The keys of what ``reports`` are about by now; until the transaction ends no other analyst binds them.

    Evidence is never written, so no row can be locked. What was read of them before may be out of date.
    """
    keys = {report.pk: report.reference for report in reports}
    lock_names(keys.values(), entering=True)
    return {subject_by_now(each) for each in Report.objects.filter(pk__in=keys).prefetch_related("attachments")}
