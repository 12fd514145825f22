"""What a reader may know of offers and shipments, in as few and as narrow rows as flows need.

Starts from the stored pictures of the reader's tier (never a fold), so that whatever is hidden, or was not known
at the moment that is asked about, is not there at all. Each function is one query, however many rows.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Count,
    Exists,
    Expression,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast, JSONObject

from actors.access import Reader
from actors.models import Actor
from actors.services.arrays import EachOf, IsAny
from shipments.models import (
    Finding,
    Line,
    Offer,
    OfferLine,
    Picture,
    Receipt,
    Report,
    ReportLink,
    ShipmentParty,
    Subject,
)

Row = dict[str, Any]

# Flags that say that less than the whole was there to receive.
SHORTFALLS = ("damaged", "offloaded", "partial", "quantity_mismatch", "stolen_partial", "vvm_discard")


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """Which offers and shipments are counted. References and words; None: whatever they are.

    ``period`` is a month (2022-05) or a year (2022).
    """

    donor: str | None = None
    recipient: str | None = None
    crisis: str | None = None
    period: str | None = None
    item: str | None = None
    contested: bool | None = None

    @property
    def parts_families(self) -> bool:
        """Whether a part delivery may be asked for without its whole."""
        return any(each is not None for each in (self.donor, self.crisis, self.period, self.item, self.contested))


# Keys of subjects, or a slot for them.
Keys = Collection[UUID] | Expression


def _is_among(column: str, keys: Keys) -> IsAny:
    if isinstance(keys, Expression):
        return IsAny(column, keys)
    return IsAny(column, Value(sorted(keys), output_field=ArrayField(UUIDField())))


class _Path(Func):
    """All that a JSON path finds, as an array; null where a step has null."""

    function = "jsonb_path_query_array"
    template = "%(function)s(%(expressions)s::jsonpath)"
    output_field = JSONField()

    def __init__(self, column: str, path: str) -> None:
        super().__init__(F(column), Value(path, output_field=TextField()))


_QUANTITY = {
    "key": "key",
    "item": "item",
    "category": "category",
    "low": Cast("quantity_low", TextField()),
    "high": Cast("quantity_high", TextField()),
    "unit": "unit",
    "qualifier": "qualifier",
}
_STORY = {
    "milestones": _Path("timeline", "$[*].milestone"),
    "states": _Path("timeline", "$[*].state"),
    "times": _Path("timeline", "$[*].at"),
    "because": _Path("timeline", "$[last].because[*]"),
    "rivals": _Path("alternatives", "$[*].label"),
}
_PLAIN = ("subject_id", "subject__reference", "subject__kind", "status", "state", "contested")


@dataclass(frozen=True, kw_only=True)
class Among:
    """Which offers and shipments are read at all: those to some recipients, or some by their own keys."""

    recipients: Collection[UUID] | None = None
    subjects: Keys = ()

    def condition(self, kind: str) -> IsAny:
        if self.recipients is None:
            return _is_among("subject_id", self.subjects)
        return _is_among(f"subject__as_{kind}__recipient_id", self.recipients)


def pictures_of(kind: str, reader: Reader, known_at: datetime | None, narrowing: Narrowing) -> QuerySet:
    """The pictures of the offers or shipments that are counted."""
    rows = Picture.objects.for_reader(reader, known_at=known_at)
    rows = rows.filter(**{f"subject__as_{kind}__isnull": False}, subject__merged_into=None).exclude(
        timeline=[], alternatives=[]
    )
    if narrowing.contested is not None:
        rows = rows.filter(contested=narrowing.contested)
    if narrowing.crisis is not None:
        crises = Subject.objects.visible_to(reader).filter(reference=narrowing.crisis)
        rows = rows.filter(subject__crisis_id__in=crises.values("pk"))
    if narrowing.recipient is not None:
        rows = rows.filter(**{f"subject__as_{kind}__recipient_id__in": _actors(reader, narrowing.recipient)})
    if narrowing.donor is not None:
        rows = rows.filter(_given_by(kind, _actors(reader, narrowing.donor), reader))
    if narrowing.item is not None:
        lines = (OfferLine if kind == "offer" else Line).objects.filter(**{f"{kind}_id": OuterRef("subject_id")})
        rows = rows.filter(Exists(lines.filter(is_of(narrowing.item))))
    return rows


def is_of(item: str) -> Q:
    """Lines of an item: by a part of its category or of its name."""
    return Q(category__icontains=item) | Q(item__icontains=item)


def _actors(reader: Reader, reference: str) -> QuerySet:
    """The actor of that reference, and those who turned out to be the same."""
    seen = Actor.objects.visible_to(reader)
    return seen.filter(Q(reference=reference) | Q(merged_into__in=seen.filter(reference=reference))).values("pk")


def _given_by(kind: str, donors: QuerySet, reader: Reader) -> Q:
    if kind == "offer":
        return Q(subject__as_offer__donor_id__in=donors)
    parties = ShipmentParty.objects.filter(shipment=OuterRef("subject_id"), role="donor", actor__in=donors)
    lines = Line.objects.filter(shipment=OuterRef("subject_id"), donor__in=donors)
    offers = Offer.objects.visible_to(reader).filter(donor__in=donors)
    return Q(Exists(parties)) | Q(Exists(lines)) | Q(subject__as_shipment__offer_id__in=offers.values("pk"))


def recipients_of(reader: Reader, known_at: datetime | None, narrowing: Narrowing) -> dict[UUID, int]:
    """How many offers and shipments there are to each recipient."""
    one, other = (
        pictures_of(kind, reader, known_at, narrowing)
        .order_by()
        .values_list(f"subject__as_{kind}__recipient_id")
        .annotate(Count("pk"))
        for kind in ("offer", "shipment")
    )
    counts: Counter[UUID] = Counter()
    for recipient, count in one.union(other, all=True):
        counts[recipient] += count
    return dict(counts)


def offers(reader: Reader, known_at: datetime | None, narrowing: Narrowing, among: Among) -> QuerySet:
    """The offers that are counted among these; one row each, lines and all."""
    money = {"amount": Cast("amount", TextField()), "currency": "currency"}
    lines = OfferLine.objects.filter(offer=OuterRef("subject_id")).order_by("key")
    rows = pictures_of("offer", reader, known_at, narrowing).filter(among.condition("offer"))
    return rows.values(
        *_PLAIN,
        **_STORY,
        crisis=_crisis(reader),
        recipient=F("subject__as_offer__recipient_id"),
        donors=Func(F("subject__as_offer__donor_id"), function="ARRAY", template="ARRAY[%(expressions)s]"),
        lines=ArraySubquery(lines.values(json=JSONObject(**_QUANTITY, **money))),
    )


def shipments(reader: Reader, known_at: datetime | None, narrowing: Narrowing, among: Among) -> QuerySet:
    """The shipments that are counted among these; one row each, lines and donors and all."""
    parties = ShipmentParty.objects.filter(shipment=OuterRef("subject_id"), role=ShipmentParty.Role.DONOR)
    lines = Line.objects.filter(shipment=OuterRef("subject_id")).order_by("key")
    promised = Offer.objects.visible_to(reader).filter(pk=OuterRef("subject__as_shipment__offer_id"))
    rows = pictures_of("shipment", reader, known_at, narrowing).filter(among.condition("shipment"))
    return rows.values(
        *_PLAIN,
        **_STORY,
        crisis=_crisis(reader),
        recipient=F("subject__as_shipment__recipient_id"),
        whole=F("subject__as_shipment__parent_id"),
        donors=ArraySubquery(parties.values("actor_id")),
        promised_by=Subquery(promised.values("donor_id")[:1]),
        lines=ArraySubquery(lines.values(json=JSONObject(**_QUANTITY, donor="donor_id"))),
    )


def _crisis(reader: Reader) -> Subquery:
    return Subquery(Subject.objects.visible_to(reader).filter(pk=OuterRef("subject__crisis_id")).values("reference"))


def findings(reader: Reader, known_at: datetime | None, subjects: Keys) -> QuerySet:
    """What is believed of amounts, of shortfalls and of answers that did not come, in the order of subjects."""
    amounts = Q(kind=Finding.Kind.FACT, attribute__in=["quantity", "value"], leg="")
    shortfalls = Q(kind=Finding.Kind.FLAG, attribute__in=SHORTFALLS, label="set")
    silence = Q(kind=Finding.Kind.MILESTONE, attribute="acknowledged", state="denied")
    rows = Finding.objects.for_reader(reader, known_at=known_at).filter(
        amounts | shortfalls | silence, _is_among("subject_id", subjects), as_of=""
    )
    columns = ("subject_id", "kind", "attribute", "line", "scope", "time_class", "state", "low", "high")
    return rows.order_by(*columns[:6]).values(*columns)


def counts(reader: Reader, known_at: datetime | None, shipments: Keys) -> QuerySet:
    """What receivers counted, from reports that nobody corrected or withdrew."""
    reports = Report.objects.visible_to(reader)
    if known_at:
        reports = reports.filter(received_at__lte=known_at)
    pointing = Q(target_report=OuterRef("report_id")) | (
        ~Q(target_event_id="")
        & Q(target_source=OuterRef("report__source_id"), target_event_id=OuterRef("report__event_id"))
    )
    undone = ReportLink.objects.filter(pointing, kind__in=["corrects", "retracts"], report__in=reports)
    receipts = Receipt.objects.filter(~Exists(undone), _is_among("line__shipment_id", shipments), report__in=reports)
    return receipts.order_by("pk").values(
        "line__key", "received_on", "accepted", "report__source__code", subject_id=F("line__shipment_id")
    )


def said_at(reader: Reader, references: Expression) -> QuerySet:
    """When each of these reports was said."""
    named = Report.objects.visible_to(reader).filter(IsAny("reference", EachOf(references)))
    return named.values("reference", "asserted_at")


# What is told of an actor.
SHOWN = ("reference", "name", "kind", "country")


def actors(reader: Reader, keys: Keys) -> QuerySet:
    """The actors of some keys, and what they were merged into."""
    merged = Actor.objects.filter(_is_among("pk", keys)).values("merged_into_id")
    seen = Actor.objects.visible_to(reader).filter(Q(_is_among("pk", keys)) | Q(pk__in=merged))
    return seen.values("pk", "merged_into_id", *SHOWN)
