"""Loading the vocabularies into a base that was just migrated: it asks no more for many rows than for few."""

import shutil
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from actors.models import ActorIdentifier
from shipments.models import Attribute, CodeMapping, Place, PolicyVersion
from shipments.services.vocabularies import DIRECTORY, load_vocabularies
from tests.servers import addresses


@pytest.fixture
def emptied(committed_db: None) -> None:
    """Nobody but the superuser takes out what is never deleted."""
    tables = [model._meta.db_table for model in (CodeMapping, Place, Attribute, PolicyVersion, ActorIdentifier)]
    with psycopg.connect(addresses().superuser_url(addresses().database), autocommit=True) as server:
        server.execute("SET session_replication_role = replica")
        server.execute(f"TRUNCATE {', '.join(tables)} CASCADE")


def asked(directory: Path) -> tuple[int, int]:
    """How many statements a first loading takes, and how many codes it finds; nothing of it is kept."""
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        codes = load_vocabularies(directory).rows["codes"]
        assert CodeMapping.objects.count() == codes
        transaction.set_rollback(True)
    return len(captured), codes


@pytest.mark.usefixtures("emptied")
def test_a_first_loading_asks_no_more_for_many_codes_and_places_than_for_few(tmp_path: Path) -> None:
    few = Path(shutil.copytree(DIRECTORY, tmp_path / "few"))
    for path in [*(few / "codes").glob("*.csv"), few / "places.csv"]:
        head, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join([head, *lines[: len(lines) // 2]]), encoding="utf-8")
    (statements, codes), (for_few, few_codes) = asked(DIRECTORY), asked(few)
    assert codes > few_codes + 50
    assert statements == for_few
