"""A picture for an audience is folded from only what that audience may see."""

from __future__ import annotations

from msgspec.structs import replace

from shipments.reconciliation.model import Evidence
from shipments.reconciliation.vocabulary import Marking, Tier


def visible(evidence: Evidence, tier: Tier) -> Evidence:
    """The evidence that an audience of this tier may see: reports and late citations up to its marking.

    A pure filter of each row by itself, so that what is recorded later never changes an earlier picture.
    """
    return replace(
        evidence,
        reports=tuple(r for r in evidence.reports if _may_see(r.marking, tier)),
        citations=tuple(c for c in evidence.citations if _may_see(c.marking, tier)),
    )


def _may_see(marking: Marking, tier: Tier) -> bool:
    return marking.tier.rank <= tier.rank
