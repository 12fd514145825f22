"""What must never be false of actors, sources and ratings is refused by the database itself."""

import pytest

from actors.factories import (
    NOON,
    ActorFactory,
    ActorIdentifierFactory,
    ActorNameFactory,
    PartnerKeyFactory,
    SourceInterestFactory,
    SourceRatingFactory,
)
from actors.models import Actor
from tests.constraints import Offence, Offences, assert_bites, cases, named_constraints

pytestmark = pytest.mark.django_db


def _merge_into_itself() -> None:
    actor = ActorFactory()
    Actor.objects.filter(pk=actor.pk).update(merged_into=actor)


def _name_twice() -> None:
    name = ActorNameFactory()
    ActorNameFactory(actor=name.actor, name=name.name, language=name.language)


def _identify_two() -> None:
    first = ActorIdentifierFactory()
    ActorIdentifierFactory(scheme=first.scheme, value=first.value)


def _note_interest_twice() -> None:
    first = SourceInterestFactory()
    SourceInterestFactory(source=first.source, actor=first.actor)


def _rate_twice_at_once() -> None:
    first = SourceRatingFactory(grade="B")
    SourceRatingFactory(source=first.source, grade="C")


OFFENCES: Offences = {
    "actor_country_is_iso_3166": [lambda: ActorFactory(country="kp"), lambda: ActorFactory(country="K")],
    "actor_is_not_merged_into_itself": [_merge_into_itself],
    "actor_name_is_listed_once": [_name_twice],
    "actor_identifier_names_one_actor": [_identify_two],
    "source_interest_is_noted_once": [_note_interest_twice],
    "source_rating_is_recorded_once": [_rate_twice_at_once],
    "source_rating_grade_is_admiralty": [lambda: SourceRatingFactory(grade="G")],
    "partner_key_limits_let_something_through": [
        lambda: PartnerKeyFactory(reads_per_minute=0),
        lambda: PartnerKeyFactory(writes_per_minute=0),
    ],
    "partner_key_old_secret_ends": [
        lambda: PartnerKeyFactory(old_secret_hash=b"x" * 32),
        lambda: PartnerKeyFactory(old_secret_until=NOON),
    ],
    "source_rating_has_a_reason": [lambda: SourceRatingFactory(reason="")],
}


def test_every_named_constraint_is_tested() -> None:
    assert named_constraints("actors") == OFFENCES.keys()


@pytest.mark.parametrize(("constraint", "offence"), cases(OFFENCES))
def test_constraint_bites(constraint: str, offence: Offence) -> None:
    assert_bites(constraint, offence)
