"""How far each offer and shipment got, by the best story, its accepted end and its rivals."""

import pytest

from shipments.services.flows.ladder import Reached, Step, reached

YES, MAYBE = (Reached(is_accepted=is_accepted, is_contested=False) for is_accepted in (True, False))
DISPUTED, RIVAL = (Reached(is_accepted=is_accepted, is_contested=True) for is_accepted in (True, False))


@pytest.mark.parametrize(
    ("kind", "steps", "status", "rivals", "found"),
    [
        ("offer", "", "", "", {}),
        ("offer", "floated", "floated", "", {"floated": YES}),
        ("offer", "made", "made", "", {"floated": YES, "offered": YES}),
        ("offer", "made refused", "refused", "", {"floated": YES, "offered": YES}),
        ("offer", "made withdrawn", "withdrawn", "", {"floated": YES, "offered": YES}),
        ("offer", "fulfilled", "fulfilled", "", dict.fromkeys(("floated", "offered", "accepted", "committed"), YES)),
        ("offer", "made refused", "refused", "accepted", {"floated": YES, "offered": YES, "accepted": RIVAL}),
        ("shipment", "planned booked ready", "ready", "", {}),
        ("shipment", "ready cancelled", "cancelled", "", {}),
        ("shipment", "departed lost", "lost", "", {"dispatched": YES}),
        ("shipment", "departed arrived", "departed", "", {"dispatched": YES, "arrived": MAYBE}),
        ("shipment", "departed", "", "", {"dispatched": MAYBE}),
        ("shipment", "delivered", "delivered", "", dict.fromkeys(("dispatched", "arrived", "received"), YES)),
        ("shipment", "arrived lost", "lost", "received", {"dispatched": YES, "arrived": YES, "received": RIVAL}),
    ],
)
def test_rungs_that_were_reached(kind: str, steps: str, status: str, rivals: str, found: dict[str, Reached]) -> None:
    story = [Step(milestone=each, state="single_source") for each in steps.split()]
    assert reached(kind, story, status=status, state="single_source", rivals=rivals.split()) == found


def test_a_rung_is_as_contested_as_the_first_step_that_reaches_it() -> None:
    story = [Step(milestone="departed", state="corroborated"), Step(milestone="delivered", state="contested")]
    found = reached("shipment", story, status="delivered", state="contested", rivals=[])
    assert found == {"dispatched": YES, "arrived": DISPUTED, "received": DISPUTED}


def test_where_its_own_standing_is_contested_the_furthest_rung_is_in_doubt() -> None:
    story = [Step(milestone="made", state="single_source")]
    found = reached("offer", story, status="made", state="contested", rivals=["refused"])
    assert found == {"floated": YES, "offered": DISPUTED}
