"""The three people of every test about rights, for all tests; a file that needs another one makes its own."""

import pytest

from tests.people import ALL_SCOPES, Caller, make_analyst, make_partner, make_stranger


@pytest.fixture
def partner(db: None) -> Caller:
    return make_partner(scopes=ALL_SCOPES)


@pytest.fixture
def analyst(db: None) -> Caller:
    return make_analyst()


@pytest.fixture
def stranger(db: None) -> Caller:
    return make_stranger()
