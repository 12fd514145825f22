"""Who is a party to a subject, and whose act each milestone is.

A source that is a party to a matter is an interested one. A party's own offer, acceptance or
refusal is performative: saying it makes it so, and no interest is counted against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from shipments.models import Appeal, Contact, Inquiry, Offer, Shipment, ShipmentParty, Subject

# (kind, milestone) -> the role whose act it is.
PERFORMED_BY = {
    ("offer", "floated"): "donor",
    ("offer", "made"): "donor",
    ("offer", "conditional"): "donor",
    ("offer", "withdrawn"): "donor",
    ("offer", "acknowledged"): "recipient",
    ("offer", "refused"): "recipient",
    ("offer", "accepted_partly"): "recipient",
    ("offer", "accepted"): "recipient",
    ("appeal", "made"): "requester",
    ("appeal", "withdrawn"): "requester",
    ("appeal", "closed"): "requester",
    ("appeal", "acknowledged"): "addressee",
    ("appeal", "answered"): "addressee",
}


@dataclass(frozen=True, kw_only=True)
class Parties:
    """The parties of one subject: (role, actor) pairs, and where it is planned to arrive (a place's code)."""

    kind: str
    roles: frozenset[tuple[str, UUID]] = frozenset()
    destination: str = ""

    def has_interest(self, interests: Iterable[UUID], milestone: str, *, denies: bool) -> bool:
        """Whether a source with these interests is a party here and not the one whose act it tells."""
        held = set(interests)
        if not any(actor in held for _, actor in self.roles):
            return False
        performer = PERFORMED_BY.get((self.kind, milestone))
        return denies or not any(role == performer and actor in held for role, actor in self.roles)


def parties_of(subjects: Iterable[Subject]) -> dict[UUID, Parties]:
    """The parties of each subject, by id. One query for each kind that occurs."""
    by_kind: dict[str, list[UUID]] = {}
    for subject in subjects:
        by_kind.setdefault(subject.kind, []).append(subject.pk)
    found: dict[UUID, Parties] = {}
    for kind, ids in by_kind.items():
        roles: dict[UUID, set[tuple[str, UUID]]] = {subject_id: set() for subject_id in ids}
        destinations: dict[UUID, str] = {}
        for subject_id, role, actor_id in _rows(kind, ids, destinations):
            if actor_id:
                roles[subject_id].add((role, actor_id))
        for subject_id in ids:
            found[subject_id] = Parties(
                kind=kind, roles=frozenset(roles[subject_id]), destination=destinations.get(subject_id) or ""
            )
    return found


def _rows(kind: str, ids: list[UUID], destinations: dict[UUID, str]) -> Iterable[tuple[UUID, str, UUID | None]]:
    match kind:
        case Subject.Kind.SHIPMENT:
            shipments = Shipment.objects.filter(pk__in=ids).values_list(
                "pk", "recipient_id", "carrier_id", "destination__code"
            )
            for pk, recipient, carrier, destination in shipments:
                destinations[pk] = destination
                yield pk, "recipient", recipient
                yield pk, "carrier", carrier
            yield from ShipmentParty.objects.filter(shipment_id__in=ids).values_list("shipment_id", "role", "actor_id")
        case Subject.Kind.OFFER:
            for pk, donor, recipient in Offer.objects.filter(pk__in=ids).values_list("pk", "donor_id", "recipient_id"):
                yield pk, "donor", donor
                yield pk, "recipient", recipient
        case Subject.Kind.APPEAL:
            appeals = Appeal.objects.filter(pk__in=ids).values_list("pk", "requester_id", "addressee_id")
            for pk, requester, addressee in appeals:
                yield pk, "requester", requester
                yield pk, "addressee", addressee
        case Subject.Kind.CONTACT:
            participants = Contact.participants.through.objects.filter(contact_id__in=ids)
            for pk, actor in participants.values_list("contact_id", "actor_id"):
                yield pk, "participant", actor
        case Subject.Kind.INQUIRY:
            for pk, asked in Inquiry.objects.filter(pk__in=ids).values_list("pk", "asked_id"):
                yield pk, "asked", asked
