"""GET /changes/: what is new since the last time, for those who keep a copy.

    after=latest ─> a cursor ─> read the lists (the snapshot) ─> after=cursor ─> after=next ─> …

Events come in the order in which the relay saw them committed, so that a transaction that commits
late comes late and is not missed. A cursor names the last event that this reader saw. Nothing in it
or between two of them counts what they may not see (docs/decisions/0009).
"""

from datetime import date
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.access import Reader
from actors.api import pages
from actors.api.pages import following, unsealed
from actors.api.parameters import Cursor, ReadParameters, limit_field
from actors.api.reading import ReadView
from actors.api.refusals import Fault, Refusal
from shipments.models import OutboxEvent, Picture, Subject
from shipments.services.relaying import KEPT_FOR

LATEST = "latest"
AFTER = (
    "From `next` of an earlier answer, of this reader and these filters. `latest` answers with no events and a "
    f"cursor from which to go on. Left out: from the oldest event that is kept; events are kept {KEPT_FOR.days} days. "
    "A cursor that is older answers 410."
)


class ChangeParameters(ReadParameters):
    """Where to go on, and what of."""

    after = Cursor(required=False, help_text=AFTER)
    limit = limit_field()
    type = serializers.ChoiceField(choices=OutboxEvent.Type.choices, required=False)
    subject = serializers.CharField(required=False, help_text="Reference of the subject.")
    subject_kind = serializers.ChoiceField(choices=Subject.Kind.choices, required=False)


class ChangeSerializer(serializers.Serializer):
    """Something changed: read it again where it is. At most once in a walk, in no order but that of our learning."""

    type = serializers.ChoiceField(
        choices=OutboxEvent.Type.choices,
        help_text=(
            "report.recorded; report.held (kept, and moving nothing yet); report.bound (now about this subject); "
            "picture.changed (we believe something else); subject.changed (new, planned otherwise, or opened to you); "
            "subject.gone (you could read it and cannot any more: delete your copy of it and of what was said of it)."
        ),
    )
    subject = serializers.CharField(allow_null=True, help_text="Reference; null for a report without a subject.")
    subject_kind = serializers.CharField(allow_null=True)
    report = serializers.CharField(allow_null=True, help_text="Reference of the report, where it tells of one.")
    version = serializers.IntegerField(
        allow_null=True,
        help_text="Version of the picture that you would read now: no need to, where you have it. Null where there "
        "is none, it is folded for you alone, or another picture may have had the same version: read it again.",
    )
    at = serializers.DateTimeField(help_text="When it was recorded.")


class ChangePageSerializer(serializers.Serializer):
    """Events in order. ``next`` is never null: it is where to ask again, at once while ``more`` is true."""

    results = ChangeSerializer(many=True)
    next = serializers.CharField(help_text="Path of what comes after these; keep it.")
    more = serializers.BooleanField(
        help_text="More may be there already: events of one type or kind are looked for in a few thousand at once."
    )


