"""What was asked and offered, and who talked to whom."""

from django.db import models
from django.db.models import F, Q

from actors.models import Actor
from shipments.models.places import Place
from shipments.models.quantity import QuantityFields
from shipments.models.subject import Subject, by_words, in_order, plan_link, subject_link


class Appeal(Subject):
    """A request for help, to one addressee or to all."""

    KIND = Subject.Kind.APPEAL

    subject = subject_link("as_appeal")
    requester = plan_link(Actor, related_name="appeals_made")
    addressee = plan_link(Actor, null=True, blank=True, related_name="appeals_received", help_text="Empty: to all.")
    asked_for = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(addressee__isnull=True) | ~Q(addressee=F("requester")),
                name="appeal_is_not_addressed_to_its_maker",
            ),
        ]
        indexes = [*in_order("appeal", "requester", "addressee"), by_words("appeal", "asked_for")]


class Offer(Subject):
    """Help that a donor put forward. Nothing here says whether it was taken up."""

    KIND = Subject.Kind.OFFER

    subject = subject_link("as_offer")

    class Form(models.TextChoices):
        IN_KIND = "in_kind"
        MONEY = "money"
        PERSONNEL = "personnel"
        TECHNICAL = "technical"
        GENERAL = "general", "general, form not stated"

    donor = plan_link(Actor, related_name="offers_made")
    recipient = plan_link(Actor, related_name="offers_received")
    form = models.CharField(max_length=10, choices=Form)
    answers = models.ForeignKey(Appeal, models.PROTECT, null=True, blank=True, related_name="offers")
    conditions = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(donor=F("recipient")), name="offer_is_not_to_its_donor"),
        ]
        indexes = [*in_order("offer", "donor", "recipient", "form"), by_words("offer", "conditions")]


class OfferLine(QuantityFields):
    """One item of an offer; money as Decimal with its ISO 4217 currency."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="lines")
    key = models.SlugField(max_length=40)
    item = models.CharField(max_length=200)
    category = models.CharField(max_length=60, blank=True)
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    class Meta(QuantityFields.Meta):
        ordering = ["offer", "key"]
        constraints = [
            *QuantityFields.Meta.constraints,
            models.UniqueConstraint(fields=["offer", "key"], name="offerline_key_is_used_once"),
            models.CheckConstraint(
                condition=Q(amount__isnull=True, currency="")
                | Q(amount__isnull=False, amount__gte=0, currency__regex=r"^[A-Z]{3}$"),
                name="offerline_amount_has_a_currency",
            ),
        ]
        indexes = [by_words("offerline", "item")]

    def __str__(self) -> str:
        return self.item


class Contact(Subject):
    """A meeting, call or letter between parties."""

    KIND = Subject.Kind.CONTACT

    subject = subject_link("as_contact")

    class Form(models.TextChoices):
        MEETING = "meeting"
        CALL = "call"
        LETTER = "letter"

    form = models.CharField(max_length=10, choices=Form)
    participants = models.ManyToManyField(Actor, related_name="contacts")
    held_on = models.DateField(null=True, blank=True, help_text="As planned or first said.")
    place = models.ForeignKey(Place, models.PROTECT, null=True, blank=True)

    class Meta:
        indexes = [*in_order("contact", "form"), models.Index(fields=["held_on"], name="contact_by_day")]


class Inquiry(Subject):
    """A question put to a party, often by the press; its outcome is a fact."""

    KIND = Subject.Kind.INQUIRY

    subject = subject_link("as_inquiry")
    asked_by = plan_link(Actor, null=True, blank=True, related_name="inquiries_made")
    asked = plan_link(Actor, related_name="inquiries_received")
    asked_on = models.DateField(null=True, blank=True)
    question = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "inquiries"
        indexes = [
            *in_order("inquiry", "asked", "asked_by"),
            by_words("inquiry", "question"),
            models.Index(fields=["asked_on"], name="inquiry_by_day"),
        ]
