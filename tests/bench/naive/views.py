"""Generic views: one report a POST, and our own shipments read by DRF with the related rows fetched ahead."""

from django.db import transaction
from django.db.models import Prefetch
from rest_framework import generics, serializers
from rest_framework.pagination import CursorPagination

from shipments.models import Conflict, Finding, Picture, Shipment
from tests.bench.naive.serializers import FindingSerializer, PictureSerializer, ReportSerializer, ShipmentSerializer
from tests.bench.naive.tasks import update_status


class ReportCreate(generics.CreateAPIView):
    serializer_class = ReportSerializer

    def perform_create(self, serializer: serializers.BaseSerializer) -> None:
        with transaction.atomic():
            report = serializer.save()
            transaction.on_commit(lambda: update_status.delay(report.shipment_id))


SHIPMENTS = (
    Shipment.objects.filter(marking=0, merged_into=None)
    .select_related("recipient", "carrier", "destination", "crisis", "offer", "parent")
    .prefetch_related(
        "merged_from",
        "party_rows__actor",
        "legs__origin",
        "legs__destination",
        "legs__carrier",
        "lines__donor",
        "identifiers",
        Prefetch("pictures", Picture.objects.filter(known_to=None, tier=0), to_attr="current_pictures"),
        Prefetch("findings", Finding.objects.filter(known_to=None, tier=0), to_attr="current_findings"),
        Prefetch("conflicts", Conflict.objects.filter(known_to=None, tier=0), to_attr="current_conflicts"),
    )
)


class Pages(CursorPagination):
    ordering = "subject_id"
    page_size = 100


class ShipmentList(generics.ListAPIView):
    queryset = SHIPMENTS
    serializer_class = ShipmentSerializer
    pagination_class = Pages


class ShipmentDetail(generics.RetrieveAPIView):
    queryset = SHIPMENTS
    serializer_class = ShipmentSerializer
    lookup_field = "reference"


# As a tutorial leaves it: each row asks for what belongs to it.
PLAIN = Shipment.objects.filter(marking=0, merged_into=None)


class PlainShipmentSerializer(ShipmentSerializer):
    picture = serializers.SerializerMethodField()
    findings = serializers.SerializerMethodField()

    def get_picture(self, shipment: Shipment) -> object:
        return PictureSerializer(shipment.pictures.filter(known_to=None, tier=0), many=True).data

    def get_findings(self, shipment: Shipment) -> object:
        return FindingSerializer(shipment.findings.filter(known_to=None, tier=0), many=True).data

    def get_conflicts(self, shipment: Shipment) -> int:
        return shipment.conflicts.filter(known_to=None, tier=0).count()


class PlainShipmentList(ShipmentList):
    queryset = PLAIN
    serializer_class = PlainShipmentSerializer


class PlainShipmentDetail(ShipmentDetail):
    queryset = PLAIN
    serializer_class = PlainShipmentSerializer
