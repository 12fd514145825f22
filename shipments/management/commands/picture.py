"""manage.py picture: what we believe, as a table that fits a terminal of 100 columns."""

import textwrap
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from actors.access import Reader
from shipments.management.asking import READERS, add_known_at, add_reader, in_words, moment_asked
from shipments.models import Subject
from shipments.services.telling import Line, Told, tell, unnamed

EYES = {"public": "for everybody", "partner": "for a partner", "analyst": "for an analyst"}
HEADINGS = {
    "shipment": "What moved",
    "appeal": "What was asked",
    "offer": "What was offered",
    "contact": "Who met",
    "inquiry": "Who was asked",
    "crisis": "The situation",
}
# Columns: what, value, state, how sure, origins, contested. With the gaps they are 100 wide.
WIDTHS = (21, 32, 13, 4, 15, 3)
WIDTH = 100
MOST = 200  # subjects; more is no picture any more


class Command(BaseCommand):
    help = "Show what we believe: each subject with its value, state, confidence, origins, contested or not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "subjects", nargs="*", metavar="CASE|SUBJECT", help="dprk-covid-2022, SHP-7K2M9QXD; every case, if none"
        )
        add_known_at(parser)
        add_reader(parser)

    def handle(self, *args: Any, subjects: list[str], known_at: str | None, reader: str, **options: Any) -> None:
        moment = moment_asked(known_at)
        self.page: list[str] = []
        eyes = Reader(clearance=READERS[reader])
        found = self._subjects(subjects, eyes)
        told = tell(found, eyes, known_at=moment)
        self._write_head(f"What we believe, {in_words(moment)}, {EYES[reader]}")
        nothing = [each.subject.title for each in told if not each.lines]
        told = [each for each in told if each.lines]
        for kind, group in groupby(told, key=lambda each: each.subject.kind):
            self.page.append(f"\n{self.style.MIGRATE_HEADING(HEADINGS[kind].upper())}")
            for each in group:
                self._write_subject(each)
        self._write_foot(told, nothing)
        self.stdout.write("\n".join(self.page))

    def _subjects(self, names: list[str], eyes: Reader) -> list[Subject]:
        visible = Subject.objects.visible_to(eyes)
        if not names:
            found = list(visible.filter(identifiers__scheme__startswith="case:").distinct()[: MOST + 1])
            if not found:
                raise CommandError("No case is loaded. Load one: python manage.py load_case dprk-covid-2022")
        else:
            found = []
            for name in names:
                some = list(visible.filter(identifiers__scheme=f"case:{name}")[: MOST + 1])
                some = some or list(visible.filter(reference=name))
                if not some:
                    raise CommandError(f"No case and no subject {name!r}.")
                found += some
        if len(found) > MOST:
            raise CommandError(f"More than {MOST} subjects; name a case or the subjects you want to see.")
        return found

    def _write_head(self, when: str) -> None:
        self.page.append(when)
        names = ("", "value", "state", "sure", "origins", "contested")
        head = self._row(names[:5], widths=WIDTHS)
        self.page.append(f"{head[: WIDTH - len(names[5])]:<{WIDTH - len(names[5])}}{names[5]}")
        self.page.append("─" * WIDTH)

    def _write_subject(self, told: Told) -> None:
        reference = told.subject.reference
        title = textwrap.shorten(told.subject.title, WIDTH - len(reference) - 2, placeholder="…")
        gap = " " * (WIDTH - len(title) - len(reference))
        self.page.append(f"\n{self.style.MIGRATE_LABEL(title)}{gap}{reference}")
        before = ""
        for line in told.lines:
            # A series names its measure once.
            self._write_line(line, what="" if line.what == before else line.what)
            before = line.what

    def _write_line(self, line: Line, *, what: str) -> None:
        sure = "" if line.confidence is None else f"{_percent(line.confidence)}%"
        origins = ", ".join([*line.origins, *unnamed(line.unresolved)])
        cells = (what, line.value, line.state.replace("_", " "), sure, origins, "yes" if line.contested else "no")
        wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, WIDTHS, strict=True)]
        for n in range(max(len(column) for column in wrapped)):
            row = self._row([column[n] if n < len(column) else "" for column in wrapped], widths=WIDTHS)
            self.page.append(self._painted(row.rstrip(), line, first=n == 0))
        for remark in line.remarks:
            for n, text in enumerate(textwrap.wrap(remark, WIDTH - WIDTHS[0] - 6)):
                self.page.append(f"  {'':<{WIDTHS[0]}}  {' ' if n else '↳'} {text}")

    def _row(self, cells: Iterable[str], *, widths: tuple[int, ...]) -> str:
        return "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=False))

    def _painted(self, row: str, line: Line, *, first: bool) -> str:
        """Colour for the state alone, on a terminal alone."""
        paint = {
            "contested": self.style.WARNING,
            "corroborated": self.style.SUCCESS,
            "denied": self.style.ERROR,
            "decided": self.style.SUCCESS,
        }.get(line.state)
        state = line.state.replace("_", " ")
        return row.replace(f" {state}", f" {paint(state)}", 1) if paint and first else row

    def _write_foot(self, told: list[Told], nothing: list[str]) -> None:
        lines = [line for each in told for line in each.lines]
        states = {state: sum(line.state == state for line in lines) for state in ("corroborated", "contested", "gap")}
        self.page.append("─" * WIDTH)
        if nothing:
            for text in textwrap.wrap(f"Nothing known of: {'; '.join(nothing)}.", WIDTH):
                self.page.append(text)
        self.page.append(
            f"{len(told)} subjects: {states['corroborated']} lines corroborated, {states['contested']} contested, "
            f"{states['gap']} planned and not seen. Quoting counts once."
        )


def _percent(per_mille: int) -> int:
    """Per cent, never rounded to certainty: only a decision is 100."""
    return 100 if per_mille == 1000 else min(99, round(per_mille / 10))
