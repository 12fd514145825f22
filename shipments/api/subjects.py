"""Lists and details of the six kinds of subject, and what belongs to one: its story, reports, conflicts, claims."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.access import Reader
from actors.api.parameters import PageParameters
from actors.api.reading import ReadView, page_of
from actors.api.refusals import not_found
from shipments.api.conflicts import ConflictSerializer, shown_conflicts
from shipments.api.filters import ORDERS, PARAMETERS, KnownAtParameters, narrowed, was_known
from shipments.api.pictures import conflicts_of, pictures_of, withhold
from shipments.api.plans import MODELS, plan_rows, shown_plan
from shipments.api.reports import REPORT_ORDER, ReportSerializer, is_about, report_rows, shown_reports
from shipments.api.resolved import ClaimSerializer, StorySerializer
from shipments.api.serializers import SERIALIZERS
from shipments.models import Subject
from shipments.services.explaining import explain, reads_beyond_tier


def with_pictures(rows: Sequence[dict[str, Any]], reader: Reader, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of plan_rows, each with its picture beside it."""
    beyond = [row["pk"] for row in rows if row["is_beyond_tiers"]]
    pictures = pictures_of([row["pk"] for row in rows], reader, asked.get("known_at"), beyond=beyond)
    return [{**shown_plan(row), "picture": pictures.get(row["pk"])} for row in rows]


class SubjectList(ReadView):
    """One kind of subject; ``kind`` is set where the address is (aidtracker.api.urls)."""

    kind: ClassVar[str]

    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        rows = narrowed(plan_rows(self.kind, self.reader), self.kind, asked, self.reader)

        def represent(found: list[dict[str, Any]]) -> Any:
            return SERIALIZERS[self.kind](with_pictures(found, self.reader, asked), many=True).data

        return self.page(rows, ORDERS[asked["ordering"]], asked, represent)


class SubjectView(ReadView):
    """A view of one subject of one kind."""

    kind: ClassVar[str]
    parameters = KnownAtParameters

    def subject(self, reference: str, asked: dict[str, Any]) -> Subject:
        """The subject, or what it was merged into. Raises the same refusal for hidden, missing and not yet known."""
        merged = Subject.objects.visible_to(self.reader).filter(reference=reference, merged_into__isnull=False)
        named = Q(reference=reference, merged_into=None) | Q(pk__in=merged.values("merged_into"))
        rows = MODELS[self.kind].objects.visible_to(self.reader).filter(named)
        if asked.get("known_at"):
            rows = rows.filter(was_known(self.reader, asked["known_at"]))
        subject = rows.first()
        if subject is None:
            raise not_found()
        return subject


class SubjectDetail(SubjectView):
    """One subject."""

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        subject = self.subject(reference, asked)
        row = plan_rows(self.kind, self.reader).get(pk=subject.pk)
        (shown,) = with_pictures([row], self.reader, asked)
        return Response(SERIALIZERS[self.kind](shown).data)


class SubjectTimeline(SubjectView):
    """The best story of one subject."""

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        subject = self.subject(reference, asked)
        beyond = [subject.pk] if reads_beyond_tier(subject, self.reader) else []
        picture = pictures_of([subject.pk], self.reader, asked.get("known_at"), beyond=beyond).get(subject.pk)
        story = picture["story"] if picture else {"steps": [], "legs": [], "planned": []}
        return Response(StorySerializer(story).data)


class SubjectReportsParameters(PageParameters, KnownAtParameters):
    """The moment of knowledge, and the page."""


class SubjectReports(SubjectView):
    """What was said about one subject."""

    parameters = SubjectReportsParameters

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        subject = self.subject(reference, asked)
        rows = report_rows(self.reader, asked).filter(is_about(subject))
        return self.page(rows, REPORT_ORDER, asked, lambda found: shown_reports(found, self.reader))


class SubjectConflicts(SubjectView):
    """What did not make the picture of one subject."""

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        found = conflicts_of(self.subject(reference, asked), self.reader, asked.get("known_at"))
        return Response({"results": shown_conflicts(found), "next": None})


class ExplainParameters(KnownAtParameters):
    """What to explain."""

    attribute = serializers.CharField(required=False, help_text="One attribute, milestone or flag; all, if left out.")


class SubjectExplanation(SubjectView):
    """What became of every claim about one subject."""

    parameters = ExplainParameters

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        subject = self.subject(reference, asked)
        claims = explain(subject, self.reader, attribute=asked.get("attribute"), known_at=asked.get("known_at"))
        results = withhold([{**asdict(claim), "origins": list(claim.origins)} for claim in claims], self.reader)
        return Response({"results": ClaimSerializer(results, many=True).data, "next": None})


PLURALS = {
    "shipment": "shipments",
    "offer": "offers",
    "appeal": "appeals",
    "contact": "contacts",
    "inquiry": "inquiries",
    "crisis": "crises",
}


def views_of(kind: str) -> dict[str, type[ReadView]]:
    """The views of one kind of subject by the end of their address, each described for the OpenAPI document."""
    name, names = kind.capitalize(), PLURALS[kind].capitalize()
    serializer, filters = SERIALIZERS[kind], PARAMETERS[kind]
    shapes: list[tuple[str, type[ReadView], str, Any, Any, str]] = [
        ("list", SubjectList, f"list{names}", filters, page_of(serializer), f"{names}, the newest first."),
        ("detail", SubjectDetail, f"read{name}", None, serializer, f"One {kind}: the plan and what we believe."),
        ("timeline", SubjectTimeline, f"read{name}Timeline", None, StorySerializer, "The best story, step by step."),
        ("reports", SubjectReports, f"list{name}Reports", None, page_of(ReportSerializer), "Everything that was said."),
        (
            "conflicts",
            SubjectConflicts,
            f"list{name}Conflicts",
            None,
            page_of(ConflictSerializer),
            "What was left out.",
        ),
        ("explain", SubjectExplanation, f"explain{name}", None, page_of(ClaimSerializer), "Each claim and its fate."),
    ]
    views = {}
    for end, base, operation, parameters, answer, sentence in shapes:
        own: dict[str, Any] = {"kind": kind, "__doc__": sentence}
        if parameters:
            own["parameters"] = parameters
        view: Any = type(f"{name}{base.__name__.removeprefix('Subject')}", (base,), own)
        described = extend_schema(
            operation_id=operation,
            summary=sentence,
            parameters=[view.parameters],
            responses=answer,
            tags=[PLURALS[kind]],
        )
        view.get = described(_own_get(base))
        views[end] = view
    return views


def _own_get(base: type[ReadView]) -> Any:
    """A copy of the base's ``get``, so that each kind is described for itself."""

    def get(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return base.get(self, request, *args, **kwargs)  # type: ignore[attr-defined]

    return get
