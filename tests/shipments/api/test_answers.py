"""What the API shows of made-up shipments, held to the serializers that describe it and to a fold of its own."""

import json
from datetime import UTC, datetime
from typing import get_args

import pytest
from msgspec import Raw
from msgspec.json import decode

from actors.access import Reader
from actors.api.rendering import JSONRenderer
from actors.api.selection import EVERYTHING
from actors.factories import ActorFactory
from actors.marking import Marking
from shipments.api.pictures import FINDING, PASSED_ON, Asked, believed
from shipments.api.plans import PLANS, shown_subjects, subject_rows
from shipments.api.serializers import SERIALIZERS
from shipments.api.times import timed
from shipments.api.withholding import NAMES_SOURCES
from shipments.factories import ReadingGrantFactory
from shipments.generation.rows import record_stories, set_stage, write_plans
from shipments.generation.stories import story_of
from shipments.generation.world import world as cast
from shipments.models import Finding, Shipment
from shipments.reconciliation.values import Value
from shipments.services.explaining import pictures_for
from shipments.services.picturing import conflict_keys, finding_columns, finding_keys
from tests.shipments.api.conftest import reconcile

pytestmark = pytest.mark.django_db
SEED, SHIPMENTS = 11, 60
AFTER = datetime(2100, 1, 1, tzinfo=UTC)
KEY = ("kind", "attribute", "leg", "line", "as_of", "scope", "time_class")
# What nobody is kept from, and no digits are cut off.
SAID = ("value", "label", "state", "unresolved", "leading", "because")


@pytest.fixture
def told():
    """Made-up shipments, reconciled."""
    stage = set_stage(cast(), seed=SEED)
    stories = [story_of(cast(), seed=SEED, number=number, reports_per=10) for number in range(1, SHIPMENTS + 1)]
    write_plans(stage, [story.plan for story in stories])
    for _ in record_stories(stories):
        pass
    reconcile()


def readers():
    """A partner, one with a grant on a restricted subject, and an analyst."""
    granted = ActorFactory()
    restricted = Shipment.objects.filter(marking__gt=Marking.CLEAR).first()
    if restricted:
        ReadingGrantFactory(subject=restricted.subject, actor=granted, marking=restricted.marking)
    yield Reader(clearance=Marking.CLEAR, actor_id=ActorFactory().pk)
    yield Reader(clearance=Marking.CLEAR, actor_id=granted.pk)
    yield Reader(clearance=Marking.AMBER)


def test_every_kind_is_shown_as_its_serializer_describes_it(told, world):
    for kind in PLANS:
        for reader in readers():
            rows = list(subject_rows(kind, reader))
            assert rows
            sent = JSONRenderer().render(shown_subjects(kind, rows, reader, {"fields": EVERYTHING}))
            for shown in json.loads(sent):
                described = SERIALIZERS[kind]({**shown, "marking": Marking.from_code(shown["marking"])})
                assert described.data == shown


@pytest.mark.parametrize("known_at", [None, AFTER])
def test_what_is_read_is_what_a_fold_for_the_same_reader_gives(told, known_at):
    for reader in readers():
        keys = [row["pk"] for row in subject_rows("shipment", reader)]
        shown = believed(keys, reader, Asked(known_at=known_at)).pictures
        folded = pictures_for(shown, reader, known_at=known_at)
        assert len(shown) > SHIPMENTS // 2
        for key, picture in folded.items():
            assert shown[key]["status"]["value"] == picture.status
            assert shown[key]["conflicts"] == len({tuple(conflict_keys(each).values()) for each in picture.conflicts})
            theirs = [[_read(row[name]) or "" for name in (*KEY, *SAID)] for row in shown[key]["findings"]]
            assert theirs == sorted((_said(each) for each in picture.findings), key=lambda said: said[: len(KEY)])


def _read(value):
    return decode(value) if isinstance(value, Raw) else value


def _said(finding):
    said = {**finding_keys(finding), **finding_columns(finding)}
    said["value"] = timed(said["value"])
    return [said[name] or "" for name in (*KEY, *SAID)]


def test_findings_beside_a_picture_are_those_that_its_reader_may_read(told):
    for reader in readers():
        keys = [row["pk"] for row in subject_rows("shipment", reader)]
        shown = believed(keys, reader, Asked()).pictures
        read = Finding.objects.for_reader(reader).filter(subject_id__in=keys)
        beside = {
            (key, *(row[name] or "" for name in KEY)) for key, picture in shown.items() for row in picture["findings"]
        }
        assert set(read.values_list("subject_id", *KEY)) < beside
        assert set(KEY) < set(FINDING)


def test_what_is_passed_on_as_it_is_stored_names_no_source(told):
    kept = json.dumps(list(Finding.objects.values(*PASSED_ON)))
    assert Finding.objects.exclude(value=None).exclude(because=[]).exists()
    assert not [name for name in NAMES_SOURCES if f'"{name}":' in kept]
    for typed in get_args(Value):
        assert not NAMES_SOURCES & set(typed.__struct_fields__)
