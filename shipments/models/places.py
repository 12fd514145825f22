"""Where things leave from and arrive at."""

from django.db import models

from actors.identifiers import new_id


class Place(models.Model):
    """An airport, port, border point, city or country; ``within`` says what contains it."""

    class Kind(models.TextChoices):
        AIRPORT = "airport"
        PORT = "port"
        BORDER_POINT = "border_point"
        CITY = "city"
        COUNTRY = "country"
        SITE = "site"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(max_length=40, unique=True, help_text="The name reports use, for example CNSHE or KP.")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, help_text="Two letters, as in ISO 3166-1: KP.")
    iata = models.CharField("IATA code", max_length=3, blank=True, help_text="Three letters: FNJ.")
    icao = models.CharField("ICAO code", max_length=4, blank=True, help_text="Four letters: ZKPY.")
    unlocode = models.CharField("UN/LOCODE", max_length=5, blank=True, help_text="Country and place: KPFNJ.")
    latitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    time_zone = models.CharField(max_length=40, blank=True, help_text="As IANA names it: Asia/Pyongyang.")
    within = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="contains")
    provisional = models.BooleanField(
        default=False, db_default=False, help_text="Entered by a partner, not yet confirmed by an analyst."
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_from")

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="place_country_is_iso_3166"),
            models.CheckConstraint(
                condition=models.Q(unlocode="") | models.Q(unlocode__regex=r"^[A-Z]{2}[A-Z2-9]{3}$"),
                name="place_unlocode_is_well_formed",
            ),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True) | models.Q(latitude__range=(-90, 90)),
                name="place_latitude_is_on_earth",
            ),
            models.CheckConstraint(
                condition=models.Q(longitude__isnull=True) | models.Q(longitude__range=(-180, 180)),
                name="place_longitude_is_on_earth",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="place_is_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.name
