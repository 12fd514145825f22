"""Values and times read as a person says them."""

import pytest

from shipments.wording import interval_in_words, value_in_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        ({"text": "basic medical supplies"}, "basic medical supplies"),
        ({"code": "declined_to_comment"}, "declined to comment"),
        ({"low": "56", "high": "56", "unit": "people", "qualifier": "exact"}, "56 people"),
        ({"low": "50", "high": "50", "unit": "TNE", "qualifier": "about"}, "about 50 t"),
        ({"low": "691170", "high": None, "unit": "people", "qualifier": "at_least"}, "at least 691,170 people"),
        ({"low": None, "high": "150", "unit": "TNE"}, "at most 150 t"),
        ({"low": "1900000", "high": "2000000", "unit": "people"}, "1,900,000 to 2,000,000 people"),
        ({"low": "9.50", "high": "9.50", "currency": "USD"}, "9.5 USD"),
        ({"low": None, "high": None, "unit": "TNE"}, "unknown"),
        ({"low": "0", "high": "0", "unit": "doses"}, "0 doses"),
    ],
)
def test_a_value_in_words(value, words):
    assert value_in_words(value) == words


@pytest.mark.parametrize(
    ("begin", "end", "precision", "words"),
    [
        ("2022-05-16T00:00:00+00:00", "2022-05-16T23:59:59+00:00", "day", "16 May 2022"),
        ("2022-05-15T15:00:00+00:00", "2022-05-16T14:59:59+00:00", "day", "16 May 2022"),
        ("2022-05-17T16:00:00+00:00", "2022-05-22T15:59:59.999999+00:00", "range", "18 May to 22 May 2022"),
        ("2022-05-01T00:00:00+00:00", "2022-05-31T23:59:59+00:00", "month", "May 2022"),
        ("2022-05-16T00:30:00+00:00", "2022-05-16T00:30:00+00:00", "instant", "16 May 2022 00:30 UTC"),
        ("2022-05-16T09:30:00+09:00", "2022-05-16T11:00:00+09:00", "range", "16 May 2022 00:30 to 02:00 UTC"),
    ],
)
def test_a_time_as_finely_as_it_was_said(begin, end, precision, words):
    assert interval_in_words({"from": begin, "to": end, "precision": precision}) == words
