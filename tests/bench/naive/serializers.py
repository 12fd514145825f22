"""Plain ModelSerializers: of a report as it is sent, and of our own shipments as a list would show them."""

from rest_framework import serializers

from actors.models import Actor
from shipments.models import Finding, Leg, Line, Picture, Place, Shipment, ShipmentParty, SubjectIdentifier
from tests.bench.naive.models import Report
from tests.bench.naive.models import Shipment as NaiveShipment


class ReportSerializer(serializers.ModelSerializer):
    """A report, its shipment named by reference."""

    shipment = serializers.SlugRelatedField(slug_field="reference", queryset=NaiveShipment.objects.all())

    class Meta:
        model = Report
        fields = ["shipment", "source", "event_id", "code", "place", "occurred_at", "asserted_at", "facts", "flags"]


class ActorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Actor
        fields = ["reference", "name", "kind", "country"]


class PlaceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Place
        fields = ["code", "name", "country"]


class PartySerializer(serializers.ModelSerializer):
    actor = ActorSerializer()

    class Meta:
        model = ShipmentParty
        fields = ["role", "actor"]


class LegSerializer(serializers.ModelSerializer):
    origin = PlaceSerializer()
    destination = PlaceSerializer()
    carrier = ActorSerializer()

    class Meta:
        model = Leg
        exclude = ["id", "shipment"]


class LineSerializer(serializers.ModelSerializer):
    donor = ActorSerializer()

    class Meta:
        model = Line
        exclude = ["id", "shipment"]


class IdentifierSerializer(serializers.ModelSerializer):
    class Meta:
        model = SubjectIdentifier
        fields = ["scheme", "value"]


class FindingSerializer(serializers.ModelSerializer):
    class Meta:
        model = Finding
        exclude = ["id", "subject", "tier", "known_from", "known_to", "margin"]


class PictureSerializer(serializers.ModelSerializer):
    class Meta:
        model = Picture
        exclude = ["id", "subject", "tier", "known_to", "margin", "output_hash"]


class ShipmentSerializer(serializers.ModelSerializer):
    """One of our shipments with its plan, its picture and its findings: what ours answers, as tables have it."""

    crisis = serializers.SlugRelatedField(slug_field="reference", read_only=True)
    offer = serializers.SlugRelatedField(slug_field="reference", read_only=True)
    parent = serializers.SlugRelatedField(slug_field="reference", read_only=True)
    merged_from = serializers.SlugRelatedField(slug_field="reference", many=True, read_only=True)
    recipient = ActorSerializer()
    carrier = ActorSerializer()
    destination = PlaceSerializer()
    parties = PartySerializer(source="party_rows", many=True)
    legs = LegSerializer(many=True)
    lines = LineSerializer(many=True)
    identifiers = IdentifierSerializer(many=True)
    picture = PictureSerializer(source="current_pictures", many=True)
    findings = FindingSerializer(source="current_findings", many=True)
    conflicts = serializers.SerializerMethodField()

    class Meta:
        model = Shipment
        fields = [
            *("reference", "kind", "title", "marking", "provisional", "created_at", "mode", "recipient", "carrier"),
            *("destination", "crisis", "offer", "parent", "merged_from", "parties", "legs", "lines", "identifiers"),
            *("picture", "findings", "conflicts"),
        ]

    def get_conflicts(self, shipment: Shipment) -> int:
        return len(shipment.current_conflicts)
