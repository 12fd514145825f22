"""What a report is about by now: what it was said of, or what it was attached to last."""

from collections.abc import Iterable
from uuid import UUID

from shipments.models import Report
from shipments.services.naming import lock_names


def subject_by_now(report: Report) -> UUID | None:
    """The key of what ``report`` is about; None while it is held."""
    attachments = sorted(report.attachments.all(), key=lambda each: each.recorded_at)
    return attachments[-1].subject_id if attachments else report.subject_id


def keep_bound(reports: Iterable[Report]) -> None:
    """Until the transaction ends nobody else binds ``reports``. Evidence is never written, so no row can be locked."""
    lock_names({report.reference for report in reports}, entering=True)
