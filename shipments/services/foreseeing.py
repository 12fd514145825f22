"""What would be told if something were done: it is done, asked about, and taken back."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

Told = TypeVar("Told")


def foresee(tell: Callable[[], Told], act: Callable[[], object]) -> tuple[Told, Told]:
    """What ``tell`` says now, and what it would say after ``act``, which is rolled back.

    Holds the locks that ``act`` takes meanwhile. Raises what ``act`` raises.
    """
    before = tell()
    with transaction.atomic():
        act()
        after = tell()
        transaction.set_rollback(True)
    return before, after
