"""The table of flows: every line fits, says what it should, and shows nobody what is not for them."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from actors.marking import Marking
from actors.models import Actor
from shipments.models import Subject

pytestmark = pytest.mark.django_db


def flows(*arguments: str) -> str:
    out = StringIO()
    call_command("flows", *arguments, stdout=out)
    return out.getvalue()


def block(page: str, donor: str) -> str:
    """The lines of one donor, with runs of spaces as one."""
    found = re.search(rf"^from {donor}\n.*?(?=\n\n|\n─)", page, re.MULTILINE | re.DOTALL)
    assert found, donor
    return re.sub(r" +", " ", found[0])


def test_the_page_fits_100_columns_and_says_what_became_of_each_promise(loaded: None) -> None:
    page = flows()
    assert max(len(line) for line in page.splitlines()) <= 100
    assert "NORTH KOREA" in page
    china = block(page, "China")
    assert " offered 1 unknown no" in china
    assert " arrived 1 at most 150 t no" in china
    assert " 2 more spoken of" in china
    assert "received" not in china
    assert " offered 1 unknown 1 of 1" in block(page, "South Korea")


def test_as_known_on_17_may_russias_old_offer_had_waited_for_years(loaded: None) -> None:
    page = flows("--known-at", "2022-05-17")
    offer = Subject.objects.get(title="Russia's offer of two years before").reference
    assert f"↳ {offer}: no answer, it is said, in 502 to 867 days" in block(page, "Russia")
    assert "South Korea" not in page


def test_one_donor_can_be_asked_for_and_a_hidden_one_is_missing(loaded: None) -> None:
    russia = Actor.objects.get(name="Russia")
    assert "Flows: 1." in flows("--donor", russia.reference)
    Actor.objects.filter(pk=russia.pk).update(marking=Marking.RED)
    assert "Flows: 0." in flows("--donor", russia.reference)
    assert "from a donor not known" in flows()


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(CommandError, match="time zone"):
        flows("--known-at", "2022-05-17T09:00:00")
