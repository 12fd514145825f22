"""The guide's tables hold every word that reports are checked by."""

import pytest

from shipments.api.words import words_of_reports
from shipments.intake.report import FLAGS
from shipments.models import Attribute, CodeMapping
from shipments.reconciliation.lifecycles import LIFECYCLES


@pytest.mark.django_db
def test_guide_holds_every_word_of_the_tables():
    attributes = Attribute.objects.all()
    words = {milestone.name for lifecycle in LIFECYCLES.values() for milestone in lifecycle.milestones} | FLAGS
    words |= {attribute.name for attribute in attributes}
    words |= {word for attribute in attributes for word in [*attribute.units, *attribute.codes]}
    words |= {word for mapping in CodeMapping.objects.all() for word in (mapping.scheme, mapping.code)}
    told = words_of_reports()
    assert len(words) > 80
    assert [word for word in sorted(words) if f"`{word}`" not in told] == []
