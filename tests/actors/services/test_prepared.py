"""Queries that are built once for every reader: each reader is answered as the querysets would answer them."""

import msgspec
import pytest
from django.db import DataError, connection, transaction

from actors.access import Reader
from actors.factories import ActorFactory, SourceFactory
from actors.marking import Marking
from actors.models import Actor, AuditEntry, Source
from actors.services.arrays import IsAny
from actors.services.prepared import _cursor_of, prepared, read_together, run, slot

pytestmark = pytest.mark.django_db


@prepared
def actors(reader, kind):
    return Actor.objects.visible_to(reader).filter(IsAny("pk", slot("ids")), kind=kind).order_by("name").values("name")


@prepared
def sources(reader):
    return Source.objects.named_to(reader).order_by("code").values("code")


def test_each_reader_is_answered_by_their_own_rights():
    one, other = ActorFactory(kind="ngo", name="100% aid"), ActorFactory(kind="ngo", name="B", marking=Marking.AMBER)
    ids = [one.pk, other.pk]
    for reader, names in (
        (Reader(clearance=Marking.CLEAR), ["100% aid"]),
        (Reader(clearance=Marking.AMBER), ["100% aid", "B"]),
        (Reader(clearance=Marking.CLEAR, actor_id=other.pk), ["100% aid", "B"]),
        (Reader(clearance=Marking.CLEAR, actor_id=one.pk), ["100% aid"]),
    ):
        assert [row["name"] for row in actors(reader, "ngo").dicts(reader, ids=ids)] == names
        assert actors(reader, "state").dicts(reader, ids=ids) == []


def test_analysts_and_partners_of_one_clearance_are_not_answered_alike():
    SourceFactory(code="mole", protected=True)
    partner = Reader(clearance=Marking.AMBER, actor_id=ActorFactory().pk)
    analyst = Reader(clearance=Marking.AMBER)
    assert ["mole"] in sources(analyst).tuples(analyst)
    assert ["mole"] not in sources(partner).tuples(partner)


@prepared
def whole(reader):
    return Source.objects.named_to(reader).select_related("actor").order_by("code")


def test_models_are_what_the_queryset_gives_with_what_belongs_to_them(django_assert_num_queries):
    SourceFactory(code="theirs", actor=ActorFactory(name="WFP")), SourceFactory(code="nobodys", actor=None)
    reader = Reader(clearance=Marking.CLEAR)
    with django_assert_num_queries(1):
        found = [(each, each.actor) for each in whole(reader).models(reader)]
    assert found == [(each, each.actor) for each in Source.objects.named_to(reader).order_by("code")]
    assert all(vars(each).keys() >= vars(each.__class__(pk=each.pk)).keys() for each, _ in found)


def test_a_query_is_planned_once_a_connection():
    reader = Reader(clearance=Marking.CLEAR)
    for _ in range(3):
        sources(reader).tuples(reader)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(generic_plans) FROM pg_prepared_statements WHERE statement = %s",
            [sources(reader).text.replace("%(clearance)s", "$1")],
        )
        assert cursor.fetchone() == (1, 3)


def test_values_of_a_statement_go_by_name_or_by_place():
    asked = "SELECT %(one)s::int, %(two)s::int, %(one)s::int, '100%%'"
    assert [run(asked, {"two": 2, "one": one}) for one in (1, 3)] == [[(1, 2, 1, "100%")], [(3, 2, 3, "100%")]]
    assert run("SELECT %s::int, %s::int", [4, 4]) == [(4, 4)]
    assert run("SELECT '100%'") == [("100%",)]


def test_a_connection_answers_after_a_statement_that_failed():
    for divisor, found in ((1, [(6,)]), (0, None), (2, [(3,)])):
        try:
            with transaction.atomic():
                assert run("SELECT 6 / %(divisor)s::int", {"divisor": divisor}) == found
        except DataError:
            assert found is None


@prepared
def described(reader):
    return AuditEntry.objects.order_by("pk").values("changes")


def test_models_are_not_read_together_and_json_is_as_the_tuple_says():
    reader, said = Reader(clearance=Marking.CLEAR), {"name": ["old", "new"]}
    with pytest.raises(TypeError, match="no models"):
        read_together(reader, (whole(reader), tuple))
    AuditEntry.objects.create(action="actor.changed", changes=said)
    assert read_together(reader, (described(reader), tuple)) == [[(said,)]]
    (((written,),),) = read_together(reader, (described(reader), tuple[msgspec.Raw]))
    assert bytes(written) == b'{"name": ["old", "new"]}'


def test_no_answer_is_kept_until_the_next_one():
    run("SELECT generate_series(1, 10000)")
    assert _cursor_of(connection.connection).pgresult is None
