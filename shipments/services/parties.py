"""Who is a party to a subject, and whose act each milestone is.

A source that is a party to a matter is an interested one. A party's own offer, acceptance or
refusal is performative: saying it makes it so, and no interest is counted against it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from actors.services.prepared import run

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
    """The parties of one subject: (role, actor) pairs."""

    kind: str
    roles: frozenset[tuple[str, UUID]] = frozenset()

    def has_interest(self, interests: Iterable[UUID], milestone: str, *, denies: bool) -> bool:
        """Whether a source with these interests is a party here and not the one whose act it tells."""
        held = set(interests)
        if not any(actor in held for _, actor in self.roles):
            return False
        performer = PERFORMED_BY.get((self.kind, milestone))
        return denies or not any(role == performer and actor in held for role, actor in self.roles)


# Who plays which part, kind by kind.
NAMED = """
    SELECT subject_id, 'recipient', recipient_id FROM shipments_shipment WHERE subject_id = ANY(%(ids)s)
    UNION ALL SELECT subject_id, 'carrier', carrier_id FROM shipments_shipment
               WHERE subject_id = ANY(%(ids)s) AND carrier_id IS NOT NULL
    UNION ALL SELECT shipment_id, role, actor_id FROM shipments_shipmentparty WHERE shipment_id = ANY(%(ids)s)
    UNION ALL SELECT subject_id, 'donor', donor_id FROM shipments_offer WHERE subject_id = ANY(%(ids)s)
    UNION ALL SELECT subject_id, 'recipient', recipient_id FROM shipments_offer WHERE subject_id = ANY(%(ids)s)
    UNION ALL SELECT subject_id, 'requester', requester_id FROM shipments_appeal WHERE subject_id = ANY(%(ids)s)
    UNION ALL SELECT subject_id, 'addressee', addressee_id FROM shipments_appeal
               WHERE subject_id = ANY(%(ids)s) AND addressee_id IS NOT NULL
    UNION ALL SELECT contact_id, 'participant', actor_id FROM shipments_contact_participants
               WHERE contact_id = ANY(%(ids)s)
    UNION ALL SELECT subject_id, 'asked', asked_id FROM shipments_inquiry WHERE subject_id = ANY(%(ids)s)
"""


def parties_of(kinds: Mapping[UUID, str]) -> dict[UUID, Parties]:
    """The parties of each subject (its kind by its id); one query."""
    roles: dict[UUID, set[tuple[str, UUID]]] = {subject_id: set() for subject_id in kinds}
    for subject_id, role, actor_id in run(NAMED, {"ids": list(kinds)}):
        roles[subject_id].add((role, actor_id))
    return {subject_id: Parties(kind=kinds[subject_id], roles=frozenset(held)) for subject_id, held in roles.items()}
