"""Pictures that an older release stored are read as those of this one are, before, while and after they are made again.

Such a release kept every finding beside its picture, and no more of a step than the step itself says.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from actors.access import Reader
from actors.api.rendering import JSONRenderer
from actors.factories import ActorFactory
from actors.marking import Marking
from actors.models import Source
from shipments.api.differences import differences
from shipments.api.pictures import Asked, believed
from shipments.api.plans import subject_rows
from shipments.generation.rows import record_stories, set_stage, write_plans
from shipments.generation.stories import story_of
from shipments.generation.world import world as cast
from shipments.models import Finding, Picture
from shipments.services import picturing
from shipments.services.queue import mark_due_now
from tests.shipments.api.conftest import reconcile

pytestmark = pytest.mark.django_db
SEED, SHIPMENTS, EACH = 11, 16, 10


def tell(stories):
    for _ in record_stories(stories):
        pass
    reconcile()


@pytest.fixture
def shipments(monkeypatch):
    """Made-up shipments; of the first half of what was said the pictures are an older release's. Their keys."""
    stories = [story_of(cast(), seed=SEED, number=number, reports_per=EACH) for number in range(1, SHIPMENTS + 1)]
    write_plans(set_stage(cast(), seed=SEED), [story.plan for story in stories])
    with monkeypatch.context() as older:
        write_step = picturing.step_json
        older.setattr(picturing, "findings_to_store", lambda picture: picture.findings)
        older.setattr(picturing, "step_json", lambda step, findings: write_step(step, {}))
        tell([replace(story, arrivals=story.arrivals[: EACH // 2]) for story in stories])
    tell(stories)
    return list(Picture.objects.values_list("subject_id", flat=True).distinct())


def moments():
    return sorted(set(Picture.objects.values_list("known_from", flat=True)))


def read(reader: Reader, some: list[Any]) -> list[Any]:
    """Everything that is told of the pictures at ``some`` moments, as it is sent."""
    keys = [row["pk"] for row in subject_rows("shipment", reader)]
    sides = [believed(keys, reader, Asked(known_at=moment)).pictures for moment in some]
    return [json.loads(JSONRenderer().render([side[key] for key in keys if key in side])) for side in sides]


def words(told: Any) -> Iterator[str]:
    """Every text in an answer that stands by itself."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, list | dict):
        for each in told.values() if isinstance(told, dict) else told:
            yield from words(each)


def test_a_picture_is_read_alike_in_either_form(shipments):
    some = moments()[::5]
    readers = [Reader(clearance=clearance) for clearance in (Marking.CLEAR, Marking.AMBER)]
    before, rows = [read(reader, some) for reader in readers], Finding.objects.count()
    mark_due_now(shipments)
    reconcile()
    assert Finding.objects.count() < rows * 2 // 3
    assert [read(reader, some) for reader in readers] == before


def test_a_protected_source_is_named_in_no_part_of_a_picture_in_either_form(shipments):
    codes = set(Source.objects.values_list("code", flat=True))
    Source.objects.update(protected=True)
    reader, some = Reader(clearance=Marking.AMBER, actor_id=ActorFactory().pk), [None, *moments()[::5]]
    for _ in range(2):
        told = set(words(read(reader, some)))
        assert "withheld" in told
        assert told & codes == set()
        mark_due_now(shipments)
        reconcile()


def test_what_was_stored_in_the_older_form_is_no_change_in_a_diff(shipments):
    reader = Reader(clearance=Marking.AMBER)
    rows = list(subject_rows("shipment", reader))
    spans = list(zip(moments()[::5], moments()[7::5], strict=False))
    before = [differences(rows, reader, span) for span in spans]
    mark_due_now(shipments[::2])  # and these are still to be made again
    reconcile()
    assert [differences(rows, reader, span) for span in spans] == before
    assert any(each["findings"] for each in before[-1])
