"""GET /reports/ and details: what was said, in the words of who said it. POST is in reporting.py."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, JSONObject
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.access import Reader
from actors.api.permissions import MayReport
from actors.api.reading import ReadView, page_of
from actors.api.refusals import not_found
from actors.api.serializers import MarkingField, TextOrNull
from actors.querysets import is_there
from actors.services.arrays import IsAny
from shipments.api.filters import KnownAtParameters
from shipments.api.planned import reference_of
from shipments.api.report_filters import REPORT_ORDERS, ReportParameters, narrowed_reports
from shipments.api.reporting import POST_DOCS, on_its_way, receive
from shipments.api.resolved import SOURCE, PeriodSerializer
from shipments.api.times import in_utc, instant, timed
from shipments.api.withholding import withhold
from shipments.models import Attachment, Decision, Document, Report, ReportLink, ReportPayload, Subject

REPORT_ORDER = REPORT_ORDERS["-received_at"]
COLUMNS = [
    "pk",
    "reference",
    "event_id",
    "kind",
    "marking",
    "subject_said",
    "leg_said",
    "line_said",
    "place_said",
    "code_said",
    "code_scheme",
    "milestone",
    "flags",
    "facts",
    "polarity",
    "time_class",
    "directness",
    "hedge",
    "credibility",
    "occurred_from",
    "occurred_to",
    "occurred_precision",
    "asserted_at",
    "received_at",
]


class LinkSerializer(serializers.Serializer):
    """What a report points at: another report, a source, or (nothing set) an origin that nobody named."""

    kind = serializers.ChoiceField(choices=ReportLink.Kind.choices)
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    event_id = TextOrNull()
    report = serializers.CharField(allow_null=True, help_text="Reference, where an analyst pointed at the very report.")


class DecisionSerializer(serializers.Serializer):
    """What an analyst decided, and why."""

    kind = serializers.ChoiceField(choices=Decision.Kind.choices)
    reason = serializers.CharField()


class ReportSerializer(serializers.Serializer):
    """One statement by one source about one subject at one time."""

    reference = serializers.CharField()
    source = serializers.CharField(help_text=SOURCE)  # type: ignore[assignment]
    event_id = TextOrNull(help_text="The source's own id; null where it gives none.")
    kind = serializers.ChoiceField(choices=Report.Kind.choices)
    subject = serializers.CharField(allow_null=True, help_text="Reference; null while it is held for one.")
    subject_said = serializers.CharField(help_text="The subject in the sender's words.")
    leg = TextOrNull(source="leg_said")
    line = TextOrNull(source="line_said")
    place = TextOrNull(source="place_said")
    code = TextOrNull(source="code_said", help_text="The status in the sender's code.")
    code_scheme = TextOrNull()
    milestone = TextOrNull(help_text="Our code for it, where known on arrival.")
    flags = serializers.DictField(child=serializers.BooleanField())
    facts = serializers.ListField(child=serializers.DictField(), help_text="Typed values.")
    polarity = serializers.ChoiceField(choices=Report.Polarity.choices)
    time_class = serializers.ChoiceField(choices=Report.TimeClass.choices)
    directness = serializers.ChoiceField(choices=Report.Directness.choices)
    hedge = serializers.ChoiceField(choices=Report.Hedge.choices)
    credibility = serializers.IntegerField(allow_null=True)
    occurred = PeriodSerializer(allow_null=True)
    asserted_at = serializers.DateTimeField(help_text="When the source said it.")
    received_at = serializers.DateTimeField(help_text="When we recorded it.")
    attributed_to = serializers.CharField(allow_null=True)
    document = serializers.CharField(allow_null=True, help_text="Reference of where it was read.")
    links = LinkSerializer(many=True)
    decision = DecisionSerializer(allow_null=True)
    quote = TextOrNull()
    language = TextOrNull(help_text="BCP 47.")
    marking = MarkingField()
    is_held = serializers.BooleanField(help_text="Kept, and moving nothing until an analyst binds it.")


def report_rows(reader: Reader, asked: dict[str, Any]) -> QuerySet:
    """Visible reports as the serializer wants them; one query."""
    visible = Report.objects.visible_to(reader)
    links = ReportLink.objects.filter(report=OuterRef("pk")).order_by("pk")
    if known_at := asked.get("known_at"):
        visible = visible.filter(received_at__lte=known_at)
        links = links.filter(recorded_at__lte=known_at)
    target = Report.objects.visible_to(reader).filter(pk=OuterRef("target_report_id")).values("reference")[:1]
    link = JSONObject(kind="kind", source=F("target_source__code"), event_id="target_event_id", report=Subquery(target))
    decision = Decision.objects.filter(report=OuterRef("pk"))
    payload = ReportPayload.objects.filter(report=OuterRef("pk"))
    document = Document.objects.visible_to(reader).filter(pk=OuterRef("document_id"))
    return (
        visible.told_once()
        .values(*COLUMNS)
        .annotate(
            source=F("source__code"),
            attributed_to=F("attributed_to__code"),
            subject=reference_of(reader, "subject_id"),
            document=Subquery(document.values("reference")[:1]),
            links=ArraySubquery(links.values(json=link)),
            decision=Subquery(decision.values(json=JSONObject(kind="kind", reason="reason"))[:1]),
            quote=Coalesce(Subquery(payload.values("quote")[:1]), Value("", TextField())),
            language=Coalesce(Subquery(payload.values("language")[:1]), Value("")),
            is_held=is_there(Report.objects.held(to=reader).filter(pk=OuterRef("pk"))),
        )
    )


def shown_reports(rows: Sequence[dict[str, Any]], reader: Reader) -> Any:
    """Rows as partners read them; one query, for the sources they may not know."""
    shown = [{**row, "occurred": _occurred(row), "facts": [_fact(each) for each in row["facts"]]} for row in rows]
    return ReportSerializer(withhold(shown, reader), many=True).data


def is_about(subject: Subject) -> Q:
    """Reports that were said of ``subject``, or attached to it."""
    later = Attachment.objects.filter(report=OuterRef("report"), recorded_at__gt=OuterRef("recorded_at"))
    attached = Attachment.objects.filter(~Exists(later.exclude(subject=subject)), subject=subject)
    # An array, so that each half is found by its index.
    return Q(subject_id=subject.pk) | Q(IsAny("pk", ArraySubquery(attached.values("report_id"))))


def _occurred(row: dict[str, Any]) -> dict[str, Any] | None:
    if row["occurred_from"] is None:
        return None
    return {
        "from": instant(row["occurred_from"]),
        "to": instant(row["occurred_to"]),
        "precision": row["occurred_precision"],
    }


def _fact(said: dict[str, Any]) -> dict[str, Any]:
    shown = {**said, "value": timed(said["value"])}
    return {**shown, "as_of": in_utc(said["as_of"])} if "as_of" in said else shown


class ReportList(ReadView):
    """What was said."""

    parameters = ReportParameters
    shape = ReportSerializer

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with on_its_way(request):
            return super().dispatch(request, *args, **kwargs)

    def get_permissions(self) -> Any:
        return [MayReport()] if self.request.method == "POST" else super().get_permissions()

    @extend_schema(
        operation_id="listReports",
        summary="Reports, the last recorded first.",
        description=(
            "What was said of everything that you may see, and what you sent. `held=true` finds those that wait for an "
            "analyst, `event_id` and `source` your own."
        ),
        parameters=[ReportParameters],
        responses=page_of(ReportSerializer),
        tags=["reports"],
    )
    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        rows, found = narrowed_reports(report_rows(self.reader, asked), asked, self.reader)
        order = REPORT_ORDERS[asked["ordering"]]
        return self.page(rows, order, asked, lambda page: shown_reports(page, self.reader), found=found)

    @extend_schema(**POST_DOCS)
    def post(self, request: Request) -> Response:
        return receive(request)


class ReportDetail(ReadView):
    """One statement."""

    parameters = KnownAtParameters
    shape = ReportSerializer

    @extend_schema(
        operation_id="readReport",
        summary="One report, in the words of who said it.",
        description="`milestone` is what its code means here; `links` are what it cites, corrects or retracts.",
        parameters=[KnownAtParameters],
        responses=ReportSerializer,
        tags=["reports"],
    )
    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        rows = list(report_rows(self.reader, asked).filter(reference=reference))
        if not rows:
            raise not_found()
        return Response(shown_reports(rows, self.reader)[0])
