"""Reports as they are said, before anything is looked up or stored."""

from datetime import timedelta

import factory

from actors.factories import NOON
from shipments.intake.draft import FactDraft, Occurred, ReportDraft


class OccurredFactory(factory.Factory[Occurred]):
    """A moment, said to the instant; give ``latest`` and ``precision`` for a coarser time."""

    class Meta:
        model = Occurred

    earliest = NOON
    latest = factory.SelfAttribute("earliest")
    precision = "instant"


class FactDraftFactory(factory.Factory[FactDraft]):
    """About nine tonnes, as reported."""

    class Meta:
        model = FactDraft

    attribute = "quantity"
    value = factory.LazyFunction(lambda: {"low": "9", "high": "9", "unit": "TNE", "qualifier": "about"})


class ReportDraftFactory(factory.Factory[ReportDraft]):
    """An outlet says that a shipment departed, an hour after it did. ``subject`` and ``source`` are words."""

    class Meta:
        model = ReportDraft

    source = "outlet-0"
    event_id = factory.Sequence(lambda n: f"evt-{n}")
    subject = "SHP-00000000"
    code = "departed"
    occurred = factory.SubFactory(OccurredFactory)
    asserted_at = factory.LazyAttribute(lambda o: (o.occurred.latest if o.occurred else NOON) + timedelta(hours=1))
