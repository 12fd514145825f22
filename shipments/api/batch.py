"""POST /reports/batch/: many reports, each with a result of its own.

    JSON array, at most 1,000      ─> one transaction, 207 with a result for each item, in order
    NDJSON, one report a line      ─> a part of 1,000 lines at a time is recorded and answered, in bounded memory,
                                      while the next is read and recorded

One item's faults do not stop the others. What was answered as stored is stored, even if the
connection breaks after it: sending the whole again makes duplicates of what is there, and nothing twice.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count, islice
from typing import Any, cast

import msgspec
from django.db import connection
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from actors.api.authentication import partner_key_of
from actors.api.parameters import Parameters, read_parameters
from actors.api.permissions import MayReport
from actors.api.reading import ReadView
from actors.api.refusals import Fault, Refusal
from actors.api.rendering import JSONRenderer
from actors.models import PartnerKey
from shipments.api.idempotency import HEADER, Answer, key_parameter, once
from shipments.api.reporting import unknown_field
from shipments.intake.draft import Invalid, Problem, ReportDraft
from shipments.intake.report import parse_report
from shipments.services.recording import Sender, record

MAX_ITEMS = 1000
LINES_AT_A_TIME = 1000
# Parts of one stream; as many connections does a web thread take at most.
AT_ONCE = 2
NDJSON = "application/x-ndjson"
JSON = msgspec.json.Encoder()


class FaultSerializer(serializers.Serializer):
    """One thing that is wrong with an item."""

    code = serializers.CharField()
    pointer = serializers.CharField(help_text="JSON pointer into the item; empty is the whole of it.")
    detail = serializers.CharField()


class ItemSerializer(serializers.Serializer):
    """What became of one item."""

    index = serializers.IntegerField(help_text="Its place among what was sent, from 0; blank lines are none.")
    line = serializers.IntegerField(required=False, help_text="In NDJSON: the line it stood on, from 1.")
    result = serializers.ChoiceField(choices=["accepted", "duplicate", "held", "refused"])
    reference = serializers.CharField(allow_null=True, help_text="The report's reference; null where it was refused.")
    unknown = unknown_field()
    errors = FaultSerializer(many=True, help_text="Every fault; empty if kept.")  # type: ignore[assignment]


class BatchSerializer(serializers.Serializer):
    """What became of each item, in order."""

    results = ItemSerializer(many=True)


class LinesRenderer(JSONRenderer):
    """What a stream is answered in, for callers that ask for no other. Its lines are written below."""

    media_type = NDJSON
    format = "ndjson"


class ReportBatch(ReadView):
    """Many reports at once. The address gives it the parsers."""

    permission_classes = [MayReport]
    renderer_classes = [JSONRenderer, LinesRenderer]

    @extend_schema(
        operation_id="sendReports",
        summary="Send many reports: a JSON array of up to 1,000, or one a line as NDJSON.",
        description=(
            "Each item gets a result of its own; one item's faults do not stop the others. NDJSON is read and "
            "answered line by line, so that it may be of any length; it takes no Idempotency-Key and needs none: "
            "whatever is sent again is a duplicate. A body in chunks, which says no Content-Length, is refused (411)."
        ),
        request={
            "application/json": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/ReportIn"},
                "maxItems": MAX_ITEMS,
            },
            NDJSON: {"type": "string", "description": "One report a line."},
        },
        parameters=[key_parameter(meaning=" For a JSON array alone.")],
        responses={
            (207, "application/json"): OpenApiResponse(BatchSerializer, description="A result for each item."),
            (207, NDJSON): {"type": "string", "description": "A result a line, each as in the JSON form."},
        },
        tags=["reports"],
    )
    def post(self, request: Request) -> Any:
        read_parameters(request, Parameters)
        key = partner_key_of(request)
        if (request.content_type or "").partition(";")[0].strip().lower() == NDJSON:
            return _stream(request, key)
        items = request.data
        if not isinstance(items, list):
            fault = Fault(code="array_required", pointer="", detail="A list of reports is needed here.")
            raise Refusal("array_required", fault.detail, faults=[fault])
        if len(items) > MAX_ITEMS:
            raise Refusal("too_many_items", f"At most {MAX_ITEMS:,} items; send more as NDJSON.", status=413)
        return once(request, lambda: _answer(results_of(items, key)))


def results_of(items: Sequence[object], key: PartnerKey) -> list[dict[str, Any]]:
    """Record ``items`` in one transaction; what became of each.

    An item that is a Refusal already (a line that is no JSON) is told as one.
    """
    return _record(_read(items, key, now=timezone.now()), key, first=0)


def _read(items: Sequence[object], key: PartnerKey, *, now: datetime) -> list[ReportDraft | list[dict[str, str]]]:
    """The draft that each item states, or its faults."""
    own = key.source.code if key.source else ""
    return [_draft_or_faults(item, own, now) for item in items]


def _draft_or_faults(item: object, own: str, now: datetime) -> ReportDraft | list[dict[str, str]]:
    if isinstance(item, Refusal):
        whole = Fault(code=item.code, pointer="", detail=item.sentence)
        return [fault.as_json() for fault in item.faults or (whole,)]
    try:
        return parse_report(item, source=own, now=now)
    except Invalid as invalid:
        return _errors(invalid.problems)


def _record(said: Sequence[ReportDraft | list[dict[str, str]]], key: PartnerKey, *, first: int) -> list[dict[str, Any]]:
    """Record the drafts among ``said`` in one transaction; a result for each, numbered from ``first``."""
    outcomes = iter(record([each for each in said if isinstance(each, ReportDraft)], sender=Sender(key=key)))
    results: list[dict[str, Any]] = []
    for index, each in enumerate(said, first):
        if isinstance(each, ReportDraft):
            outcome = next(outcomes)
            result, reference, unknown = outcome.result, outcome.reference, outcome.unknown
            errors = _errors(outcome.problems) if outcome.problems else []
        else:
            result, reference, unknown, errors = "refused", None, (), each
        results.append(
            {"index": index, "result": result, "reference": reference, "unknown": list(unknown), "errors": errors}
        )
    return results


def _errors(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [Fault(code=each.code, pointer=each.pointer, detail=each.detail).as_json() for each in problems]


def _answer(results: list[dict[str, Any]]) -> Answer:
    return 207, {"Content-Type": "application/json"}, _json({"results": results})


def _json(said: object) -> bytes:
    return JSON.encode(said)


def _stream(request: Request, key: PartnerKey) -> StreamingHttpResponse:
    if HEADER in request.headers:
        fault = Fault(code="not_for_streams", header=HEADER, detail="Send NDJSON without it.")
        raise Refusal("not_for_streams", "A stream is not kept to be answered again.", status=422, faults=[fault])
    items = cast(Iterator[tuple[int, object]], request.data)
    return StreamingHttpResponse(_lines(items, key), status=207, content_type=NDJSON)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Lines of a stream that are recorded together. ``first`` is the place of the first among all."""

    first: int
    numbers: list[int]
    said: list[ReportDraft | list[dict[str, str]]]
    # By source and event id. Those without one are told apart by what they say: any two of a source may be the same.
    told: set[tuple[str, str]]
    targets: set[tuple[str, str]]

    def speaks_of(self, before: "_Part") -> bool:
        """Whether what is said here may be there already, or point at what is there, once ``before`` is stored."""
        return not before.told.isdisjoint(self.told | self.targets)


