"""GET /actors/, /sources/ and their details."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.access import Reader
from actors.api.pages import both_ways, matching
from actors.api.parameters import (
    EXTERNAL_ID,
    Moment,
    PageParameters,
    PresentParameters,
    ReadParameters,
    Reference,
    Search,
    WithoutHistory,
)
from actors.api.reading import ReadView, page_of
from actors.api.refusals import not_found
from actors.api.serializers import ActorSerializer, SourceSerializer
from actors.models import Actor, ActorIdentifier, ActorName, Source, SourceRating
from actors.services.entered import entered_as, external_id_of

ACTOR_ORDERS = both_ways("name", last="reference") | both_ways("reference")
SOURCE_ORDERS = both_ways("code")


class ActorParameters(WithoutHistory, PageParameters):
    """Filters of actors."""

    kind = serializers.ChoiceField(choices=Actor.Kind.choices, required=False)
    country = serializers.RegexField("^[A-Z]{2}$", required=False, help_text="ISO 3166-1 alpha-2.")
    external_id = serializers.CharField(required=False, help_text=EXTERNAL_ID)
    q = Search(required=False, help_text="Words to be found in its names, its reference or others' codes; at most ten.")
    ordering = serializers.ChoiceField(choices=list(ACTOR_ORDERS), default="name")


def actor_rows(reader: Reader) -> QuerySet:
    """Visible actors as the serializer wants them; one query."""
    called = ActorName.objects.filter(actor=OuterRef("pk"))
    codes = ActorIdentifier.objects.filter(actor=OuterRef("pk"))
    parent = Actor.objects.visible_to(reader).filter(pk=OuterRef("parent_id"))
    merged = Actor.objects.visible_to(reader).filter(merged_into=OuterRef("pk"))
    beside: dict[str, Any] = {
        "names": ArraySubquery(called.values(json=JSONObject(name="name", language="language", script="script"))),
        "identifiers": ArraySubquery(codes.values(json=JSONObject(scheme="scheme", value="value"))),
        "parent": Subquery(parent.values("reference")[:1]),
        "external_id": external_id_of(Actor, reader),
        "merged_from": ArraySubquery(merged.order_by("pk").values("reference")),
    }
    own = ("reference", "name", "kind", "country", "provisional", "marking")
    return Actor.objects.visible_to(reader).filter(merged_into=None).values(*own).annotate(**beside)


class ActorList(ReadView):
    """Everybody who takes part."""

    parameters = ActorParameters
    shape = ActorSerializer

    @extend_schema(
        operation_id="listActors",
        summary="Actors by name.",
        description="States, ministries, agencies, companies, carriers, outlets, people: whoever takes part.",
        parameters=[ActorParameters],
        responses=page_of(ActorSerializer),
    )
    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        rows = actor_rows(self.reader)
        for term in asked.get("q", ()):
            rows = rows.filter(_found_by(term))
        for name in ("kind", "country"):
            if name in asked:
                rows = rows.filter(**{name: asked[name]})
        if "external_id" in asked:
            rows = rows.filter(entered_as(asked["external_id"], Actor, self.reader))
        order = ACTOR_ORDERS[asked["ordering"]]
        return self.page(rows, order, asked, lambda found: ActorSerializer(found, many=True).data)


def _found_by(term: str) -> Q:
    names = ActorName.objects.filter(name__icontains=term).values("actor_id")
    codes = ActorIdentifier.objects.filter(value__iexact=term).values("actor_id")
    return Q(name__icontains=term) | Q(reference__iexact=term) | Q(pk__in=names) | Q(pk__in=codes)


class ActorDetail(ReadView):
    """One actor."""

    parameters = PresentParameters
    shape = ActorSerializer

    @extend_schema(
        operation_id="readActor",
        summary="One actor.",
        description=(
            "An actor with its other names, in their own letters, and the codes that others know it by; of a merged "
            "one, what it was merged into."
        ),
        parameters=[PresentParameters],
        responses=ActorSerializer,
    )
    def get(self, request: Request, reference: str) -> Response:
        self.read_parameters()
        merged = Actor.objects.visible_to(self.reader).filter(reference=reference, merged_into__isnull=False)
        named = Q(reference=reference) | Q(pk__in=merged.values("merged_into"))
        return Response(ActorSerializer(_one(actor_rows(self.reader).filter(named))).data)


class SourceParameters(ReadParameters):
    """The moment of knowledge."""

    known_at = Moment(required=False, help_text="The grade as it was known then.")


class SourceListParameters(PageParameters, SourceParameters):
    """Filters of sources."""

    kind = serializers.ChoiceField(choices=Source.Kind.choices, required=False)
    actor = Reference("ACT", help_text="The actor whose voice it is: ACT-….")
    q = Search(required=False, help_text="Words to be found in the name or the code; at most ten.")
    ordering = serializers.ChoiceField(choices=list(SOURCE_ORDERS), default="code")


def source_rows(reader: Reader, asked: dict[str, Any]) -> QuerySet:
    """Visible sources with the grade in force; one query."""
    moment = asked.get("known_at") or timezone.now()
    ratings = SourceRating.objects.filter(
        source=OuterRef("pk"), topic="", recorded_at__lte=moment, valid_from__lte=moment
    ).order_by("-valid_from", "-recorded_at")
    actor = Actor.objects.visible_to(reader).filter(pk=OuterRef("actor_id"))
    return (
        Source.objects.named_to(reader)
        .values("code", "name", "kind", "marking")
        .annotate(
            grade=Coalesce(Subquery(ratings.values("grade")[:1]), Value(SourceRating.Grade.F.value)),
            actor=Subquery(actor.values("reference")[:1]),
        )
    )


class SourceList(ReadView):
    """Every voice."""

    parameters = SourceListParameters
    shape = SourceSerializer

    @extend_schema(
        operation_id="listSources",
        summary="Sources by code.",
        description="Whoever speaks, each with the grade in force. Reports name and cite sources by their code.",
        parameters=[SourceListParameters],
        responses=page_of(SourceSerializer),
    )
    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        rows = source_rows(self.reader, asked)
        # `actor` is the reference of a visible actor, so hidden and missing ones find nothing alike.
        for name in ("kind", "actor"):
            if name in asked:
                rows = rows.filter(**{name: asked[name]})
        rows = rows.filter(matching(asked.get("q", ()), "name", "code"))
        order = SOURCE_ORDERS[asked["ordering"]]
        return self.page(rows, order, asked, lambda found: SourceSerializer(found, many=True).data)


class SourceDetail(ReadView):
    """One voice."""

    parameters = SourceParameters
    shape = SourceSerializer

    @extend_schema(
        operation_id="readSource",
        summary="One source.",
        description="A source and how far it is trusted: its Admiralty grade, now or as of `known_at`.",
        parameters=[SourceParameters],
        responses=SourceSerializer,
    )
    def get(self, request: Request, code: str) -> Response:
        asked = self.read_parameters()
        return Response(SourceSerializer(_one(source_rows(self.reader, asked).filter(code=code))).data)


def _one(rows: QuerySet) -> dict[str, Any]:
    row = rows.first()
    if row is None:
        raise not_found()
    return row