class Changes(ReadView):
    """What is new, event by event."""

    parameters = ChangeParameters
    shape = ChangeSerializer

    @extend_schema(
        operation_id="listChanges",
        summary="What changed since the last time you asked.",
        description=(
            "First `?after=latest` for a cursor, then the lists for a snapshot, then `next` again and again. Every "
            "change that you may see comes once in such a walk, also one that was committed late or tells of "
            "something long past. An event says what to read again, not what it says now. What you may no longer "
            "see is told as `subject.gone`, until you may again, and nothing else of it. With `type` or `subject_kind` "
            "an answer looks through a few thousand events and may have none where `more` is true: go on with `next`."
        ),
        parameters=[ChangeParameters],
        responses=ChangePageSerializer,
        tags=["changes"],
    )
    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        after, limit = asked.get("after"), asked["limit"]
        streams: list[QuerySet] = [*OutboxEvent.objects.streams(self.reader)]
        if "subject" in asked:
            streams = [stream.filter(subject__reference=asked["subject"]) for stream in streams]
        if after == LATEST:
            found, more = _merged([stream.order_by("-sequence")[:1] for stream in streams], "-sequence", 1), False
            shown, last = [], found[0]["uid"] if found else None
        else:
            seen, sequence = self._position(after) if after else (None, 0)
            found, passed, more = _ahead(streams, sequence, asked)
            if len(found) > limit:
                found, passed, more = found[:limit], found[limit - 1], True
            shown, last = _shown(found, self.reader), passed["uid"] if passed else seen
        # A cursor at the end also says until when nothing was missed, should its event be dropped one day.
        position = [str(last) if last else None, None if more else timezone.now().date().isoformat()]
        path = following(request, "after", position)
        return Response({"results": shown, "next": path, "more": more}, headers={"Link": f'<{path}>; rel="next"'})

    def _position(self, after: str) -> tuple[str | None, int]:
        """The event that the cursor names and its sequence; 0 where it was dropped and nothing was missed."""
        uid, nothing_until = unsealed(self.request, after, "after")
        sequence = OutboxEvent.objects.filter(uid=uid).values_list("sequence", flat=True).first() if uid else None
        if sequence is not None:
            return uid, sequence
        if nothing_until and date.fromisoformat(nothing_until) > (timezone.now() - KEPT_FOR).date():
            return uid, 0
        detail = f"Events are kept for {KEPT_FOR.days} days. Begin with after={LATEST}, then read the lists again."
        fault = Fault(code="cursor_expired", parameter="after", detail=detail)
        raise Refusal(
            "cursor_expired", "What came after this cursor is no longer all there.", status=410, faults=[fault]
        )


def _ahead(streams: list[QuerySet], sequence: int, asked: dict[str, Any]) -> tuple[list[dict[str, Any]], Any, bool]:
    """Events after ``sequence``, the last one that was looked at, and whether more may follow.

    Those of one type or kind are looked for in a number of events that the reader may see: of the rare ones there may
    be none in all that is kept. Where near ones fill the page, which of the others may be seen is not asked.
    """
    names = {"type": "type", "subject_kind": "subject__kind"}
    said = {name: asked[name] for name in names if name in asked}
    limit = asked["limit"]

    def read(last: Any, most: int, **which: Any) -> list[dict[str, Any]]:
        beyond = last["sequence"] if last else sequence
        ahead = [stream.filter(sequence__gt=beyond, **which).order_by("sequence")[:most] for stream in streams]
        return _merged(ahead, "sequence", most)

    if said:
        which = {names[name]: value for name, value in said.items()}
        near = read(None, limit + 1, sequence__lte=sequence + pages.LOOKED_THROUGH, **which)
        if len(near) > limit:
            return near, near[-1], True
    return pages.look_through(read, lambda row: all(row[name] == value for name, value in said.items()), limit)


def _merged(streams: list[QuerySet], order: str, limit: int) -> list[dict[str, Any]]:
    """The first of all streams together, each read in its own order; one query."""
    columns = ["sequence", "uid", "type", "created_at", "subject_id", "report"]
    ready = [
        stream.values(
            *columns, reference=F("subject__reference"), subject_kind=F("subject__kind"), told=F("body__version")
        )
        for stream in streams
    ]
    first, *others = ready
    return list(first.union(*others, all=True).order_by(order)[:limit])


def _may_be_another(row: dict[str, Any]) -> bool:
    """Whether the event tells of a picture that may have the number of the one before (see reconciling)."""
    return row["type"] == OutboxEvent.Type.PICTURE_CHANGED and not row["told"]


def _shown(rows: list[dict[str, Any]], reader: Reader) -> Any:
    pictures = Picture.objects.for_reader(reader).filter(subject_id__in={row["subject_id"] for row in rows})
    folded = Subject.objects.filter(pk__in={row["subject_id"] for row in rows}).beyond_tiers(reader)
    versions = dict(pictures.exclude(subject__in=folded).values_list("subject_id", "version"))
    shown = [
        {
            **row,
            "subject": row["reference"],
            "report": row["report"],
            "version": None if _may_be_another(row) else versions.get(row["subject_id"]),
            "at": row["created_at"],
        }
        for row in rows
    ]
    return ChangeSerializer(shown, many=True).data
