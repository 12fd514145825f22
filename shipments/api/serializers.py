"""The six kinds of subject as partners read them: the plan, and the picture beside it."""

from rest_framework import serializers

from actors.api.serializers import (
    MERGED_FROM,
    IdentifierSerializer,
    MarkingField,
    NamedActorSerializer,
    TextOrNull,
    external_id_field,
)
from shipments.api.resolved import PictureSerializer
from shipments.models import Contact, Leg, Offer, Shipment, ShipmentParty
from shipments.models.quantity import Basis, Qualifier


class NamedPlaceSerializer(serializers.Serializer):
    """A place as others name it in passing."""

    code = serializers.CharField()
    name = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2.")


class QuantitySerializer(serializers.Serializer):
    """A planned quantity; no end where none was said."""

    low = serializers.CharField(allow_null=True, help_text="Decimal.")
    high = serializers.CharField(allow_null=True, help_text="Decimal.")
    unit = serializers.CharField()
    qualifier = serializers.ChoiceField(choices=Qualifier.choices)
    basis = serializers.ChoiceField(choices=Basis.choices)


class SubjectSerializer(serializers.Serializer):
    """What every subject has: its identity, and what we believe of it."""

    reference = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    crisis = serializers.CharField(allow_null=True, help_text="Reference of the crisis.")
    identifiers = IdentifierSerializer(many=True)
    marking = MarkingField()
    provisional = serializers.BooleanField(help_text="Made from a report, not yet confirmed by an analyst.")
    merged_from = serializers.ListField(child=serializers.CharField(), help_text=MERGED_FROM)
    created_at = serializers.DateTimeField()
    picture = PictureSerializer(allow_null=True, help_text="Null while nothing is believed.")


class EnteredSubjectSerializer(SubjectSerializer):
    """A subject of a kind that partners enter."""

    external_id = external_id_field()


class PartySerializer(serializers.Serializer):
    """An actor in one role."""

    role = serializers.ChoiceField(choices=ShipmentParty.Role.choices)
    actor = NamedActorSerializer()


class LegSerializer(serializers.Serializer):
    """One movement from place to place."""

    key = serializers.CharField()
    sequence = serializers.IntegerField(help_text="Legs with one number run side by side.")
    role = serializers.ChoiceField(choices=Leg.Role.choices)
    origin = NamedPlaceSerializer()
    destination = NamedPlaceSerializer()
    carrier = NamedActorSerializer(allow_null=True)
    flight_number = TextOrNull()
    vehicle = TextOrNull()
    registration = TextOrNull()
    planned_departure = serializers.CharField(allow_null=True)
    planned_arrival = serializers.CharField(allow_null=True)


class LineSerializer(serializers.Serializer):
    """One item, as planned or manifested."""

    key = serializers.CharField()
    item = serializers.CharField()
    category = TextOrNull()
    quantity = QuantitySerializer(allow_null=True, help_text="Null where none is planned.")


class ShipmentLineSerializer(LineSerializer):
    """One item of a shipment; each may have a donor of its own."""

    donor = NamedActorSerializer(allow_null=True)
    lot = TextOrNull()
    expires_on = serializers.CharField(allow_null=True)
    cold_chain = TextOrNull()


class OfferLineSerializer(LineSerializer):
    """One item of an offer."""

    amount = serializers.CharField(allow_null=True, help_text="Money, as a decimal.")
    currency = TextOrNull(help_text="ISO 4217.")


class ShipmentSerializer(EnteredSubjectSerializer):
    """A cargo flight, a vaccine delivery, a convoy, a team of people."""

    mode = serializers.ChoiceField(choices=Shipment.Mode.choices)
    parties = PartySerializer(many=True, help_text="Donors, suppliers, manufacturers, consignees.")
    recipient = NamedActorSerializer(allow_null=True)
    carrier = NamedActorSerializer(allow_null=True)
    offer = serializers.CharField(allow_null=True, help_text="Reference of the offer it fulfils.")
    parent = serializers.CharField(allow_null=True, help_text="Reference of the whole, of a part delivery.")  # type: ignore[assignment]
    destination = NamedPlaceSerializer(allow_null=True)
    legs = LegSerializer(many=True)
    lines = ShipmentLineSerializer(many=True)


class OfferSerializer(EnteredSubjectSerializer):
    """Help that a donor put forward."""

    donor = NamedActorSerializer(allow_null=True)
    recipient = NamedActorSerializer(allow_null=True)
    form = serializers.ChoiceField(choices=Offer.Form.choices)
    answers = serializers.CharField(allow_null=True, help_text="Reference of the appeal it answers.")
    conditions = TextOrNull()
    lines = OfferLineSerializer(many=True)


class AppealSerializer(EnteredSubjectSerializer):
    """A request for help."""

    requester = NamedActorSerializer(allow_null=True)
    addressee = NamedActorSerializer(allow_null=True, help_text="Null: to all.")
    asked_for = TextOrNull()


class ContactSerializer(SubjectSerializer):
    """A meeting, call or letter."""

    form = serializers.ChoiceField(choices=Contact.Form.choices)
    participants = NamedActorSerializer(many=True)
    held_on = serializers.DateField(allow_null=True)
    place = NamedPlaceSerializer(allow_null=True)


class InquirySerializer(SubjectSerializer):
    """A question put to a party."""

    asked_by = NamedActorSerializer(allow_null=True)
    asked = NamedActorSerializer(allow_null=True)
    asked_on = serializers.DateField(allow_null=True)
    question = serializers.CharField()


class CrisisSerializer(SubjectSerializer):
    """An emergency. Its findings are the figures of the situation, by day."""

    glide = TextOrNull(help_text="GLIDE number.")
    countries = serializers.ListField(child=serializers.CharField(), help_text="ISO 3166-1 alpha-2.")
    began_on = serializers.DateField(allow_null=True)


SERIALIZERS: dict[str, type[SubjectSerializer]] = {
    "shipment": ShipmentSerializer,
    "offer": OfferSerializer,
    "appeal": AppealSerializer,
    "contact": ContactSerializer,
    "inquiry": InquirySerializer,
    "crisis": CrisisSerializer,
}
