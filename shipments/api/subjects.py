"""Lists and details of the six kinds of subject, and what belongs to one: its story, reports, conflicts, claims."""

from dataclasses import asdict
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.api.parameters import PageParameters, Parameters
from actors.api.reading import ReadView, page_of
from actors.api.refusals import Fault, Refusal, not_found
from actors.api.selection import Selection
from actors.wording import advice, shown
from shipments.api.beside import Page
from shipments.api.conflicts import ConflictSerializer, shown_conflicts
from shipments.api.differences import DiffListParameters, DiffParameters, DiffSerializer, SubjectDiff, SubjectsDiff
from shipments.api.filters import ORDERS, PARAMETERS, KnownAtParameters, ValidAtParameters, narrowed
from shipments.api.left_out import conflicts_by_subject
from shipments.api.pictures import Asked, as_believed
from shipments.api.plans import listed_rows, named_subject, shown_subject, shown_subjects
from shipments.api.reports import REPORT_ORDER, ReportSerializer, is_about, report_rows, shown_reports
from shipments.api.resolved import ClaimSerializer, StorySerializer
from shipments.api.serializers import SERIALIZERS
from shipments.api.subject import SubjectView
from shipments.api.withholding import withhold
from shipments.reconciliation.lifecycles import LIFECYCLES
from shipments.services.explaining import claimable, explain, reads_beyond_tier
from shipments.services.fitting import a_kind


class SubjectList(ReadView):
    """One kind of subject; ``kind`` is set where the address is (aidtracker.api.urls)."""

    kind: ClassVar[str]

    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        rows, of_each = narrowed(listed_rows(self.kind, self.reader, asked), self.kind, asked, self.reader)

        def represent(page: list[Any]) -> Any:
            return shown_subjects(self.kind, page, self.reader, asked)

        return self.page(rows, ORDERS[asked["ordering"]], asked, represent, found=of_each)


class SubjectDetail(SubjectView):
    """One subject."""

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        found = shown_subject(self.kind, reference, self.reader, asked)
        if found is None:
            raise not_found()
        return Response(found)


class SubjectTimeline(SubjectView):
    """The best story of one subject."""

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        about = Asked(known_at=asked.get("known_at"), valid_at=asked.get("valid_at"), selection=Selection({}))
        row = named_subject(self.kind, reference, self.reader, about, (frozenset(), about.how_stored))
        if row is None:
            raise not_found()
        pictures = as_believed([row], self.reader, about, page=Page.of_few([row["pk"]])).pictures
        return Response(pictures[row["pk"]]["story"] if pictures else {"steps": [], "legs": [], "planned": []})


class SubjectReportsParameters(PageParameters, KnownAtParameters):
    """The moment of knowledge, and the page."""


class SubjectReports(SubjectView):
    """What was said about one subject."""

    parameters = SubjectReportsParameters

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        subject = self.subject(reference, asked.get("known_at"))
        rows = report_rows(self.reader, asked).filter(is_about(subject))
        return self.page(rows, REPORT_ORDER, asked, lambda found: shown_reports(found, self.reader))


class SubjectConflicts(SubjectView):
    """What did not make the picture of one subject."""

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        subject = self.subject(reference, asked.get("known_at"))
        beyond = [subject.pk] if reads_beyond_tier(subject, self.reader) else []
        found = conflicts_by_subject([subject.pk], self.reader, asked.get("known_at"), beyond=beyond)
        return Response({"results": shown_conflicts(found[subject.pk]), "next": None})


class ExplainParameters(KnownAtParameters):
    """What to explain."""

    attribute = serializers.CharField(required=False, help_text="One attribute, milestone or flag; all, if left out.")


class SubjectExplanation(SubjectView):
    """What became of every claim about one subject."""

    parameters = ExplainParameters

    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        subject = self.subject(reference, asked.get("known_at"))
        about = asked.get("attribute")
        claims = explain(subject, self.reader, attribute=about, known_at=asked.get("known_at"))
        if about and not claims and about not in (known := claimable(subject.kind)):
            detail = f"Nothing that is said of {a_kind(subject.kind)}: {shown(about)}." + advice(about, known)
            fault = Fault(code="unknown_word", parameter="attribute", detail=detail)
            raise Refusal("unknown_word", detail, faults=[fault])
        results = withhold([{**asdict(claim), "origins": list(claim.origins)} for claim in claims], self.reader)
        return Response({"results": ClaimSerializer(results, many=True).data, "next": None})


