"""Flows as they are kept, beside those that are read subject by subject."""

from typing import Any
from unittest.mock import patch

from django.utils import timezone

from actors.access import Reader
from shipments.models import FlowDue, Subject
from shipments.services.flows import kept
from shipments.services.flows.families import families_of
from shipments.services.flows.gathering import Gathered
from shipments.services.flows.keeping import fold_flows
from shipments.services.flows.ladder import RUNGS
from shipments.services.flows.paging import Page, read_flows
from shipments.services.flows.reading import Among, Narrowing
from shipments.services.flows.summing import added_up, shares_of


def fold_all() -> None:
    while fold_flows():
        pass


def read_both(reader: Reader, **asked: Any) -> Page:
    """The flows that are kept; they are those that are read subject by subject."""
    told = read_flows(reader, now=timezone.now(), **asked)
    with patch.object(kept, "are_kept", return_value=False):
        again = read_flows(reader, now=timezone.now(), **asked)
    assert list(told.flows) == list(again.flows)
    named = {each for flow in told.flows for each in (flow.key.recipient, *flow.key.donors)} - {""}
    assert {each: told.actors[each] for each in named} == {each: again.actors[each] for each in named}
    return told


def read_without_late(reader: Reader, group_by: tuple[str, ...] = (), contested: bool | None = None) -> Page:
    """The flows while too much is due: those of all that is not, read subject by subject, and the rest is counted."""
    with patch.object(kept, "_due", return_value=None):
        told = read_flows(reader, now=timezone.now(), group_by=group_by, narrowing=Narrowing(contested=contested))
    late = families_of(set(FlowDue.objects.values_list("subject_id", flat=True)))
    late -= families_of(kept._seen_otherwise(reader))
    every = Subject.objects.filter(kind__in=RUNGS)
    among = Among(subjects=set(every.values_list("pk", flat=True)))
    gathered = Gathered(reader, Narrowing(contested=contested), among)
    shares = shares_of(gathered.told, group_by, beside=gathered.beside)
    assert list(told.flows) == added_up(share for share in shares if share.pk not in late)
    assert (told.late.subjects if told.late else 0) == every.visible_to(reader).filter(pk__in=late).count()
    return told
