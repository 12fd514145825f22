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
