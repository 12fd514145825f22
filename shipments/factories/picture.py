"""What we believe, as the reconciler stores it. Tests of the reconciler itself never use these."""

import hashlib

import factory
from factory.django import DjangoModelFactory

from actors.factories import NOON
from actors.marking import Marking
from shipments.factories.subjects import ShipmentFactory
from shipments.models import Conflict, Finding, Picture


class KnownRowFactory(DjangoModelFactory):
    """What holds since noon for every reader."""

    class Meta:
        abstract = True

    subject = factory.SubFactory(ShipmentFactory)
    tier = Marking.CLEAR
    known_from = NOON


class PictureFactory(KnownRowFactory):
    """The first picture of a shipment that departed."""

    class Meta:
        model = Picture

    version = 1
    output_hash = factory.LazyAttribute(lambda o: hashlib.sha256(f"{o.status} {o.version}".encode()).digest())
    status = "departed"
    leading = factory.SelfAttribute("status")
    state = "single_source"
    confidence = 850
    margin = 1735
    origins = factory.LazyFunction(lambda: ["outlet-0"])


class FindingFactory(KnownRowFactory):
    """What is known of a shipment's quantity."""

    class Meta:
        model = Finding

    kind = Finding.Kind.FACT
    attribute = "quantity"
    label = "about 9 TNE"
    value = factory.LazyFunction(lambda: {"low": "9", "high": "9", "unit": "TNE", "qualifier": "about"})
    low = 9
    high = 9
    state = "single_source"
    confidence = 850
    margin = 1735
    origins = factory.LazyFunction(lambda: ["outlet-0"])


class ConflictFactory(KnownRowFactory):
    """Somebody says that the shipment was lost."""

    class Meta:
        model = Conflict

    subject_kind = factory.SelfAttribute("subject.kind")
    stable_id = factory.Sequence(lambda n: hashlib.sha256(f"conflict {n}".encode()).hexdigest())
    kind = "exclusive_branch"
    about = "milestone:lost"
    reports = factory.LazyFunction(list)
    reason = "exclusive_branch"
    behind = 1209
