"""Flows as they are kept, beside those that are read subject by subject."""

from typing import Any
from unittest.mock import patch

from django.utils import timezone

from actors.access import Reader
from shipments.services.flows import kept
from shipments.services.flows.keeping import fold_flows
from shipments.services.flows.paging import Page, read_flows


def fold_all() -> None:
    while fold_flows():
        pass


def read_both(reader: Reader, **asked: Any) -> Page:
    """The flows that are kept; they are those that are read subject by subject."""
    told = read_flows(reader, now=timezone.now(), **asked)
    with patch.object(kept, "MOST_BESIDE", -1):
        again = read_flows(reader, now=timezone.now(), **asked)
    assert list(told.flows) == list(again.flows)
    named = {each for flow in told.flows for each in (flow.key.recipient, *flow.key.donors)} - {""}
    assert {each: told.actors[each] for each in named} == {each: again.actors[each] for each in named}
    return told
