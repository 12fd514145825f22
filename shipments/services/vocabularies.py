"""Load the tables of the world's codes and of our own rules from the files in shipments/vocabularies.

    attributes.toml containments.toml policies.toml codes/*.csv places.csv carriers.csv
        │  countries from pycountry, airports from airportsdata
        └─ one transaction ─> rows: new ones inserted; attributes and places that differ brought up to date

Codes and policies are evidence: a row that is there is never rewritten. A new meaning is a new line
with its own ``recorded`` date, and a file that changes an old line is refused.

Where a code is new, the reports that were held for it become due; where a rule differs, all subjects do.
"""

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import airportsdata
import pycountry
from django.db import connection, transaction

from actors.models import Actor, ActorIdentifier, ActorName
from shipments.models import Attribute, CodeMapping, Containment, Place, PolicyVersion, Report
from shipments.services.naming import lock_names
from shipments.services.reaching import reach_all, reach_reports
from shipments.services.vocabulary_rows import Tally, add_missing, bring_up_to_date

DIRECTORY = Path(__file__).resolve().parent.parent / "vocabularies"
# Schemes of actors' identifiers. The first is ours: the code that case files and carriers.csv use.
OWN, IATA, ICAO = "aidtracker", "iata-airline", "icao-airline"
# What of an attribute the reconciler goes by; the rest is for people and for what may be sent.
FOLDED = {"type", "subjects", "comparison", "has_time_axis", "topic", "bounds_total"}
LOCK = 20220516  # any number; two loads at once wait for each other


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """How many rows of each table the files hold, and how many of all were new or changed."""

    rows: dict[str, int] = field(default_factory=dict)
    new: int = 0
    changed: int = 0


