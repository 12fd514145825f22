"""GET /places/ and /documents/: what reports name beside their subjects."""

from functools import reduce
from operator import and_
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.access import Reader
from actors.api.pages import NOTHING, LookedFor, Order, both_ways, matching
from actors.api.parameters import (
    EXTERNAL_ID,
    LOOKED_FOR,
    Moment,
    PageParameters,
    PresentParameters,
    Search,
    Since,
    WithoutHistory,
)
from actors.api.permissions import MayReport
from actors.api.reading import ReadView, page_of
from actors.api.refusals import not_found
from actors.api.serializers import MARKINGS, MERGED_FROM, MarkingField, TextOrNull, external_id_field
from actors.marking import Marking
from actors.models import Source
from actors.services.entered import entered_as, external_id_of
from shipments.api.conditions import of_source
from shipments.api.documents import POST_DOCS, receive_document
from shipments.api.filters import KnownAtParameters
from shipments.api.resolved import SOURCE
from shipments.api.serializers import NamedPlaceSerializer
from shipments.api.withholding import withhold
from shipments.models import Document, Place


class PlaceSerializer(NamedPlaceSerializer):
    """An airport, port, border point, city, country or site."""

    kind = serializers.ChoiceField(choices=Place.Kind.choices)
    iata = TextOrNull()
    icao = TextOrNull()
    unlocode = TextOrNull()
    latitude = serializers.FloatField(min_value=-90, max_value=90, allow_null=True)
    longitude = serializers.FloatField(min_value=-180, max_value=180, allow_null=True)
    time_zone = TextOrNull(help_text="IANA.")
    within = serializers.CharField(allow_null=True, help_text="Code of what contains it.")
    external_id = external_id_field()
    provisional = serializers.BooleanField(help_text="Entered by a partner, not yet confirmed by an analyst.")
    merged_from = serializers.ListField(child=serializers.CharField(), help_text=MERGED_FROM)


PLACE_ORDERS = both_ways("code") | both_ways("name", last="code")
DOCUMENT_ORDERS = both_ways("published_at", "received_at", last="pk")


class PlaceParameters(WithoutHistory, PageParameters):
    """Filters of places."""

    kind = serializers.ChoiceField(choices=Place.Kind.choices, required=False)
    country = serializers.RegexField("^[A-Z]{2}$", required=False, help_text="ISO 3166-1 alpha-2.")
    within = serializers.CharField(required=False, help_text="Code of what contains it.")
    external_id = serializers.CharField(required=False, help_text=EXTERNAL_ID)
    q = Search(required=False, help_text="Words to be found in the name, or a code; at most ten.")
    ordering = serializers.ChoiceField(choices=list(PLACE_ORDERS), default="code")


PLACE_COLUMNS = ["code", "name", "country", "kind", "iata", "icao", "unlocode", "latitude", "longitude", "time_zone"]
PLACE_COLUMNS += ["provisional"]


def place_rows(reader: Reader) -> QuerySet:
    """Places as the serializer wants them; they have no marking."""
    merged = Place.objects.filter(merged_into=OuterRef("pk")).order_by("code").values("code")
    rows = Place.objects.filter(merged_into=None).values(*PLACE_COLUMNS)
    return rows.annotate(
        within=F("within__code"), merged_from=ArraySubquery(merged), external_id=external_id_of(Place, reader)
    )


class PlaceList(ReadView):
    """Where things leave from and arrive at."""

    parameters = PlaceParameters
    shape = PlaceSerializer

    @extend_schema(
        operation_id="listPlaces",
        summary="Places by code.",
        description=(
            "Airports, ports, border points, cities, countries and sites. A `code` is the ICAO code of an airport, the "
            "UN/LOCODE of a city or port, the ISO code of a country, or one of ours (`PLC-…`); `q` finds by IATA too."
        ),
        parameters=[PlaceParameters],
        responses=page_of(PlaceSerializer),
        tags=["places"],
    )
    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        rows = place_rows(self.reader).filter(
            **{name: asked[name] for name in ("kind", "country", "within") if name in asked}
        )
        if "external_id" in asked:
            rows = rows.filter(entered_as(asked["external_id"], Place, self.reader))
        for term in asked.get("q", ()):
            named = Q(name__icontains=term)
            for column in ("code", "iata", "icao", "unlocode"):
                named |= Q(**{f"{column}__iexact": term})
            rows = rows.filter(named)
        order = PLACE_ORDERS[asked["ordering"]]
        return self.page(rows, order, asked, lambda found: PlaceSerializer(found, many=True).data)


class PlaceDetail(ReadView):
    """One place."""

    parameters = PresentParameters
    shape = PlaceSerializer

    @extend_schema(
        operation_id="readPlace",
        summary="One place.",
        description="What it is, where it is and what it lies within; of a merged one, what it was merged into.",
        parameters=[PresentParameters],
        responses=PlaceSerializer,
        tags=["places"],
    )
    def get(self, request: Request, code: str) -> Response:
        self.read_parameters()
        merged = Place.objects.filter(code=code, merged_into__isnull=False)
        row = place_rows(self.reader).filter(Q(code=code) | Q(pk__in=merged.values("merged_into"))).first()
        if row is None:
            raise not_found()
        return Response(PlaceSerializer(row).data)


