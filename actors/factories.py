"""Rows of this app, made one at a time, for tests and for the generator of data.

Names come from the field and go round in order, so that a failing test reads like a case. Nothing
here is random but row ids: after ``start_over`` the same calls give the same rows.
"""

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

import factory
import factory.random
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from actors.identifiers import reference_of
from actors.models import (
    Actor,
    ActorIdentifier,
    ActorName,
    AuditEntry,
    PartnerKey,
    Source,
    SourceInterest,
    SourceRating,
    User,
)

# One day at noon, so that every date in a test can be told from it.
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)

NAMES = {
    Actor.Kind.STATE: [
        ("Republic of Korea", "KR"),
        ("Democratic People's Republic of Korea", "KP"),
        ("People's Republic of China", "CN"),
        ("Russian Federation", "RU"),
        ("Switzerland", "CH"),
    ],
    Actor.Kind.MINISTRY: [("Ministry of Unification", "KR"), ("Ministry of Foreign Affairs", "CN")],
    Actor.Kind.EMBASSY: [("Embassy of Russia in Pyongyang", "RU"), ("Embassy of Sweden in Pyongyang", "SE")],
    Actor.Kind.IGO: [("International Federation of Red Cross Societies", "CH"), ("ASEAN AHA Centre", "ID")],
    Actor.Kind.UN_AGENCY: [("World Food Programme", "IT"), ("UNICEF", "US"), ("World Health Organization", "CH")],
    Actor.Kind.NGO: [("Médecins Sans Frontières", "CH"), ("First Steps", "CA"), ("Concern Worldwide", "IE")],
    Actor.Kind.COMPANY: [("Serum Institute of India", "IN"), ("Sinovac Biotech", "CN")],
    Actor.Kind.CARRIER: [("Air Koryo", "KP"), ("Ethiopian Cargo", "ET"), ("Cargolux", "LU")],
    Actor.Kind.MEDIA: [("Yonhap", "KR"), ("Xinhua", "CN"), ("NK News", "KR")],
    Actor.Kind.PERSON: [("Special envoy", ""), ("Resident coordinator", "")],
    Actor.Kind.GROUP: [("Gavi, the Vaccine Alliance", "CH"), ("Logistics Cluster", "")],
}


def start_over(seed: int = 0) -> None:
    """Set every factory's numbering and factory-boy's random generator back, so that rows repeat."""
    factory.random.reseed_random(seed)
    waiting = list(DjangoModelFactory.__subclasses__())
    while waiting:
        each = waiting.pop()
        waiting.extend(each.__subclasses__())
        if not each._meta.abstract:
            each.reset_sequence(0, force=True)


def numbered_reference(prefix: str, number: int) -> str:
    """The reference that row ``number`` always has: it looks random and repeats."""
    return reference_of(prefix, hashlib.sha256(f"{prefix} {number}".encode()).digest(), length=8)


@cache
def _hashed(password: str) -> str:
    """The hash is slow on purpose, so it is worked out once."""
    return make_password(password)


class ActorFactory(DjangoModelFactory[Actor]):
    """An NGO, or ``kind=`` any other: name and country fit the kind."""

    class Meta:
        model = Actor

    kind = Actor.Kind.NGO
    reference = factory.Sequence(lambda n: numbered_reference("ACT", n))
    name = factory.LazyAttributeSequence(lambda o, n: _named(o.kind, n)[0])
    country = factory.LazyAttributeSequence(lambda o, n: _named(o.kind, n)[1])


class StateFactory(ActorFactory):
    """A country's government."""

    kind = Actor.Kind.STATE


class ActorNameFactory(DjangoModelFactory[ActorName]):
    """Another name of an actor, in Korean."""

    class Meta:
        model = ActorName

    actor = factory.SubFactory(StateFactory)
    name = factory.Sequence(lambda n: ["조선", "북한", "조선민주주의인민공화국"][n % 3] + ("" if n < 3 else f" {n}"))
    language = "ko"
    script = "Kore"


class ActorIdentifierFactory(DjangoModelFactory[ActorIdentifier]):
    """An organisation's IATI identifier."""

    class Meta:
        model = ActorIdentifier

    actor = factory.SubFactory(ActorFactory)
    scheme = "iati-org"
    value = factory.Sequence(lambda n: f"XM-DAC-{41100 + n}")


class SourceFactory(DjangoModelFactory[Source]):
    """A news outlet with no grade (F). Give ``grade="B"`` for one that was B from the beginning."""

    class Meta:
        model = Source
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"outlet-{n}")
    name = factory.Sequence(lambda n: f"{_named(Actor.Kind.MEDIA, n)[0]} {n}")
    kind = Source.Kind.OUTLET

    @factory.post_generation
    def grade(self: Source, create: bool, extracted: str | None, **given: Any) -> None:
        if create and extracted:
            SourceRatingFactory(source=self, grade=extracted, **given)


class SourceInterestFactory(DjangoModelFactory[SourceInterest]):
    """A ministry speaks of what concerns its own country."""

    class Meta:
        model = SourceInterest

    source = factory.SubFactory(SourceFactory, kind=Source.Kind.MINISTRY)
    actor = factory.SubFactory(StateFactory)
    recorded_at = datetime(2000, 1, 1, tzinfo=UTC)


class SourceRatingFactory(DjangoModelFactory[SourceRating]):
    """Usually reliable, in force since long before any report."""

    class Meta:
        model = SourceRating

    source = factory.SubFactory(SourceFactory)
    grade = SourceRating.Grade.B
    valid_from = datetime(2000, 1, 1, tzinfo=UTC)
    recorded_at = datetime(2000, 1, 1, tzinfo=UTC)
    reason = "Right in nine of ten reports that could be checked afterwards."


class UserFactory(DjangoModelFactory[User]):
    """An analyst who may sign in to the admin and reads up to AMBER. The password is "password"."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"analyst-{n}")
    email = factory.LazyAttribute(lambda o: f"{o.username}@example.org")
    is_staff = True
    date_joined = NOON
    clearance = 2
    password = factory.LazyFunction(lambda: _hashed("password"))


class PartnerKeyFactory(DjangoModelFactory[PartnerKey]):
    """A stored key whose token is ``aid_live_<prefix>_secret``; to send requests, issue one by the service."""

    class Meta:
        model = PartnerKey

    name = factory.Sequence(lambda n: f"Logistics system {n}")
    prefix = factory.Sequence(lambda n: f"{n:08d}")
    secret_hash = hashlib.sha256(b"secret").digest()
    actor = factory.SubFactory(ActorFactory)
    source = factory.SubFactory(SourceFactory, kind=Source.Kind.PARTNER_SYSTEM, actor=factory.SelfAttribute("..actor"))
    scopes = factory.LazyFunction(lambda: [PartnerKey.Scope.READ, PartnerKey.Scope.REPORTS_WRITE])


class AuditEntryFactory(DjangoModelFactory[AuditEntry]):
    """An analyst changed a source."""

    class Meta:
        model = AuditEntry

    user = factory.SubFactory(UserFactory)
    action = "source.protect"
    object_type = "source"
    object_reference = "outlet-1"
    reason = "Its people are at risk."
    changes = factory.LazyFunction(lambda: {"protected": [False, True]})


def _named(kind: str, number: int) -> tuple[str, str]:
    names = NAMES[Actor.Kind(kind)]
    return names[number % len(names)]
