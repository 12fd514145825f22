"""The code tables as files: every code of the project's table is there, means what it says, and nothing else is."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shipments.reconciliation.lifecycles import SHIPMENT
from shipments.services.vocabularies import DIRECTORY

TABLE = Path(__file__).with_name("status_codes.md")
# What the table says in words: a time class, a transit point, a rule against losses.
CONTEXT = r"time class PLANNED|; ARR RCF DEP at a transit point|at destination|never from one DIS_MSCA"
COLUMNS = ["epcis", "iata-fsu", "unece-rec24", "aftership", "easypost", "shippo"]


def rows() -> list[dict[str, str]]:
    found = []
    for path in sorted((DIRECTORY / "codes").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            found.extend({**row, "file": path.stem} for row in csv.DictReader(lines))
    return found


def expected() -> Iterator[tuple[str, str, str]]:
    """(file, code, meaning) of the table; meanings are milestones, flag:NAME and unset:NAME."""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if not cells or cells[0] in ("ours", "---"):
            continue
        meaning = cells[0].split(" (")[0]
        for file, cell in zip(COLUMNS, cells[1:], strict=True):
            cell = re.sub(CONTEXT, "", cell)
            if meaning.startswith("flag "):
                flag = meaning.removeprefix("flag ")
                unset = re.search(r"\((DIS_FDCA|37)\)", cell)
                if unset:
                    yield file, unset[1], f"unset:{flag}"
                    cell = cell.replace(unset[0], "")
                meanings = [f"flag:{flag}"] * 3
            elif meaning == "return_started / returned":
                started, _, back = cell.partition("/") if "/" in cell else ("", "", cell)
                yield from ((file, code, "return_started") for code in tokens(file, started))
                cell, meanings = back, ["returned or return_started"]
            else:
                meanings = [meaning]
            yield from ((file, code, meanings[0]) for code in tokens(file, cell))


def tokens(file: str, cell: str) -> list[str]:
    found = re.findall(r"[A-Za-z0-9_]+", cell)
    if file == "aftership":  # "Exception_005 016 017"
        found = [f"Exception_{code}" if code.isdigit() else code for code in found]
    return found


def meanings_of(row: dict[str, str]) -> set[str]:
    said = {row["milestone"]} if row["milestone"] else set()
    if row["flag"]:
        said.add(f"{'unset' if row['flag_is_set'] == 'no' else 'flag'}:{row['flag']}")
    return said


def test_every_code_of_the_table_is_there_and_means_what_it_says() -> None:
    there: dict[tuple[str, str], set[str]] = {}
    for row in rows():
        there.setdefault((row["file"], row["code"]), set()).update(meanings_of(row))
    wrong = []
    for file, code, meaning in expected():
        said = there.get((file, code), set())
        # Said of goods on the way; EPCIS lists it beside the step that says more.
        allowed = {"in_transit"} if (file, code) == ("epcis", "in_transit") else set(meaning.split(" or "))
        if not said & allowed:
            wrong.append((file, code, meaning, said))
    assert not wrong


def test_no_code_is_there_that_the_table_does_not_have() -> None:
    listed = {(file, code) for file, code, _ in expected()}
    assert {(row["file"], row["code"]) for row in rows()} == listed


def test_handed_over_at_the_airport_is_not_delivered_to_the_door() -> None:
    means = {row["code"]: row["milestone"] for row in rows() if row["scheme"] == "iata-fsu"}
    assert means["DLV"] == "received"
    assert means["DDL"] == "delivered"
    assert [code for code, milestone in means.items() if milestone == "delivered"] == ["DDL"]


def test_one_message_of_missing_cargo_loses_nothing() -> None:
    missing = next(row for row in rows() if row["code"] == "DIS_MSCA")
    assert meanings_of(missing) == {"flag:missing"}
    assert "lost" not in {row["milestone"] for row in rows() if row["scheme"] == "iata-fsu"}


def test_every_code_means_a_milestone_or_a_flag_that_shipments_have() -> None:
    milestones = {milestone.name for milestone in SHIPMENT.milestones}
    for row in rows():
        assert row["milestone"] or row["flag"], row
        assert not row["milestone"] or row["milestone"] in milestones, row
        assert not row["flag"] or row["flag"] in SHIPMENT.flag_names, row
        assert row["source"], row
        assert row["flag_is_set"] in ("", "yes", "no"), row


def test_a_code_has_one_meaning_a_date() -> None:
    keys = [(row["scheme"], row["code"], row["recorded"]) for row in rows()]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("scheme", ["epcis-bizstep", "iata-fsu", "unece-rec24", "aftership", "easypost", "shippo"])
def test_a_code_nobody_listed_is_in_no_table(scheme: str) -> None:
    assert not [row for row in rows() if row["scheme"] == scheme and row["code"] in ("", "XXX", "?", "*", "default")]
