"""When a message is tried again: the example schedule of Standard Webhooks 1.0, ten tries in 76 hours."""

from datetime import timedelta

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# Each wait is longer by up to this part, so that what failed together does not come back together.
JITTER = 0.1
LONGEST_RETRY_AFTER = timedelta(hours=24)
# Nothing but failures for so long, and the subscription is disabled.
GIVE_UP_AFTER = timedelta(hours=120)


def wait_after(failures: int, *, chance: float, asked: timedelta | None = None) -> timedelta | None:
    """How long to wait after that many failures; None: give up. ``chance`` is from 0 to 1.

    ``asked`` is the endpoint's Retry-After: it is waited for where it is longer, up to a day.
    """
    if failures > len(WAITS):
        return None
    wait = WAITS[failures - 1] * (1 + JITTER * chance)
    return max(wait, min(asked, LONGEST_RETRY_AFTER)) if asked else wait
