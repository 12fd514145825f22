"""The committed database of tests: real commits, nothing left behind."""

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from tests.servers import addresses


def _seen_by_another_session() -> list[str]:
    with psycopg.connect(addresses().environment()["DATABASE_URL"]) as other:
        return [
            label for (label,) in other.execute("SELECT app_label FROM django_content_type WHERE app_label = 'left'")
        ]


def test_commits_are_seen_by_others(committed_db: None) -> None:
    assert not connection.in_atomic_block
    ContentType.objects.create(app_label="left", model="over")
    assert _seen_by_another_session() == ["left"]


def test_nothing_is_left_of_an_earlier_commit(committed_db: None) -> None:
    assert _seen_by_another_session() == []
    assert ContentType.objects.filter(app_label="actors").exists()
