"""Who takes part. A role (donor, carrier, supplier) is on a link, never on the actor."""

from django.db import models

from actors.identifiers import new_id, new_reference
from actors.marking import marking_field
from actors.querysets import ActorQuerySet


def actor_reference() -> str:
    return new_reference("ACT")


class Actor(models.Model):
    """A state, ministry, agency, company, carrier, outlet, person or group."""

    class Kind(models.TextChoices):
        STATE = "state"
        MINISTRY = "ministry"
        EMBASSY = "embassy"
        IGO = "igo", "intergovernmental organisation"
        UN_AGENCY = "un_agency", "UN agency"
        NGO = "ngo", "NGO"
        COMPANY = "company"
        CARRIER = "carrier"
        MEDIA = "media"
        PERSON = "person"
        GROUP = "group"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=20, unique=True, default=actor_reference, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, blank=True, help_text="Two letters, as in ISO 3166-1: KP.")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    provisional = models.BooleanField(default=False, help_text="Named by a report, not yet confirmed by an analyst.")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_from")
    marking = marking_field()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ActorQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(country="") | models.Q(country__regex=r"^[A-Z]{2}$"),
                name="actor_country_is_iso_3166",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="actor_is_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ActorName(models.Model):
    """Another name of an actor: DPRK, North Korea, 조선."""

    actor = models.ForeignKey(Actor, models.CASCADE, related_name="names")
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=12, blank=True, help_text="As in BCP 47: ko.")
    script = models.CharField(max_length=4, blank=True, help_text="As in ISO 15924: Hang.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["actor", "name", "language"], name="actor_name_is_listed_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ActorIdentifier(models.Model):
    """A code that someone else knows the actor by, for example (iati-org, XM-DAC-928)."""

    actor = models.ForeignKey(Actor, models.CASCADE, related_name="identifiers")
    scheme = models.CharField(max_length=60)
    value = models.CharField(max_length=200)

    class Meta:
        ordering = ["scheme", "value"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "value"], name="actor_identifier_names_one_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"
