"""What an analyst meets first: what is contested, what waits for them, and what came in last."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest

from actors.access import Reader
from actors.admin.badges import percent, state_badge, words
from actors.models import Source
from shipments.admin.bindings import about_by_now, bindings, is_held
from shipments.admin.wording import said_in_words
from shipments.models import Picture, Report, Subject

FEW = 8
MOST_COUNTED = 100


def first_page(request: HttpRequest) -> dict[str, Any]:
    """The context of admin/index.html, from what the reader may see."""
    reader = Reader.of_user(request.user)
    return {
        "contested": _contested(reader),
        "held": _reports(reader, Report.objects.filter(pk__in=list(Report.objects.newest_held(reader, FEW)))),
        "latest": _reports(reader, Report.objects.all()),
    }


def held_reports(request: HttpRequest) -> str:
    """How many reports wait for an analyst, beside their entry in the navigation; nothing where none does.

    It is on every page, so only so many are counted.
    """
    held = Report.objects.newest_held(Reader.of_user(request.user), MOST_COUNTED + 1).count()
    return f"{MOST_COUNTED}+" if held > MOST_COUNTED else str(held or "")


def _contested(reader: Reader) -> list[dict[str, Any]]:
    # The newest, by an index of its own: any other order would have to read all that is contested.
    contested = Picture.objects.for_reader(reader).filter(contested=True).order_by("-subject_id")
    return [
        {
            "subject": picture.subject,
            "url": f"admin:shipments_{picture.subject.kind}_change",
            "status": words(picture.status),
            "state": state_badge(picture.state),
            "confidence": percent(picture.told_confidence),
        }
        for picture in contested.select_related("subject")[:FEW]
    ]


def _reports(reader: Reader, reports: Any) -> list[dict[str, Any]]:
    sources = Prefetch("source", Source.objects.named_to(reader))
    subjects = Prefetch("subject", Subject.objects.visible_to(reader))
    beside = (sources, subjects, *bindings(reader))
    found = reports.visible_to(reader).order_by("-received_at", "-id").prefetch_related(*beside)[:FEW]
    return [
        {
            "report": each,
            "says": said_in_words(each),
            "source": each.source.name if hasattr(each, "source") else "",
            "subject": each.subject_said if is_held(each) else getattr(about_by_now(each), "title", ""),
        }
        for each in found
    ]