def _lines(items: Iterator[tuple[int, object]], key: PartnerKey) -> Iterator[bytes]:
    """Answers, a line each, for as many lines as are stored at once.

    Two parts at most are in hand: while one is stored and answered, the next is read and stored, in order where it
    speaks of what is in the first. Each has a connection for as long as it is stored, and nobody who waits for a
    connection holds one.
    """
    some = list(islice(items, LINES_AT_A_TIME))
    if len(some) < LINES_AT_A_TIME:
        yield _recorded(_part(some, key, first=0), key)
        return
    connection.close()
    rest, firsts = chain(some, items), count(0, LINES_AT_A_TIME)
    reader, recorders = ThreadPoolExecutor(1), ThreadPoolExecutor(AT_ONCE)

    def read() -> _Part:
        return _part(list(islice(rest, LINES_AT_A_TIME)), key, first=next(firsts))

    def store(reading: Future[_Part], before: tuple[Future[_Part], Future[bytes]] | None) -> bytes:
        part = reading.result()
        if before and part.speaks_of(before[0].result()):
            before[1].result()
        try:
            return _recorded(part, key)
        finally:
            connection.close()

    storing: deque[Future[bytes]] = deque()
    last = None
    try:
        while True:
            while len(storing) < AT_ONCE:
                reading = reader.submit(read)
                storing.append(recorders.submit(store, reading, last))
                last = reading, storing[-1]
            answered = storing.popleft().result()
            if not answered:
                return
            yield answered
    finally:
        # Whoever hung up is not waited for.
        reader.shutdown(wait=False, cancel_futures=True)
        recorders.shutdown(wait=False, cancel_futures=True)


def _part(lines: Sequence[tuple[int, object]], key: PartnerKey, *, first: int) -> _Part:
    said = _read([item for _, item in lines], key, now=timezone.now())
    drafts = [each for each in said if isinstance(each, ReportDraft)]
    return _Part(
        first=first,
        numbers=[number for number, _ in lines],
        said=said,
        told={(draft.source, draft.event_id) for draft in drafts},
        targets={(target.source, target.event_id) for draft in drafts if (target := draft.target)},
    )


def _recorded(part: _Part, key: PartnerKey) -> bytes:
    """Record a part in one transaction; its answers, a line each."""
    if not part.said:
        return b""
    results = _record(part.said, key, first=part.first)
    for number, result in zip(part.numbers, results, strict=True):
        result["line"] = number
    return JSON.encode_lines(results)
