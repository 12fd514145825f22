"""Rows of the world's code lists and of our own rules, beside those the vocabularies bring."""

from datetime import UTC, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from actors.factories import NOON
from shipments.models import Attribute, CodeMapping, Containment, PolicyVersion


class AttributeFactory(DjangoModelFactory[Attribute]):
    """A remark about a shipment; a name that the registry has gives its row."""

    class Meta:
        model = Attribute
        django_get_or_create = ("name",)

    name = factory.Sequence(lambda n: f"remark-{n}")
    label = factory.LazyAttribute(lambda o: o.name.replace("-", " ").capitalize())
    type = Attribute.Type.TEXT
    subjects = factory.LazyFunction(lambda: ["shipment"])
    comparison = Attribute.Comparison.EXACT


class ContainmentFactory(DjangoModelFactory[Containment]):
    """A wider description of a cargo contains a narrower one."""

    class Meta:
        model = Containment

    attribute = factory.SubFactory(AttributeFactory, comparison=Attribute.Comparison.CONTAINS)
    coarser = "medical supplies"
    finer = factory.Sequence(lambda n: f"basic medical supplies {n}")
    recorded_at = NOON


class CodeMappingFactory(DjangoModelFactory[CodeMapping]):
    """A carrier's own word for departed."""

    class Meta:
        model = CodeMapping

    scheme = "carrier-codes"
    code = factory.Sequence(lambda n: f"X{n}")
    milestone = "departed"
    source = "The carrier's handbook, 2026"
    recorded_at = NOON


class PolicyVersionFactory(DjangoModelFactory[PolicyVersion]):
    """A later policy with the numbers of the first."""

    class Meta:
        model = PolicyVersion

    version = factory.Sequence(lambda n: 100 + n)
    recorded_at = factory.LazyAttribute(lambda o: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=o.version))
    weights = factory.LazyFunction(
        lambda: {
            "grades": {"A": 2944, "B": 1735, "C": 847, "D": 201, "E": 0, "F": 405},
            "directness": {"own": 1000, "second_hand": 600, "inferred": 300},
            "hedge": {"asserted": 1000, "apparent": 700, "speculated": 300},
            "interested": 500,
            "decision": 1_000_000,
            "bar": 1386,
            "bars": {"offer": 0, "appeal": 0, "contact": 0, "inquiry": 0},
            "tolerance_hours": 6,
            "future_limit_hours": 24,
            "walk_length": 9,
        }
    )
    reason = "Yearly review of the grades."
