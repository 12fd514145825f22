"""What a reader may know of offers and shipments, in as few and as narrow rows as flows need.

Starts from the stored pictures of the reader's tier (never a fold), so that whatever is hidden, or was not known
at the moment that is asked about, is not there at all. Each function is one query, however many rows.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Count,
    Exists,
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
from actors.services.arrays import IsAny
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


def _is_among(column: str, keys: Collection[UUID]) -> IsAny:
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
    subjects: Collection[UUID] = ()

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


def offer_rows(reader: Reader, known_at: datetime | None, narrowing: Narrowing, among: Among) -> list[Row]:
    """The offers that are counted among these; one row each, lines and all."""
    money = {"amount": Cast("amount", TextField()), "currency": "currency"}
    lines = OfferLine.objects.filter(offer=OuterRef("subject_id")).order_by("key")
    rows = pictures_of("offer", reader, known_at, narrowing).filter(among.condition("offer"))
    return list(
        rows.values(
            *_PLAIN,
            **_STORY,
            crisis=_crisis(reader),
            recipient=F("subject__as_offer__recipient_id"),
            donors=Func(F("subject__as_offer__donor_id"), function="ARRAY", template="ARRAY[%(expressions)s]"),
            lines=ArraySubquery(lines.values(json=JSONObject(**_QUANTITY, **money))),
        )
    )


def shipment_rows(reader: Reader, known_at: datetime | None, narrowing: Narrowing, among: Among) -> list[Row]:
    """The shipments that are counted among these; one row each, lines and donors and all."""
    parties = ShipmentParty.objects.filter(shipment=OuterRef("subject_id"), role=ShipmentParty.Role.DONOR)
    lines = Line.objects.filter(shipment=OuterRef("subject_id")).order_by("key")
    offers = Offer.objects.visible_to(reader).filter(pk=OuterRef("subject__as_shipment__offer_id"))
    rows = pictures_of("shipment", reader, known_at, narrowing).filter(among.condition("shipment"))
    return list(
        rows.values(
            *_PLAIN,
            **_STORY,
            crisis=_crisis(reader),
            recipient=F("subject__as_shipment__recipient_id"),
            whole=F("subject__as_shipment__parent_id"),
            donors=ArraySubquery(parties.values("actor_id")),
            promised_by=Subquery(offers.values("donor_id")[:1]),
            lines=ArraySubquery(lines.values(json=JSONObject(**_QUANTITY, donor="donor_id"))),
        )
    )


def _crisis(reader: Reader) -> Subquery:
    return Subquery(Subject.objects.visible_to(reader).filter(pk=OuterRef("subject__crisis_id")).values("reference"))


def finding_rows(reader: Reader, known_at: datetime | None, subjects: Collection[UUID]) -> Mapping[UUID, list[Row]]:
    """What is believed of amounts, of shortfalls and of answers that did not come, by subject."""
    amounts = Q(kind=Finding.Kind.FACT, attribute__in=["quantity", "value"], leg="")
    shortfalls = Q(kind=Finding.Kind.FLAG, attribute__in=SHORTFALLS, label="set")
    silence = Q(kind=Finding.Kind.MILESTONE, attribute="acknowledged", state="denied")
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    rows = Finding.objects.for_reader(reader, known_at=known_at).filter(
        amounts | shortfalls | silence, _is_among("subject_id", subjects), as_of=""
    )
    columns = ("kind", "attribute", "line", "scope", "time_class", "state", "low", "high")
    for row in rows.order_by("subject_id", *columns[:5]).values("subject_id", *columns):
        found[row["subject_id"]].append(row)
    return found


def count_rows(reader: Reader, known_at: datetime | None, shipments: Collection[UUID]) -> Mapping[UUID, list[Row]]:
    """What receivers counted, by shipment, from reports that nobody corrected or withdrew."""
    reports = Report.objects.visible_to(reader)
    if known_at:
        reports = reports.filter(received_at__lte=known_at)
    pointing = Q(target_report=OuterRef("report_id")) | (
        ~Q(target_event_id="")
        & Q(target_source=OuterRef("report__source_id"), target_event_id=OuterRef("report__event_id"))
    )
    undone = ReportLink.objects.filter(pointing, kind__in=["corrects", "retracts"], report__in=reports)
    found: defaultdict[UUID, list[Row]] = defaultdict(list)
    receipts = Receipt.objects.filter(~Exists(undone), _is_among("line__shipment_id", shipments), report__in=reports)
    columns = ("line__shipment_id", "line__key", "received_on", "accepted", "report__source__code")
    for row in receipts.order_by("pk").values(*columns):
        found[row["line__shipment_id"]].append(row)
    return found


def said_at(reader: Reader, references: Collection[str]) -> dict[str, datetime]:
    """When each of these reports was said."""
    reports = Report.objects.visible_to(reader).filter(reference__in=references)
    return dict(reports.values_list("reference", "asserted_at"))


# What is told of an actor.
SHOWN = ("reference", "name", "kind", "country")


class Actors:
    """The actors behind some keys, as the reader knows them: hidden ones are not there, merged ones are one."""

    def __init__(self, reader: Reader, keys: Collection[UUID]) -> None:
        columns = ("pk", "merged_into_id", *SHOWN)
        behind = Q(pk__in=keys) | Q(pk__in=Actor.objects.filter(pk__in=keys).values("merged_into_id"))
        self._rows = {row["pk"]: row for row in Actor.objects.visible_to(reader).filter(behind).values(*columns)}

    def reference(self, key: UUID | None) -> str:
        """The reference of an actor; "" where there is none to be seen."""
        row = self._rows.get(key) if key else None
        if row is None:
            return ""
        return self._rows.get(row["merged_into_id"], row)["reference"]

    def same_as(self, reference: str) -> str:
        """The reference that the actor of ``reference`` goes by here."""
        return next(
            (self.reference(key) for key, row in self._rows.items() if row["reference"] == reference), reference
        )

    def named(self) -> dict[str, Row]:
        """What is told of each, by reference."""
        return {row["reference"]: {name: row[name] for name in SHOWN} for row in self._rows.values()}


def actors_named(reader: Reader, references: Collection[str]) -> dict[str, Row]:
    """What is told of each of these actors, by reference."""
    rows = Actor.objects.visible_to(reader).filter(reference__in=references).values(*SHOWN)
    return {row["reference"]: row for row in rows}