# A sentence for the list of operations, and what else is to be known of each.
STORY = (
    "The best story, step by step.",
    "The steps that fit together and that most weight speaks for, in order, each with when, where, how sure it is and "
    "who says so; then each leg's own, and what is planned and not seen. `margin` is how much would be lost without "
    "that step, in thousandths of a nat: 693 double the odds. What was left out is in `conflicts/`.",
)
CHANGED = (
    "What we believe otherwise at the second moment than at the first.",
    "`known_at` takes two moments, `2022-05-17..2022-05-20`. The status and each finding that differ come as they "
    "were `before` and are `after`; null is: there was none.",
)
ALL_CHANGED = (
    "Whose picture at the second moment is not that of the first, and how they differ.",
    "As `diff/` of one, for every subject whose picture changed between the two moments of `known_at`.",
)
SAID = (
    "Everything that was said, the last recorded first.",
    "Reports of this subject, also those that were first held and bound to it later, with corrections and "
    "retractions as reports of their own.",
)
LEFT_OUT = (
    "What did not make the picture, the nearest to belief first.",
    "Each contradiction with its `kind`, the reports on both sides, the `reason` and how far it is `behind`, in "
    "thousandths of a nat: 693 double the odds.",
)
FATES = (
    "Each claim: whether it was used, outweighed, an echo, retracted, compatible …, and by how much.",
    "Every claim of every report about this subject, and its `fate`. `weight` is what it counts and `behind` what "
    "it lacked to win, both in thousandths of a nat. An `echo` repeats another's word and counts nothing; what is "
    "`compatible` agrees with the picture and is not needed for it. `attribute` asks for one: a code of a milestone, "
    "a flag or an attribute.",
)
PICTURE = (
    "`picture` is what we believe, with each finding's state, confidence and origins; null before the first report is "
    "weighed. Beside it stands what was planned, as its sender or an analyst entered it."
)
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
    at = ValidAtParameters if kind in LIFECYCLES else KnownAtParameters
    listed, one = (f"{names}, the newest first.", PICTURE), (f"One {kind} and what we believe of it.", PICTURE)
    # End of the address, base, operation, parameters, shape of the answer (or of its rows), whether in pages, words.
    shapes: list[tuple[str, type[ReadView], str, type[Parameters], Any, bool, tuple[str, str]]] = [
        ("list", SubjectList, f"list{names}", filters, serializer, True, listed),
        ("detail", SubjectDetail, f"read{name}", at, serializer, False, one),
        ("timeline", SubjectTimeline, f"read{name}Timeline", at, StorySerializer, False, STORY),
        ("diff", SubjectDiff, f"diff{name}", DiffParameters, DiffSerializer, False, CHANGED),
        ("diffs", SubjectsDiff, f"diff{names}", DiffListParameters, DiffSerializer, True, ALL_CHANGED),
        ("reports", SubjectReports, f"list{name}Reports", SubjectReportsParameters, ReportSerializer, True, SAID),
        ("conflicts", SubjectConflicts, f"list{name}Conflicts", KnownAtParameters, ConflictSerializer, True, LEFT_OUT),
        ("explain", SubjectExplanation, f"explain{name}", ExplainParameters, ClaimSerializer, True, FATES),
    ]
    views = {}
    for end, base, operation, parameters, shape, in_pages, (summary, description) in shapes:
        own: dict[str, Any] = {"kind": kind, "__doc__": summary, "parameters": parameters, "shape": shape}
        view: Any = type(f"{name}{base.__name__.removeprefix('Subject')}", (base,), own)
        described = extend_schema(
            operation_id=operation,
            summary=summary,
            description=description,
            parameters=[parameters],
            responses=page_of(shape) if in_pages else shape,
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
