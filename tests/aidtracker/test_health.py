"""What a watcher asks: is the process there, and could it serve?"""

import pytest
from django.db import DatabaseError
from django.db.migrations.executor import MigrationExecutor


def test_process_answers_without_its_database(client):
    # No database mark: a query would fail this test.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-cache" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_ready_with_its_database_at_its_schema(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": True, "migrations": True})


@pytest.mark.django_db
def test_missing_migration_is_not_ready(client, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [("shipments", "0099")])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"], answer.json()["migrations"]) == (503, True, False)


@pytest.mark.django_db
def test_database_away_is_not_ready(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise DatabaseError

    monkeypatch.setattr(MigrationExecutor, "__init__", refuse)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)


def test_the_bare_address_leads_to_the_admin(client):
    assert client.get("/").headers["Location"] == "/admin/"