class DocumentSerializer(serializers.Serializer):
    """An article, release, message, image or row of a file that reports were read in."""

    reference = serializers.CharField()
    key = serializers.CharField(help_text="The publisher's or importer's own name for it.")
    source = serializers.CharField(help_text=SOURCE)  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=Document.Kind.choices)
    title = serializers.CharField()
    url = TextOrNull()
    language = TextOrNull(help_text="BCP 47.")
    published_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    marking = MarkingField()


class DocumentParameters(PageParameters, KnownAtParameters):
    """Filters of documents."""

    source = serializers.CharField(required=False, help_text="Code of the source.")  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=Document.Kind.choices, required=False, help_text=LOOKED_FOR)
    marking = serializers.ChoiceField(choices=MARKINGS, required=False, help_text=LOOKED_FOR)
    q = Search(
        required=False,
        help_text=f"Words to be found in the title, the address, the key or the reference. {LOOKED_FOR}",
    )
    since = Since(required=False, help_text="Published then or later.")
    until = Moment(required=False, help_text="Published then or earlier.")
    ordering = serializers.ChoiceField(choices=list(DOCUMENT_ORDERS), default="-published_at")


def document_rows(reader: Reader, asked: dict[str, Any]) -> QuerySet:
    """Visible documents as the serializer wants them."""
    rows = Document.objects.visible_to(reader)
    if asked.get("known_at"):
        rows = rows.filter(received_at__lte=asked["known_at"])
    columns = ["pk", "reference", "key", "kind", "title", "url", "language", "published_at", "received_at", "marking"]
    # Looked up row by row, see DocumentQuerySet.visible_to.
    code = Source.objects.filter(pk=OuterRef("source_id")).values("code")
    return rows.values(*columns).annotate(source=Subquery(code))


def narrowed_documents(
    rows: QuerySet, order: Order, asked: dict[str, Any], reader: Reader
) -> tuple[QuerySet, LookedFor]:
    """``rows`` with the filters of ``asked`` that an index knows in this order, and what is looked for among these."""
    by_publication = "published_at" in order.columns
    published = {"since": "published_at__gte", "until": "published_at__lte"}
    received = {"known_at": "received_at__lte"}
    along, across = (published, received) if by_publication else (received, published)
    in_order = Q(**{column: asked[name] for name, column in along.items() if name in asked})
    sought = Q(**{column: asked[name] for name, column in across.items() if name in asked})
    said: list[Q] = [of_source(asked["source"], reader)] if "source" in asked else []
    said += [Q(kind=asked["kind"])] if "kind" in asked else []
    said += [Q(marking=Marking.from_code(asked["marking"]))] if "marking" in asked else []
    if by_publication and said:
        in_order &= said.pop(0)
    sought = reduce(and_, said, sought) & matching(asked.get("q", ()), "title", "url", "key", "reference")
    found = LookedFor(own=sought, among=[in_order], along=order.columns) if sought else NOTHING
    return rows.filter(in_order), found


class DocumentList(ReadView):
    """Where reports were read."""

    parameters = DocumentParameters
    shape = DocumentSerializer

    @extend_schema(
        operation_id="listDocuments",
        summary="Documents, the last published first.",
        description="Articles, releases, messages, images and rows of files that reports were read in.",
        parameters=[DocumentParameters],
        responses=page_of(DocumentSerializer),
        tags=["documents"],
    )
    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        order = DOCUMENT_ORDERS[asked["ordering"]]
        rows, found = narrowed_documents(document_rows(self.reader, asked), order, asked, self.reader)
        return self.page(
            rows,
            order,
            asked,
            lambda page: DocumentSerializer(withhold(page, self.reader), many=True).data,
            found=found,
        )

    def get_permissions(self) -> Any:
        return [MayReport()] if self.request.method == "POST" else super().get_permissions()

    @extend_schema(**POST_DOCS)
    def post(self, request: Request) -> Any:
        return receive_document(request)


class DocumentDetail(ReadView):
    """One document."""

    parameters = KnownAtParameters
    shape = DocumentSerializer

    @extend_schema(
        operation_id="readDocument",
        summary="One document.",
        description="What it is called, whose it is and where it can be read. Of its bytes only the SHA-256 is kept.",
        parameters=[KnownAtParameters],
        responses=DocumentSerializer,
        tags=["documents"],
    )
    def get(self, request: Request, reference: str) -> Response:
        rows = list(document_rows(self.reader, self.read_parameters()).filter(reference=reference))
        if not rows:
            raise not_found()
        return Response(DocumentSerializer(withhold(rows, self.reader)[0]).data)
