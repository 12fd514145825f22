"""The sizes beside each other: each has a database of its own in one cluster, and processes that know no other.

the smallest: roles ─ migrations ─ keys ─ base ──> copied as a whole, grown: the next ──> copied, grown: the next

What is there at one size is there at every larger one, under the same keys. The same stories are then told at each, so
that a round writes the same at every size, and each has seen as many rounds as the others.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from actors.factories import ActorFactory, UserFactory
from actors.marking import Marking
from actors.services.keys import issue_key
from tests.bench.base import Base
from tests.bench.floor import Floor
from tests.bench.meter import Figures, Meter, Sample, bytes_of
from tests.bench.place import ROOT, Place

Headers = dict[str, str]


@dataclass(kw_only=True)
class Site:
    """One size: its database and what is measured over it. ``headers`` are what each caller sends, by name."""

    size: int
    place: Place
    base: Base
    headers: dict[str, Headers]
    figures: Figures
    connection: psycopg.Connection = field(init=False)
    meter: Meter = field(init=False)
    floor: Floor = field(init=False)

    def __post_init__(self) -> None:
        self.connection, self.meter = self.place.superuser(), Meter(self.place)
        self.floor = Floor(self.connection)
        self._weigh()

    def enter(self) -> None:
        """Have Django in this process speak to this size's database."""
        enter(self.place)

    def add(self, path: str, contender: str, sample: Sample) -> None:
        """Keep a round's sample."""
        self.figures.add(self.size, path, contender, sample)

    def keep(self, facts: dict[str, float]) -> None:
        """Keep what is measured once."""
        self.figures.facts |= {(self.size, name): value for name, value in facts.items()}

    def _weigh(self) -> None:
        """Keep how much there is, and what it takes on disk."""
        (reports,) = self.connection.execute("SELECT count(*) FROM shipments_report").fetchone() or (0,)
        believed = ("shipments_picture", "shipments_finding", "shipments_conflict")
        self.keep({
            "reports": reports,
            "bytes a report": bytes_of(self.connection, "shipments_report") / reports,
            "bytes a floor report": bytes_of(self.connection, "floor.report") / reports,
            "bytes of picture a shipment": bytes_of(self.connection, *believed) / self.size,
        })  # fmt: skip

    def close(self) -> None:
        self.meter.close()
        self.connection.close()


def make_sites(where: Place, sizes: list[int], figures: Figures, say: Callable[[str], None]) -> list[Site]:
    """Make the databases, from the smallest to the largest."""
    made: list[tuple[Place, Base]] = []
    headers: dict[str, Headers] = {}
    for number, size in enumerate(sizes):
        say(f"base of {size:,} shipments")
        place = where.at(number)
        if made:
            before, base = made[-1]
            _leave()
            _copy(before, place)
            base = copy(base)
        place.make_database()
        enter(place)
        if not made:
            _migrate(place)
            with place.superuser() as connection:
                headers = _issue_keys(connection)
            base = Base()
        with place.superuser() as connection:
            base.grow(size, connection, say)
        made.append((place, base))
    return [
        Site(size=size, place=place, base=base, headers=headers, figures=figures)
        for size, (place, base) in zip(sizes, made, strict=True)
    ]


def enter(place: Place) -> None:
    """Have Django in this process speak to another database. What it keeps in memory holds in each of them."""
    if connections["default"].settings_dict["NAME"] != place.database:
        _leave()
        for alias in connections:
            connections[alias].settings_dict["NAME"] = place.database


def _leave() -> None:
    for connection in connections.all():
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # the stubs are of any database


def _copy(before: Place, place: Place) -> None:
    names = {"new": sql.Identifier(place.database), "old": sql.Identifier(before.database)}
    with place.superuser("postgres") as server:
        server.execute(sql.SQL("CREATE DATABASE {new} TEMPLATE {old}").format(**names))


def _migrate(place: Place) -> None:
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    naive = {"DJANGO_SETTINGS_MODULE": "tests.bench.naive.settings"}
    migrate = [sys.executable, "-m", "django", "migrate", "--database=owner", "--run-syncdb", "-v0"]
    subprocess.run(migrate, cwd=ROOT, env={**os.environ, **place.environment(), **naive}, check=True)


def _issue_keys(connection: psycopg.Connection) -> dict[str, Headers]:
    """Keys of two organisations that send for everybody, one that reads what is public, and a naive token."""
    actor = ActorFactory()
    sends = {"scopes": ["read", "reports:write", "reports:relay"], "clearance": Marking.RED}
    keys = {
        "sender": issue_key(name="sender", actor=actor, **sends),
        "bulk": issue_key(name="bulk", actor=ActorFactory(), **sends),
        "reader": issue_key(name="reader", actor=actor, scopes=["read"], clearance=Marking.CLEAR),
    }
    headers = {name: {"Authorization": f"Bearer {secret}"} for name, (_, secret) in keys.items()}
    user, token = UserFactory(), "0" * 40
    connection.execute("INSERT INTO authtoken_token (key, user_id, created) VALUES (%s, %s, now())", [token, user.pk])
    return {**headers, "naive": {"Authorization": f"Token {token}"}}
