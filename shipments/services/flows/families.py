"""What has to be looked at together: whole deliveries with their parts, and the markings at which a subject turns."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import connection

from actors.marking import Marking


def families_of(shipments: Collection[UUID]) -> set[UUID]:
    """These, and what they are parts of or have as parts, up and down to the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE family(id) AS (
                SELECT unnest(%s::uuid[])
                UNION
                SELECT other.id
                  FROM family, LATERAL (
                       SELECT parent_id AS id FROM shipments_shipment
                        WHERE subject_id = family.id AND parent_id IS NOT NULL
                        UNION ALL
                       SELECT subject_id FROM shipments_shipment WHERE parent_id = family.id
                       ) AS other
            )
            SELECT id FROM family
            """,
            [list(shipments)],
        )
        return {key for (key,) in cursor.fetchall()}


def markings_of(subjects: Collection[UUID]) -> Mapping[int, set[UUID]]:
    """Markings at which a reader begins to see more of ``subjects``, each with those subjects.

    The lowest marking is left out: everybody sees what has it.
    """
    found: defaultdict[int, set[UUID]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH asked AS (
                SELECT subject.id, subject.marking, subject.crisis_id, shipment.offer_id,
                       coalesce(shipment.recipient_id, own.recipient_id) AS recipient_id,
                       coalesce(own.donor_id, promised.donor_id) AS donor_id
                  FROM shipments_subject AS subject
                  LEFT JOIN shipments_shipment AS shipment ON shipment.subject_id = subject.id
                  LEFT JOIN shipments_offer AS own ON own.subject_id = subject.id
                  LEFT JOIN shipments_offer AS promised ON promised.subject_id = shipment.offer_id
                 WHERE subject.id = ANY(%s)
            ), parties AS (
                SELECT id, unnest(ARRAY[recipient_id, donor_id]) AS actor_id FROM asked
                UNION SELECT shipment_id, actor_id FROM shipments_shipmentparty
                       WHERE shipment_id IN (SELECT id FROM asked) AND role = 'donor'
                UNION SELECT shipment_id, donor_id FROM shipments_line
                       WHERE shipment_id IN (SELECT id FROM asked)
            )
            SELECT marking, id FROM asked WHERE marking > 0
            UNION SELECT other.marking, asked.id FROM asked JOIN shipments_subject AS other
                      ON other.id IN (asked.crisis_id, asked.offer_id) AND other.marking > 0
            UNION SELECT actor.marking, parties.id FROM parties JOIN actors_actor AS actor ON actor.id = actor_id
                   WHERE actor.marking > 0
            UNION SELECT other.marking, parties.id FROM parties JOIN actors_actor AS actor ON actor.id = actor_id
                    JOIN actors_actor AS other ON other.id = actor.merged_into_id WHERE other.marking > 0
            UNION SELECT tier, subject_id FROM shipments_picture
                   WHERE subject_id IN (SELECT id FROM asked) AND tier > 0 AND known_to IS NULL
            -- What was counted is in reports, which may be corrected by others.
            UNION SELECT marking, shipment_id FROM generate_series(1, %s) AS marking, shipments_receipt AS receipt
                    JOIN shipments_line AS line ON line.id = line_id
                   WHERE shipment_id IN (SELECT id FROM asked)
            """,
            [list(subjects), int(max(Marking))],
        )
        for marking, subject in cursor.fetchall():
            found[marking].add(subject)
    return found
