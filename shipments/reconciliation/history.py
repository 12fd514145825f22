"""What we believed when: one version for each moment at which the output changed."""

from __future__ import annotations

from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.model import Evidence
from shipments.reconciliation.picture import Picture, Version


def moments(evidence: Evidence, *, until: int) -> tuple[int, ...]:
    """Every moment up to ``until`` at which the picture may change, from the first receipt on.

    Receipts of reports, records of ratings, citations and policies, and expiries of decisions.
    """
    received = {r.received_at for r in evidence.reports if r.received_at <= until}
    if not received:
        return ()
    recorded = {p.recorded_at for p in evidence.policies}
    recorded |= {r.recorded_at for r in evidence.ratings}
    recorded |= {c.recorded_at for c in evidence.citations}
    recorded |= {
        r.decision.expires_at for r in evidence.reports if r.decision is not None and r.decision.expires_at is not None
    }
    first = min(received)
    return tuple(sorted(received | {moment for moment in recorded if first < moment <= until}))


def history(evidence: Evidence, *, moments_from: int | None, until: int) -> tuple[Version, ...]:
    """The versions that begin in ``moments_from`` <= t <= ``until``; ``known_to`` of the last is None.

    With ``moments_from`` the version that stood just before it is only compared with, not returned: what
    a worker stores is then the same as if all had been folded from the start.
    """
    all_moments = moments(evidence, until=until)
    ahead = [m for m in all_moments if moments_from is None or m >= moments_from]
    earlier = all_moments[: len(all_moments) - len(ahead)]
    standing = reconcile(evidence, known_at=earlier[-1]).output_hash if earlier else None
    changed: list[Picture] = []
    for moment in ahead:
        picture = reconcile(evidence, known_at=moment)
        if picture.output_hash != standing:
            standing = picture.output_hash
            changed.append(picture)
    ends = [picture.known_at for picture in changed[1:]]
    return tuple(
        Version(known_from=picture.known_at, known_to=end, picture=picture)
        for picture, end in zip(changed, [*ends, None], strict=False)
    )
