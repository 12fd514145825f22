"""Times of the world: what had happened at a moment, and what happened in a span. Knowledge has times of its own.

A step's time is an interval. It has surely happened at a moment if the interval ends by then.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.lookups import Overlap
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import BooleanField, CharField, Func, Lookup, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from actors.access import Reader
from actors.querysets import is_there
from shipments.models import Picture
from shipments.models.picture import story_span

# The day of kinds that have no lifecycle, as it was first said or planned.
DAYS = {"contact": "held_on", "inquiry": "asked_on", "crisis": "began_on"}


def status_at(moment: datetime) -> RawSQL:
    """The status of a Picture at ``moment``: its last accepted step that had surely happened; null, if none."""
    return RawSQL(
        """
        (SELECT each.step ->> 'milestone'
           FROM jsonb_array_elements(timeline) WITH ORDINALITY AS each (step, place)
          WHERE (each.step -> 'at' ->> 'to')::timestamptz <= %s
            AND each.place <= (SELECT max(own.place)
                                 FROM jsonb_array_elements(timeline) WITH ORDINALITY AS own (step, place)
                                WHERE own.step ->> 'milestone' = status)
          ORDER BY each.place DESC LIMIT 1)
        """,
        [moment],
        output_field=CharField(),
    )


def happened(kind: str, reader: Reader, asked: Mapping[str, Any]) -> Q:
    """Of subjects of ``kind`` visible to ``reader``, those of which something happened from ``since`` to ``until``.

    Either of the two may be left out.
    """
    since, until = asked.get("since"), asked.get("until")
    if kind in DAYS:
        condition = Q(**{f"{DAYS[kind]}__isnull": False})
        if since:
            condition &= Q(**{f"{DAYS[kind]}__gte": since.astimezone(UTC).date()})
        if until:
            condition &= Q(**{f"{DAYS[kind]}__lte": until.astimezone(UTC).date()})
        return condition
    pictures = Picture.objects.of_visible(reader, known_at=asked.get("known_at"))
    pictures = pictures.filter(*_spans(asked))
    # That no step may lie between, though one is before and one after, is seen in the story.
    if since and until:
        # Stored times are in UTC and one form, so that their order as texts is their order in time.
        said = {"since": since, "until": until}
        span = {name: Value(at.astimezone(UTC).isoformat(), TextField()) for name, at in said.items()}
        path = Value("$[*].at ? (@.from <= $until && @.to >= $since)")
        between = Func("timeline", path, JSONObject(**span), function="jsonb_path_exists", output_field=BooleanField())
        pictures = pictures.filter(between)
    return Q(is_there(pictures.filter(subject_id=OuterRef("pk"))))


def told_of(asked: Mapping[str, Any]) -> QuerySet:
    """Keys of subjects whose story, as believed now by whatever tier, reaches into what ``since`` and ``until`` bound.

    By an index; where such a story has no step between the two, nothing of it happened there.
    """
    pictures = Picture.objects.order_by().filter(known_to=None)
    return pictures.filter(*_spans(asked)).values_list("subject_id", flat=True)


def _spans(asked: Mapping[str, Any]) -> list[Lookup]:
    """Conditions on pictures: the story is not over before ``since``, and has begun by ``until``.

    Two conditions, since a span that ends before it begins would be refused.
    """
    since, until = asked.get("since"), asked.get("until")
    spans = [DateTimeTZRange(since, None)] if since else []
    spans += [DateTimeTZRange(None, until, "[]")] if until else []
    return [Overlap(story_span(), Value(span, DateTimeRangeField())) for span in spans]


def steps_by(steps: Sequence[Mapping[str, Any]], moment: datetime) -> list[Mapping[str, Any]]:
    """Those of ``steps`` that had surely happened at ``moment``, in their order."""
    return [step for step in steps if step["at"] and datetime.fromisoformat(step["at"]["to"]) <= moment]


def may_have(steps: Sequence[Mapping[str, Any]], moment: datetime) -> list[Mapping[str, Any]]:
    """Those of ``steps`` whose time holds ``moment``: they may have happened by then."""
    return [
        step
        for step in steps
        if step["at"]
        and datetime.fromisoformat(step["at"]["from"]) <= moment < datetime.fromisoformat(step["at"]["to"])
    ]


def row_at(row: Mapping[str, Any], moment: datetime) -> dict[str, Any]:
    """The columns of a picture as they tell ``moment``: its steps by then, and the last accepted one as the status."""
    steps = row["timeline"]
    places = [place for place, step in enumerate(steps) if step["milestone"] == row["status"]]
    accepted = steps[: places[-1] + 1] if places else []
    by_then = steps_by(steps, moment)
    last = next(reversed(steps_by(accepted, moment)), None)
    leading = by_then[-1] if by_then else None
    is_same = leading is not None and leading["milestone"] == row["leading"]
    return {
        **row,
        "timeline": by_then,
        "status": last["milestone"] if last else "",
        "state": last["state"] if last else "unknown",
        "confidence": _confidence(row, last),
        "origins": last["origins"] if last else [],
        "unresolved": last["unresolved"] if last else 0,
        "leading": leading["milestone"] if leading else "",
        "leading_confidence": leading["confidence"] if leading else None,
        "leading_state": row["leading_state"] if is_same else "",
        "alternatives": [_as_alternative(step) for step in may_have(accepted, moment)],
        "legs": [_leg_at(leg, moment) for leg in row["legs"]],
    }


def _confidence(row: Mapping[str, Any], last: Mapping[str, Any] | None) -> int | None:
    if last is None:
        return None
    return row["confidence"] if last["milestone"] == row["status"] else last["confidence"]


def _as_alternative(step: Mapping[str, Any]) -> dict[str, Any]:
    same = {name: step[name] for name in ("at", "margin", "origins", "unresolved", "because")}
    return {"label": step["milestone"], "value": None, **same}


def _leg_at(leg: Mapping[str, Any], moment: datetime) -> dict[str, Any]:
    steps = leg["timeline"]
    places = [place for place, step in enumerate(steps) if step["milestone"] == leg["status"]]
    by_then = steps_by(steps, moment)
    accepted = steps_by(steps[: places[-1] + 1], moment) if places else []
    last = accepted[-1] if accepted else None
    return {
        **leg,
        "status": last["milestone"] if last else None,
        "state": last["state"] if last else "unknown",
        "leading": by_then[-1]["milestone"] if by_then else None,
        "standing": leg["standing"] if by_then and by_then[-1]["milestone"] == leg["leading"] else None,
        "timeline": by_then,
    }
