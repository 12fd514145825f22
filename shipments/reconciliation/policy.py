"""The first policy: every number that decides, in one row.

Grade weights are round(1000 * ln(p / (1 - p))) of A .95, B .85, C .70, D .55, E .50, F .60; factors
are per mille. Source: the project's reconciliation rules (Weights).
"""

from __future__ import annotations

from shipments.reconciliation.model import HOUR, Policy
from shipments.reconciliation.vocabulary import Directness, Grade, Hedge, SubjectKind

POLICY_V1 = Policy(
    version="1",
    recorded_at=0,
    grade_weights=(
        (Grade.A, 2944),
        (Grade.B, 1735),
        (Grade.C, 847),
        (Grade.D, 201),
        (Grade.E, 0),
        (Grade.F, 405),
    ),
    directness=((Directness.OWN, 1000), (Directness.SECOND_HAND, 600), (Directness.INFERRED, 300)),
    hedge=((Hedge.ASSERTED, 1000), (Hedge.APPARENT, 700), (Hedge.SPECULATED, 300)),
    interested=500,
    decision_weight=1_000_000,
    bar=1386,
    bars=(
        (SubjectKind.OFFER, 0),
        (SubjectKind.APPEAL, 0),
        (SubjectKind.CONTACT, 0),
        (SubjectKind.INQUIRY, 0),
    ),
    tolerance=6 * HOUR,
    future_limit=24 * HOUR,
    walk_length=9,
)