def load_vocabularies(directory: Path = DIRECTORY) -> Loaded:
    """Bring the tables to what the files say. Loading twice writes nothing. Raises ChangedEvidence."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        tally = Tally()
        _load_attributes(directory, tally)
        _load_policies(directory, tally)
        _load_codes(directory, tally)
        _load_places(directory, tally)
        _load_carriers(directory, tally)
        _reach(tally)
    return Loaded(rows=tally.rows, new=tally.new, changed=tally.changed)


def _reach(tally: Tally) -> None:
    """Make due what is read otherwise now."""
    if tally.rules_differ:
        reach_all()
    # Few of many codes, and at first none, are waited for.
    held = Report.objects.filter(code_is_known=False, code_scheme__in={row.scheme for row in tally.codes})
    waited_for = set(held.values_list("code_scheme", "code_said").order_by().distinct())
    for row in tally.codes:
        if (row.scheme, row.code) in waited_for:
            reach_reports(held.filter(code_scheme=row.scheme, code_said=row.code), since=row.recorded_at)


def _load_attributes(directory: Path, tally: Tally) -> None:
    registry = _toml(directory / "attributes.toml")["attributes"]
    rows = [
        {
            "name": each["name"],
            "label": each["label"],
            "type": each["type"],
            "subjects": each["subjects"],
            "comparison": each["comparison"],
            "has_time_axis": each.get("time_axis", False),
            "codes": each.get("codes", []),
            "units": each.get("units", []),
            "topic": each.get("topic", ""),
            "bounds_total": each.get("bounds_total", ""),
            "note": each.get("note", ""),
        }
        for each in registry
    ]
    bring_up_to_date("attributes", Attribute, ("name",), rows, tally, judged_by=FOLDED)
    table = _toml(directory / "containments.toml")
    pairs = [
        {
            "attribute_id": chain["attribute"],
            "coarser": coarser,
            "finer": finer,
            "recorded_at": _moment(table["recorded"]),
        }
        for chain in table["chains"]
        for coarser, finer in zip(chain["words"], chain["words"][1:], strict=False)
    ]
    new = add_missing("containments", Containment, ("attribute_id", "coarser", "finer"), pairs, tally, may_differ=True)
    tally.rules_differ |= bool(new)


def _load_policies(directory: Path, tally: Tally) -> None:
    rows = [
        {
            "version": each["version"],
            "recorded_at": _moment(each["recorded"]),
            "weights": each["weights"],
            "reason": each["reason"],
        }
        for each in _toml(directory / "policies.toml")["policies"]
    ]
    tally.rules_differ |= bool(add_missing("policies", PolicyVersion, ("version",), rows, tally))


def _load_codes(directory: Path, tally: Tally) -> None:
    rows = [
        {
            "scheme": each["scheme"],
            "code": each["code"],
            "milestone": each["milestone"],
            "flag": each["flag"],
            "flag_is_set": each["flag_is_set"] != "no",
            "time_class": each["time_class"],
            "note": each["note"],
            "source": each["source"],
            "recorded_at": _moment(date.fromisoformat(each["recorded"])),
        }
        for path in sorted((directory / "codes").glob("*.csv"))
        for each in _csv(path)
    ]
    # A report that comes with one of them right now is held by nobody and forgotten by nobody.
    there = set(CodeMapping.objects.values_list("scheme", "code"))
    new = {(row["scheme"], row["code"]) for row in rows} - there
    lock_names([f"{scheme}:{code}" for scheme, code in new], entering=True)
    tally.codes = add_missing("codes", CodeMapping, ("scheme", "code", "recorded_at"), rows, tally)


def _load_places(directory: Path, tally: Tally) -> None:
    """Countries, then what lies in them, then the airports of that."""
    listed = list(_csv(directory / "places.csv"))
    airports = airportsdata.load("ICAO")
    countries = [
        {
            "code": each.alpha_2,
            "kind": "country",
            "name": getattr(each, "common_name", each.name),
            "country": each.alpha_2,
        }
        for each in pycountry.countries
    ]
    places = [_place(each, unlocode=each["unlocode"], within=each["within"]) for each in listed]
    inner = [
        _place(
            {
                "code": code,
                "kind": "airport",
                "name": airports[code]["name"],
                "country": each["country"],
                "latitude": airports[code]["lat"],
                "longitude": airports[code]["lon"],
                "time_zone": airports[code]["tz"],
            },
            icao=code,
            iata=airports[code]["iata"],
            within=each["code"],
        )
        for each in listed
        for code in each["airports"].split()
    ]
    tally.rows["places"] = 0
    for level in (countries, places, inner):
        ids = dict(Place.objects.values_list("code", "pk"))
        rows = [{**row, "within_id": ids[row["within"]] if row.get("within") else None} for row in level]
        said = [_without(row, "within") for row in rows]
        bring_up_to_date("places", Place, ("code",), said, tally, judged_by={"within_id"})


def _place(said: Mapping[str, Any], **more: str) -> dict[str, Any]:
    return {
        **{name: said[name] for name in ("code", "kind", "name", "country", "time_zone")},
        "latitude": round(Decimal(str(said["latitude"])), 5),
        "longitude": round(Decimal(str(said["longitude"])), 5),
        **more,
    }


def _load_carriers(directory: Path, tally: Tally) -> None:
    """A carrier that is known by any of its codes is left as it is: an analyst may have edited it."""
    carriers = list(_csv(directory / "carriers.csv"))
    codes = {(OWN, each["code"]) for each in carriers}
    known = set(ActorIdentifier.objects.filter(scheme=OWN).values_list("scheme", "value")) & codes
    for each in carriers:
        if (OWN, each["code"]) in known:
            continue
        actor = Actor.objects.create(kind=Actor.Kind.CARRIER, name=each["name"], country=each["country"])
        named = {OWN: each["code"], IATA: each["iata"], ICAO: each["icao"]}
        ActorIdentifier.objects.bulk_create(
            ActorIdentifier(actor=actor, scheme=scheme, value=value) for scheme, value in named.items() if value
        )
        ActorName.objects.bulk_create(ActorName(actor=actor, name=name) for name in each["names"].split("|") if name)
        tally.new += 1
    tally.rows["carriers"] = len(carriers)


def _without(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _csv(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
