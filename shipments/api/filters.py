"""What lists of subjects can be narrowed by. A hidden value finds what a missing one finds: nothing."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import Col
from rest_framework import serializers

from actors.access import Reader
from actors.api.pages import LookedFor, Order, both_ways, narrow
from actors.api.parameters import (
    EXTERNAL_ID,
    LOOKED_FOR,
    Moment,
    PageParameters,
    ReadParameters,
    Reference,
    Search,
    Since,
    TrueOrFalse,
)
from actors.api.serializers import MARKINGS
from actors.marking import Marking
from actors.querysets import is_there
from shipments.api.conditions import CONDITIONS
from shipments.api.moments import DAYS, happened, status_at, told_of
from shipments.api.searching import enough, few, few_or_each, found_by
from shipments.models import (
    Contact,
    Crisis,
    Inquiry,
    Offer,
    Picture,
    Shipment,
    Subject,
)
from shipments.models.picture import State
from shipments.querysets import granted_subjects
from shipments.reconciliation.lifecycles import LIFECYCLES

ACTOR = "The actor: ACT-…, or source:external_id as you entered it."
# The kinds that are of a day.
DATED: dict[str, type[Subject]] = {"contact": Contact, "inquiry": Inquiry, "crisis": Crisis}
KNOWN_AT = "What was believed at that moment; a bare date is the end of that day in UTC."
VALID_AT = (
    "The status, and the steps, at that moment of the world, as we know it now or knew it at known_at; a bare date is "
    "the end of that day in UTC. A step whose time is not known so finely counts once it has surely happened."
)
SEARCHED = (
    "the title, the reference, others' identifiers, the description, the items and the names of those who take part"
)
STATUS = "The accepted status; at valid_at, if given."
SINCE = "Something of it happened then or later: a step of the best story, or the day of a contact, inquiry or crisis."
UNTIL = "Something of it happened then or earlier."


class _KeyBeside(F):
    """The key in the table of a column: of all subjects, where the key of a list is that of the table of a kind."""

    def resolve_expression(self, *args: Any, **options: Any) -> Col:
        beside: Any = super().resolve_expression(*args, **options)
        return Col(beside.alias, Subject._meta.pk)


# Keys are made in order of time.
OF_ALL_KINDS = (_KeyBeside("kind"),)
ORDERS = {
    "created_at": Order(columns=("pk",), joined=OF_ALL_KINDS),
    "-created_at": Order(columns=("pk",), descending=True, joined=OF_ALL_KINDS),
    **both_ways("reference"),
}


class KnownAtParameters(ReadParameters):
    """The moment of knowledge."""

    known_at = Moment(required=False, help_text=KNOWN_AT)


class SubjectParameters(PageParameters, KnownAtParameters):
    """Filters of every kind of subject."""

    ordering = serializers.ChoiceField(choices=list(ORDERS), default="-created_at")
    q = Search(
        required=False,
        help_text=(
            f"At most ten words, all to be found in {SEARCHED}: in any part of a word, those of one or two letters "
            f"where one begins. {LOOKED_FOR}"
        ),
    )
    crisis = Reference("CRS", help_text="Reference of the crisis.")
    marking = serializers.ChoiceField(choices=MARKINGS, required=False)
    state = serializers.ChoiceField(choices=State.choices, required=False)
    contested = TrueOrFalse(required=False, help_text=f"Whether anything about the subject is contested. {LOOKED_FOR}")
    since = Since(required=False, help_text=f"{SINCE} {LOOKED_FOR}")
    until = Moment(required=False, help_text=f"{UNTIL} {LOOKED_FOR}")


class ValidAtParameters(KnownAtParameters):
    """The moment of knowledge, and the moment of the world."""

    valid_at = Moment(required=False, help_text=VALID_AT)


def _status(kind: str) -> serializers.ChoiceField:
    names = [milestone.name for milestone in LIFECYCLES[kind].milestones]
    return serializers.ChoiceField(choices=names, required=False, help_text=STATUS)


class EnteredParameters(SubjectParameters, ValidAtParameters):
    """Filters of the kinds that partners enter."""

    external_id = serializers.CharField(required=False, help_text=EXTERNAL_ID)


class ShipmentParameters(EnteredParameters):
    """Filters of shipments."""

    status = _status("shipment")
    mode = serializers.ChoiceField(choices=Shipment.Mode.choices, required=False)
    donor = Reference("ACT", entered=True, help_text=ACTOR)
    recipient = Reference("ACT", entered=True, help_text=ACTOR)
    carrier = Reference("ACT", entered=True, help_text=ACTOR)
    offer = Reference("OFR", entered=True, help_text="The offer: OFR-…, or source:external_id as you entered it.")
    place = serializers.CharField(required=False, help_text=f"Code of a place that a leg touches. {LOOKED_FOR}")
    item = serializers.CharField(required=False, help_text=f"Part of the name of an item. {LOOKED_FOR}")


class OfferParameters(EnteredParameters):
    """Filters of offers."""

    status = _status("offer")
    form = serializers.ChoiceField(choices=Offer.Form.choices, required=False)
    donor = Reference("ACT", entered=True, help_text=ACTOR)
    recipient = Reference("ACT", entered=True, help_text=ACTOR)
    answers = Reference("APL", entered=True, help_text="The appeal: APL-…, or source:external_id as you entered it.")


class AppealParameters(EnteredParameters):
    """Filters of appeals."""

    status = _status("appeal")
    requester = Reference("ACT", entered=True, help_text=ACTOR)
    addressee = Reference("ACT", entered=True, help_text=ACTOR)


class ContactParameters(SubjectParameters):
    """Filters of contacts."""

    form = serializers.ChoiceField(choices=Contact.Form.choices, required=False)
    participant = Reference("ACT", entered=True, help_text=ACTOR)


class InquiryParameters(SubjectParameters):
    """Filters of inquiries."""

    asked = Reference("ACT", entered=True, help_text=ACTOR)
    asked_by = Reference("ACT", entered=True, help_text=ACTOR)


class CrisisParameters(SubjectParameters):
    """Filters of crises."""

    country = serializers.RegexField("^[A-Z]{2}$", required=False, help_text=f"ISO 3166-1 alpha-2. {LOOKED_FOR}")


PARAMETERS: dict[str, type[SubjectParameters]] = {
    "shipment": ShipmentParameters,
    "offer": OfferParameters,
    "appeal": AppealParameters,
    "contact": ContactParameters,
    "inquiry": InquiryParameters,
    "crisis": CrisisParameters,
}


def narrowed(rows: QuerySet, kind: str, asked: dict[str, Any], reader: Reader) -> tuple[QuerySet, LookedFor]:
    """``rows``, visible to ``reader``, with the filters of ``asked``, without what was not known at ``known_at``.

    What has to be asked of each row that is left is told apart: a page looks through a number of them.
    """
    known_at = asked.get("known_at")
    conditions: list[Q | LookedFor] = []
    if known_at:
        conditions += [few_or_each(_begun(known_at), Q()), was_known(reader, known_at)]
    believed: dict[str, Any] = {name: asked[name] for name in ("status", "state", "contested") if name in asked}
    if believed:
        # That nothing is contested is in no index, for it is true of most.
        is_in_order = believed != {"contested": False}
        pictures = Picture.objects.of_visible(reader, known_at=known_at)
        if "status" in believed and "valid_at" in asked:
            pictures = pictures.annotate(status_then=status_at(asked["valid_at"]))
            believed["status_then"] = believed.pop("status")
        so_believed = pictures.filter(subject_id=OuterRef("pk"), **believed)
        is_so = Q(Exists(so_believed)) if is_in_order else LookedFor(condition=Q(is_there(so_believed)))
        conditions.append(is_so)
    if "since" in asked or "until" in asked:
        conditions += _happened(kind, reader, asked)
    if "marking" in asked:
        conditions.append(Q(marking=(marking := Marking.from_code(asked["marking"]))))
        if marking > reader.clearance:
            # Of so many only what was granted to them.
            conditions.append(Q(pk__in=list(granted_subjects(reader))))
    conditions += [found_by(term, kind, reader) for term in asked.get("q", ())]
    conditions += [condition(asked[name], reader) for name, condition in CONDITIONS[kind].items() if name in asked]
    return narrow(rows, conditions)


def _happened(kind: str, reader: Reader, asked: dict[str, Any]) -> list[Q | LookedFor]:
    """Subjects of which something happened in a span: where few stories reach into it, of these alone."""
    condition = happened(kind, reader, asked)
    if kind in DAYS:
        return [few_or_each(DATED[kind].objects.order_by().filter(condition).values_list("pk", flat=True), condition)]
    found = None if asked.get("known_at") else few(told_of(asked))
    return [LookedFor(condition=condition)] if found is None else [Q(pk__in=found), condition]


def was_known(reader: Reader, known_at: datetime) -> Q:
    """Of subjects visible to ``reader``, those that there was a picture of at ``known_at``, or on the books by then."""
    pictures = Picture.objects.of_visible(reader, known_at=known_at)
    return Q(created_at__lte=known_at) | Q(is_there(pictures.filter(subject_id=OuterRef("pk"))))


def _begun(known_at: datetime) -> QuerySet:
    """Keys of subjects that anybody may have known by then; none for a moment before everything."""
    # Each by its index: as rows lie, those of then may come after all others.
    known = Picture.objects.order_by("known_from").filter(known_from__lte=known_at).values_list("subject_id", flat=True)
    begun = Subject.objects.order_by("created_at").filter(created_at__lte=known_at).values_list("pk", flat=True)
    return enough(known).union(enough(begun), all=True)
