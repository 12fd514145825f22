"""How far each offer and shipment got, rung by rung. Pure.

A promise stays the promise: whoever committed has offered, whatever arrived was dispatched, and no rung is
lessened by the one above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shipments.reconciliation.lifecycles import LIFECYCLES

# Rung -> the milestone that reaches it, or any that implies it.
RUNGS = {
    "offer": {"floated": "floated", "offered": "made", "accepted": "accepted_partly", "committed": "committed"},
    "shipment": {"dispatched": "departed", "arrived": "arrived", "received": "received"},
}
CONTESTED = "contested"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of the best story, with the state of the belief in it."""

    milestone: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """That a rung was reached. Not accepted: the best story or a close rival claims it, and no more than that."""

    is_accepted: bool
    is_contested: bool


def reached(kind: str, steps: Sequence[Step], *, status: str, state: str, rivals: Sequence[str]) -> dict[str, Reached]:
    """The rungs that somebody is believed, or close to being believed, to have reached; in order.

    ``steps`` is the best story, ``status`` how far it is accepted, ``state`` that of the subject, and
    ``rivals`` the milestones of stories close behind. A rung is as contested as the first step that
    reaches it; where the subject's own standing is contested, so is the furthest rung.
    """
    names = [step.milestone for step in steps]
    last_accepted = max((n for n, name in enumerate(names) if name == status), default=-1)
    found: dict[str, Reached] = {}
    for rung, milestone in RUNGS[kind].items():
        on_path = [n for n, name in enumerate(names) if implies(kind, name, milestone)]
        if on_path:
            is_contested = steps[on_path[0]].state == CONTESTED
            found[rung] = Reached(is_accepted=on_path[0] <= last_accepted, is_contested=is_contested)
        elif any(implies(kind, rival, milestone) for rival in rivals):
            found[rung] = Reached(is_accepted=False, is_contested=True)
    if found and state == CONTESTED:
        furthest = list(found)[-1]
        found[furthest] = Reached(is_accepted=found[furthest].is_accepted, is_contested=True)
    return found


def implies(kind: str, milestone: str, other: str) -> bool:
    """Whether what reached ``milestone`` has reached ``other``."""
    return milestone == other or other in LIFECYCLES[kind].implied(milestone)
