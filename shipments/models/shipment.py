"""What moves: the plan of a shipment, its legs, its lines, and what was counted at the end."""

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import F, Q

from actors.models import Actor
from shipments.models.diplomacy import Offer
from shipments.models.places import Place
from shipments.models.quantity import QuantityFields
from shipments.models.subject import Subject, by_words, in_order, plan_link, subject_link


class Shipment(Subject):
    """A cargo flight, a vaccine delivery, a convoy, a team of people.

    A flight may be seen before any pledge is known, so an offer is not required.
    """

    KIND = Subject.Kind.SHIPMENT

    subject = subject_link("as_shipment")

    class Mode(models.TextChoices):
        AIR = "air"
        SEA = "sea"
        ROAD = "road"
        RAIL = "rail"
        PERSONNEL = "personnel"
        UNKNOWN = "unknown"

    mode = models.CharField(max_length=10, choices=Mode)
    recipient = plan_link(Actor, related_name="shipments_received")
    carrier = plan_link(Actor, null=True, blank=True, related_name="shipments_carried")
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, blank=True, related_name="shipments")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="parts", help_text="Whole of a part delivery."
    )
    destination = plan_link(Place, null=True, blank=True, related_name="+")
    parties = models.ManyToManyField(Actor, through="ShipmentParty", related_name="shipments")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("subject")),
                name="shipment_is_not_its_own_parent",
            ),
        ]
        indexes = in_order("shipment", "recipient", "carrier", "mode", "destination")


def _whole(name: str) -> models.ForeignKey:
    """The shipment of which a row is a part.

    Pages are read by a constraint that begins with it. A single shipment's rows in an order of their own are found by
    hash: the same few pages however many rows there are.
    """
    return models.ForeignKey(Shipment, models.CASCADE, related_name=name, db_index=False)


class ShipmentParty(models.Model):
    """An actor's role in one shipment: a donor is not a supplier is not a manufacturer."""

    class Role(models.TextChoices):
        DONOR = "donor"
        SUPPLIER = "supplier"
        MANUFACTURER = "manufacturer"
        CONSIGNEE = "consignee"

    shipment = _whole("party_rows")
    actor = models.ForeignKey(Actor, models.PROTECT)
    role = models.CharField(max_length=15, choices=Role)

    class Meta:
        ordering = ["role", "id"]
        verbose_name_plural = "shipment parties"
        constraints = [
            models.UniqueConstraint(fields=["shipment", "actor", "role"], name="shipment_party_has_a_role_once"),
        ]
        indexes = [
            models.Index(fields=["actor", "role", "shipment"], name="shipment_party_by_actor"),
            HashIndex(fields=["shipment"], name="shipment_party_by_shipment"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} ({self.role})"


class Leg(models.Model):
    """One movement from place to place. ``positioning`` legs go to fetch and carry nothing."""

    class Role(models.TextChoices):
        CARRYING = "carrying"
        POSITIONING = "positioning"

    shipment = _whole("legs")
    key = models.SlugField(max_length=40, help_text="The name reports use, for example back-1.")
    sequence = models.PositiveSmallIntegerField(help_text="Legs with one number run side by side.")
    role = models.CharField(max_length=12, choices=Role, default=Role.CARRYING)
    origin = plan_link(Place, related_name="legs_from")
    destination = plan_link(Place, related_name="legs_to")
    carrier = models.ForeignKey(Actor, models.PROTECT, null=True, blank=True)
    flight_number = models.CharField(max_length=10, blank=True)
    vehicle = models.CharField(max_length=60, blank=True)
    registration = models.CharField(max_length=20, blank=True)
    planned_departure = models.DateTimeField(null=True, blank=True)
    planned_arrival = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["shipment", "sequence", "key"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "key"], name="leg_key_is_used_once"),
            models.CheckConstraint(condition=~Q(origin=F("destination")), name="leg_goes_somewhere"),
            models.CheckConstraint(
                condition=Q(planned_departure__isnull=True)
                | Q(planned_arrival__isnull=True)
                | Q(planned_departure__lte=F("planned_arrival")),
                name="leg_is_not_planned_to_arrive_before_it_departs",
            ),
        ]
        indexes = [
            HashIndex(fields=["shipment"], name="leg_by_shipment"),
            # For lists of what touches a place, in the order of keys.
            *(models.Index(fields=[end, "shipment"], name=f"leg_by_{end}") for end in ("origin", "destination")),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.origin} to {self.destination}"


class Line(QuantityFields):
    """One item of a shipment, as planned or manifested; each may have a donor of its own."""

    shipment = _whole("lines")
    key = models.SlugField(max_length=40)
    item = models.CharField(max_length=200)
    category = models.CharField(max_length=60, blank=True)
    donor = models.ForeignKey(Actor, models.PROTECT, null=True, blank=True)
    lot = models.CharField(max_length=60, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    cold_chain = models.CharField(max_length=60, blank=True, help_text="For example +2 to +8 C.")

    class Meta(QuantityFields.Meta):
        ordering = ["shipment", "key"]
        constraints = [
            *QuantityFields.Meta.constraints,
            models.UniqueConstraint(fields=["shipment", "key"], name="line_key_is_used_once"),
        ]
        indexes = [by_words("line", "item")]

    def __str__(self) -> str:
        return self.item


class Receipt(models.Model):
    """What the receiver counted of a line: accepted, rejected, and why."""

    line = models.ForeignKey(Line, models.PROTECT, related_name="receipts")
    report = models.ForeignKey("shipments.Report", models.PROTECT, related_name="receipts")
    received_on = models.DateField()
    accepted = models.DecimalField(max_digits=24, decimal_places=6)
    rejected = models.DecimalField(max_digits=24, decimal_places=6, default=0)
    rejection_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["received_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["line", "report"], name="receipt_is_counted_once"),
            models.CheckConstraint(
                condition=Q(accepted__gte=0) & Q(rejected__gte=0), name="receipt_quantities_are_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(rejected=0) | ~Q(rejection_reason=""), name="receipt_rejection_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.accepted} accepted"
