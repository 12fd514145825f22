"""How many requests a caller may send in a minute: counted exactly, by one statement in PostgreSQL.

    request ─> budget (whose, which kind, how many) ─> spend ─> allowance: left, seconds until it is full again

The count is a row, raised and read under its own lock, so that of any number of requests at once no
more get through than the quota says. Redis has no part in it and may be lost at any time. A window
begins with its first request and lasts WINDOW; times are the database's.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

from django.db.models.functions import Now

from actors.models import RequestCount
from actors.services.prepared import run

WINDOW = timedelta(minutes=1)
# Longer than any window, whatever becomes of clocks.
FORGOTTEN_AFTER = timedelta(hours=1)

# A clock that was set back would make a window last until it has caught up, hence both bounds.
IS_RUNNING = "held.begun_at > EXCLUDED.begun_at - %(window)s AND held.begun_at < EXCLUDED.begun_at + %(window)s"
# Counts as many requests as `paying` names (caller, quota, times), all of them or none; of nobody where it has no row.
# Where the quota is spent the row is left as it is: a flood of refused requests leaves nothing to clean up.
COUNT = f"""
    INSERT INTO actors_requestcount AS held (caller, begun_at, spent)
    SELECT caller, clock_timestamp(), times FROM paying WHERE times <= quota
    ON CONFLICT (caller) DO UPDATE
       SET begun_at = CASE WHEN {IS_RUNNING} THEN held.begun_at ELSE EXCLUDED.begun_at END,
           spent = CASE WHEN {IS_RUNNING} THEN held.spent ELSE 0 END + EXCLUDED.spent
     WHERE held.spent + EXCLUDED.spent <= (SELECT quota FROM paying) OR NOT ({IS_RUNNING})
    RETURNING spent, begun_at + %(window)s - clock_timestamp() AS remaining
"""  # noqa: S608
SPEND = f"WITH paying AS (SELECT %(caller)s::text AS caller, %(quota)s::int AS quota, 1 AS times) {COUNT}"
SPENT = f"""
    SELECT held.spent, held.begun_at + %(window)s - EXCLUDED.begun_at
      FROM actors_requestcount AS held, (SELECT clock_timestamp() AS begun_at) AS EXCLUDED
     WHERE caller = %(caller)s AND {IS_RUNNING}
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Budget:
    """``quota`` requests of kind ``name`` a window, for ``whose``: a key, a person or an address."""

    name: str
    whose: str
    quota: int


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What a budget still holds after a request. ``seconds``: until the window ends, at least 1."""

    budget: Budget
    is_granted: bool
    left: int
    seconds: int


def spend(budget: Budget) -> Allowance:
    """Count one request. It is granted if the quota was not spent before it; one that is not costs nothing."""
    for counted in run(SPEND, {**_asked(budget), "quota": budget.quota}):
        return granted(budget, *counted)
    allowance = look(budget)
    # Where the window has ended between the two statements, it is counted in the next.
    return spend(budget) if allowance.is_granted else allowance


def granted(budget: Budget, spent: int, remaining: timedelta) -> Allowance:
    """The allowance after a request that was counted."""
    return Allowance(budget=budget, is_granted=True, left=max(budget.quota - spent, 0), seconds=_seconds(remaining))


def look(budget: Budget) -> Allowance:
    """What a budget holds now; costs nothing. A window that nobody has begun is a whole one."""
    ((spent, remaining),) = run(SPENT, _asked(budget)) or [(0, WINDOW)]
    left = max(budget.quota - spent, 0)
    return Allowance(budget=budget, is_granted=left > 0, left=left, seconds=_seconds(remaining))


def _asked(budget: Budget) -> dict[str, Any]:
    return {"caller": f"{budget.whose}:{budget.name}", "window": WINDOW}


def forget_old_counts() -> int:
    """Delete the counts of windows that are long over; how many there were."""
    deleted, _ = RequestCount.objects.filter(begun_at__lt=Now() - FORGOTTEN_AFTER).delete()
    return deleted


def _seconds(remaining: timedelta) -> int:
    return min(max(ceil(remaining.total_seconds()), 1), ceil(WINDOW.total_seconds()))
