"""What was said. Append-only: the application's role cannot update or delete here, and a trigger says so.

A report keeps the words of its source. What ties it to other reports, to our subjects and codes is a row of
its own, dated (``links``, CodeMapping).
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import F, Q

from actors.identifiers import new_id, new_reference
from actors.marking import marking_field
from actors.models import Actor, PartnerKey, Source
from shipments.models.places import Place
from shipments.models.shipment import Leg, Line
from shipments.models.subject import Subject
from shipments.querysets import DocumentQuerySet, ReportQuerySet


def document_reference() -> str:
    return new_reference("DOC")


class Document(models.Model):
    """An article, a release, a message, a row of a file: where reports were read."""

    class Kind(models.TextChoices):
        ARTICLE = "article"
        RELEASE = "release"
        MESSAGE = "message"
        FILE_ROW = "file_row"
        IMAGE = "image"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=20, unique=True, default=document_reference, editable=False)
    key = models.CharField(max_length=200, help_text="The publisher's or importer's own name for it.")
    source = models.ForeignKey(Source, models.PROTECT, related_name="documents", db_index=False)  # see Meta.indexes
    kind = models.CharField(max_length=10, choices=Kind)
    title = models.CharField(max_length=300)
    url = models.URLField("URL", max_length=500, blank=True)
    language = models.CharField(max_length=12, blank=True, help_text="BCP 47.")
    sha256 = models.BinaryField(
        max_length=32, null=True, blank=True, editable=False, help_text="Of the document's bytes, as the sender has it."
    )
    published_at = models.DateTimeField()
    received_at = models.DateTimeField()
    marking = marking_field()
    # Part of the key: what one partner handed in, and another may not know of, is no "already there" to them.
    sender = models.ForeignKey(
        Actor, models.PROTECT, null=True, blank=True, related_name="+", help_text="The partner that handed it in."
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "key", "sender"], nulls_distinct=False, name="document_is_kept_once"
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__regex=r"^https?://"), name="document_url_is_of_the_web"
            ),
        ]
        indexes = [
            models.Index(fields=["published_at", "id"], name="document_by_publication"),
            models.Index(fields=["source", "published_at", "id"], name="document_by_source"),
            models.Index(fields=["kind", "published_at", "id"], name="document_by_kind"),
            models.Index(fields=["marking", "published_at", "id"], name="document_by_marking"),
            models.Index(fields=["received_at", "id"], name="document_by_receipt"),
        ]

    def __str__(self) -> str:
        return self.title


def unindexed_link(to: Any, **options: Any) -> models.ForeignKey:
    """A link without an index of its own: each is paid for with every report (see Meta.indexes)."""
    return models.ForeignKey(to, models.PROTECT, null=True, blank=True, db_index=False, **options)


def _checked_link(to: Any, **options: Any) -> models.ForeignKey:
    """A link that a trigger checks for all rows of a statement at once (docs/decisions/0019)."""
    return unindexed_link(to, db_constraint=False, **options)


class Report(models.Model):
    """One statement by one source about one subject at one time.

    Natural key: source, event_id, content_hash, ordinal. ``content_hash`` is the SHA-256 of the
    canonical content without receipt time; ``ordinal`` counts identical rows within one document
    where the source gives no event id. ``reference`` is made of the key. One statement may be there
    several times, as its source's own and as passed on by those who may not know of that: the fold
    takes them as one (docs/decisions/0018).
    """

    class Kind(models.TextChoices):
        OBSERVE = "observe"
        CORRECT = "correct"
        RETRACT = "retract"
        DECIDE = "decide"

    class Polarity(models.TextChoices):
        AFFIRMS = "affirms"
        DENIES = "denies"

    class TimeClass(models.TextChoices):
        ACTUAL = "actual"
        ESTIMATED = "estimated"
        PLANNED = "planned"
        REQUESTED = "requested"
        EXPECTED = "expected"

    class Directness(models.TextChoices):
        OWN = "own", "own reporting"
        SECOND_HAND = "second_hand"
        INFERRED = "inferred"

    class Hedge(models.TextChoices):
        ASSERTED = "asserted"
        APPARENT = "apparent"
        SPECULATED = "speculated"

    class Precision(models.TextChoices):
        INSTANT = "instant"
        MINUTE = "minute"
        HOUR = "hour"
        DAY = "day"
        MONTH = "month"
        YEAR = "year"
        RANGE = "range"
        UNKNOWN = "unknown"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=24, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="reports", db_index=False, db_constraint=False)
    event_id = models.CharField("event ID", max_length=200, blank=True)
    content_hash = models.BinaryField(max_length=32, editable=False)
    ordinal = models.PositiveSmallIntegerField(default=0)
    partner_key = _checked_link(PartnerKey, related_name="+")
    relayed_by = _checked_link(
        Actor, related_name="+", help_text="The organisation that passed it on, where it is not the source's own."
    )
    entered_by = _checked_link(settings.AUTH_USER_MODEL, related_name="+")
    document = _checked_link(Document, related_name="reports")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.OBSERVE)
    marking = marking_field()

    subject_said = models.CharField(max_length=200, help_text="The subject in the sender's words.")
    subject = _checked_link(Subject, related_name="reports")
    leg_said = models.CharField(max_length=60, blank=True)
    leg = _checked_link(Leg)
    line_said = models.CharField(max_length=60, blank=True)
    line = _checked_link(Line)
    place_said = models.CharField(max_length=200, blank=True)
    place = _checked_link(Place)

    code_scheme = models.CharField(max_length=40, blank=True)
    code_said = models.CharField(max_length=60, blank=True, help_text="The status in the sender's code.")
    code_is_known = models.BooleanField(default=True, help_text="False: nobody had said what it means on arrival.")
    milestone = models.CharField(max_length=20, blank=True, help_text="Our code, where known on arrival.")
    flags = models.JSONField(default=dict, blank=True, help_text="{flag: true for set, false for unset}")
    facts = models.JSONField(default=list, blank=True, help_text="Typed values; see the attribute registry.")

    polarity = models.CharField(max_length=8, choices=Polarity, default=Polarity.AFFIRMS)
    time_class = models.CharField(max_length=10, choices=TimeClass, default=TimeClass.ACTUAL)
    directness = models.CharField(max_length=12, choices=Directness, default=Directness.OWN)
    hedge = models.CharField(max_length=10, choices=Hedge, default=Hedge.ASSERTED)
    credibility = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Admiralty 1-6.")
    interested = models.BooleanField(
        null=True, blank=True, help_text="Empty: worked out from the source's interests and the subject's parties."
    )

    occurred_from = models.DateTimeField(null=True, blank=True)
    occurred_to = models.DateTimeField(null=True, blank=True)
    occurred_precision = models.CharField(max_length=8, choices=Precision, default=Precision.INSTANT)
    asserted_at = models.DateTimeField(help_text="When the source said it.")
    received_at = models.DateTimeField(help_text="When we recorded it.")
    attributed_to = _checked_link(Source, related_name="attributed_reports")
    payload_hash = models.BinaryField(max_length=32, null=True, blank=True, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            # The event first: an event whose source is not named is found by it too.
            models.UniqueConstraint(
                fields=["event_id", "source", "content_hash", "ordinal", "relayed_by"],
                nulls_distinct=False,
                name="report_is_said_once",
            ),
            models.CheckConstraint(
                condition=Q(occurred_from__isnull=True, occurred_to__isnull=True)
                # Half an interval makes the comparison null, which a check lets pass.
                | Q(occurred_from__isnull=False, occurred_to__isnull=False, occurred_from__lte=F("occurred_to")),
                name="report_occurred_from_is_not_after_to",
            ),
            models.CheckConstraint(
                condition=Q(code_is_known=True) | Q(milestone="") & ~Q(code_said=""),
                name="report_unknown_code_has_no_milestone",
            ),
            models.CheckConstraint(
                condition=Q(credibility__isnull=True) | Q(credibility__range=(1, 6)),
                name="report_credibility_is_admiralty",
            ),
        ]
        indexes = [
            # References are scattered over any index of them, by hash over half as many pages. They are made of the key
            # of what is said once.
            HashIndex(fields=["reference"], name="report_by_reference"),
            models.Index(fields=["subject", "received_at"], name="report_by_subject"),
            models.Index(fields=["received_at", "id"], name="report_by_receipt"),
            # Lists of one source's: of one that has some they were put in order, all of them, for a page.
            models.Index(fields=["source", "received_at", "id"], name="report_by_source"),
            # Lists of one kind; nearly all observe, and are met in the list.
            models.Index(
                fields=["kind", "received_at", "id"], condition=~Q(kind="observe"), name="report_by_kind_in_order"
            ),
            # Where few have a milestone, or were said in a span of time, lists find them first; an index with the order
            # of lists at its end would take 58 bytes a report, and what many have is met in the list.
            models.Index(fields=["milestone"], condition=~Q(milestone=""), name="report_by_milestone"),
            models.Index(fields=["asserted_at"], name="report_by_assertion"),
            # Those that wait for an analyst are counted on each of the admin's pages, each way to wait by itself.
            models.Index(
                fields=["received_at", "id"], condition=Q(subject__isnull=True), name="report_without_known_subject"
            ),
            models.Index(
                fields=["received_at", "id"], condition=Q(code_is_known=False), name="report_without_known_code"
            ),
            *(
                models.Index(
                    fields=["received_at", "id"],
                    condition=Q(**{f"{part}__isnull": True}) & ~Q(**{f"{part}_said": ""}),
                    name=f"report_without_{part}",
                )
                for part in ("leg", "line")
            ),
            # Whether a reader sent restricted ones is asked whenever a subject is read; few are, of any subject.
            models.Index(fields=["subject"], condition=Q(marking__gt=0), name="report_restricted_by_subject"),
            # And of which subjects, where all that a reader sees beyond its clearance is asked for.
            models.Index(fields=["partner_key"], condition=Q(marking__gt=0), name="report_restricted_by_key"),
            # Lists of what is marked so; of the lowest marking are so many that they are met in the list.
            models.Index(
                fields=["marking", "received_at", "id"], condition=Q(marking__gt=0), name="report_restricted_in_order"
            ),
            # Of what is above their clearance, or has no subject yet, whoever sent it sees their own.
            models.Index(
                fields=["partner_key", "received_at", "id"],
                condition=Q(marking__gt=0) | Q(subject__isnull=True),
                name="report_told_to_its_sender",
            ),
            models.Index(
                fields=["code_scheme", "code_said"],
                condition=Q(code_is_known=False),
                name="report_with_unknown_code",
            ),
            *(
                models.Index(fields=[link], condition=Q(**{f"{link}__isnull": False}), name=f"report_by_{link}")
                for link in ("document", "leg", "line", "attributed_to", "entered_by")
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class ReportPayload(models.Model):
    """What policy may erase: the quote and the sender's own bytes. The report keeps their hash."""

    report = models.OneToOneField(Report, models.PROTECT, primary_key=True, related_name="payload")
    quote = models.TextField(blank=True)
    language = models.CharField(max_length=12, blank=True, help_text="BCP 47.")
    raw = models.JSONField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    erased_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | (Q(quote="") & Q(raw__isnull=True) & ~Q(erased_because="")),
                name="report_payload_is_erased_with_a_reason",
            ),
        ]
        indexes = [
            # By which policy finds what it has not erased yet, the oldest first.
            models.Index(fields=["report"], condition=Q(erased_at__isnull=True), name="report_payload_to_erase"),
        ]

    def __str__(self) -> str:
        return "payload of a report"
