"""The case of May 2022, loaded and reconciled, for the tables that are made of it."""

import pytest

from shipments.services.cases import load_case, read_case_file
from shipments.services.reconciling import reconcile_due


@pytest.fixture
def loaded(db: None) -> None:
    load_case(read_case_file("dprk-covid-2022"))
    while reconcile_due(limit=100):
        pass
