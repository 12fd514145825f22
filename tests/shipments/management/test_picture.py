"""The table that `make run` prints: every line fits, says what it should, and shows nobody what is not for them."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from actors.factories import UserFactory
from actors.models import Source
from shipments.models import Offer, Subject
from shipments.services.deciding import decide
from shipments.services.reconciling import reconcile_due
from tests.processes import ROOT

pytestmark = pytest.mark.django_db


def picture(*arguments: str) -> str:
    out = StringIO()
    call_command("picture", *arguments, stdout=out)
    return out.getvalue()


def block(page: str, title: str) -> str:
    """The lines of one subject, with runs of spaces as one."""
    found = re.search(rf"^{re.escape(title)}.*?(?=\n\n|\n─)", page, re.MULTILINE | re.DOTALL)
    assert found, title
    return re.sub(r" +", " ", found[0])


def test_the_page_fits_100_columns_and_has_no_colour_off_a_terminal(loaded: None) -> None:
    page = picture()

    assert max(len(line) for line in page.splitlines()) <= 100
    assert "\x1b" not in page


def test_each_line_says_value_state_confidence_origins_and_contested_or_not(loaded: None) -> None:
    page = picture("dprk-covid-2022")

    flights = block(page, "Three Air Koryo Il-76 flights of 16 May")
    assert " status arrived corroborated 99% kbs, nk-news, no" in flights
    assert "1\n unnamed" in flights
    assert " Quantity unknown, at most 150 t unknown kbs, yonhap no" in flights
    assert " status made (alleged) contested 54% korea-times yes" in block(page, "North Korea's appeal to Russia")
    assert "↳ denied by russia-embassy-pyongyang, a party" in block(page, "North Korea's appeal to Russia")
    assert "↳ or refused: korea-times; denied by afp" in block(page, "South Korea's offer of May 2022")
    assert " acknowledged no answer so far denied" in block(page, "Russia's offer of 1 June")
    assert "not seen" in block(page, "Chinese doctors and nurses for North Korea")
    assert "Igor Morgulov" in block(page, "Morgulov and Shin in Moscow, 17 May")


def test_a_denial_that_lost_against_a_later_step_is_not_told_as_if_it_stood(loaded: None) -> None:
    offer = Offer.objects.get(title="Russia's offer of 1 June")
    decide(offer.subject, author=UserFactory(), kind="accept", milestone="refused", reason="Their letter was read.")
    while reconcile_due(limit=100):
        pass

    page = block(picture(), "Russia's offer of 1 June")
    assert " acknowledged denied; refused, which implies denied" in page
    assert "it, weighs more" in page
    assert "no answer so far" not in page


def test_what_the_readme_shows_of_it_is_printed(loaded: None) -> None:
    (shown,) = re.findall(r"```\n( +value .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    printed = picture().splitlines()

    assert [line for line in shown.splitlines() if not any(each.startswith(line) for each in printed)] == []


def test_as_known_on_17_may_only_the_denial_is_there(loaded: None) -> None:
    page = picture("--known-at", "2022-05-17")

    appeal = block(page, "North Korea's appeal to Russia")
    assert " status none was made denied" in appeal
    assert "korea-times" not in page
    nothing = re.sub(r"\s+", " ", page)
    assert "Nothing known of: Chinese doctors and nurses" in nothing
    assert "North Korea's appeal to China" in nothing


def test_one_subject_can_be_asked_for_by_its_reference(loaded: None) -> None:
    offer = Subject.objects.get(title="WHO's offer of May 2022")

    page = picture(offer.reference)

    assert " status refused single source 70% korea-times no" in block(page, offer.title)
    assert "Il-76" not in page


def test_a_protected_source_is_named_to_analysts_alone(loaded: None) -> None:
    Source.objects.filter(code="ytn").update(protected=True)

    assert " ytn" in picture("--as", "analyst")
    for_a_partner = picture("--as", "partner")
    assert "ytn" not in for_a_partner
    assert "a protected" in for_a_partner


def test_a_subject_above_the_readers_clearance_is_missing_in_the_words_of_one_that_is_not_there(loaded: None) -> None:
    hidden = Subject.objects.get(title="China's offer of 12 May")
    Subject.objects.filter(pk=hidden.pk).update(marking=2)

    assert hidden.title not in picture("--as", "partner")
    with pytest.raises(CommandError) as one:
        picture(hidden.reference, "--as", "partner")
    with pytest.raises(CommandError) as other:
        picture("OFR-00000000", "--as", "partner")
    assert str(one.value).replace(hidden.reference, "X") == str(other.value).replace("OFR-00000000", "X")


def test_a_time_without_a_zone_is_refused(loaded: None) -> None:
    with pytest.raises(CommandError, match="time zone"):
        picture("--known-at", "2022-05-17T09:00:00")


def test_without_a_case_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="load_case dprk-covid-2022"):
        picture()
