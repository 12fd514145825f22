"""What a report is about by now, as pages show it: what it was said of, or what it was bound or moved to last."""

from typing import Any

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from actors.access import Reader
from actors.admin.badges import badge
from shipments.models import Attachment, Report, Subject
from shipments.services.binding import last_attachment, subject_by_now

LINK = '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>'


def bindings(reader: Reader) -> list[Any]:
    """What is fetched with reports to tell what they are about and what they decide, as far as ``reader`` sees it."""
    seen = Prefetch("subject", Subject.objects.visible_to(reader))
    return [Prefetch("attachments", Attachment.objects.prefetch_related(seen)), "decision"]


def is_held(report: Report) -> bool:
    """Whether nobody has said what it is about."""
    return subject_by_now(report) is None


def about_by_now(report: Report) -> Subject | None:
    """What it is about; None while it is held, and where that is hidden from the reader."""
    bound = last_attachment(report)
    return getattr(bound, "subject", None) if bound else report.subject


def link_to(subject: Subject) -> SafeString:
    """The title of a subject, which leads to its page."""
    url = reverse(f"admin:shipments_{subject.kind}_change", args=[subject.pk])
    return format_html(LINK, url, subject.title)


def about_in_links(report: Report) -> SafeString | str:
    """What it is about; of what was moved also what it was first taken for."""
    if is_held(report):
        return format_html("{} {}", report.subject_said, badge("held", "warning"))
    subject, first = about_by_now(report), report.subject
    if subject is None:
        return "–"
    if first is None or first.pk == subject.pk:
        return link_to(subject)
    return format_html('{}<br><span class="text-xs">first taken for {}</span>', link_to(subject), first.title)
