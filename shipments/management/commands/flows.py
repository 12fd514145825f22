"""manage.py flows: who promised what to whom and what became of it, as a table that fits a terminal of 100 columns."""

import textwrap
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from actors.access import Reader
from shipments.management.asking import READERS, add_known_at, add_reader, in_words, moment_asked
from shipments.services.errors import TooMuchToRead
from shipments.services.flows.amounts import Total
from shipments.services.flows.paging import read_flows
from shipments.services.flows.reading import Narrowing
from shipments.services.flows.summing import Flow, Key, Rung, Silence
from shipments.wording import amount_in_words

# Columns: what, how many, how much, contested. With the gaps they are 100 wide.
WIDTHS = (14, 8, 56, 13)
WIDTH = 100
MOST = 200  # flows; more is no table any more


class Command(BaseCommand):
    help = "Show who promised what to whom and what became of it: donor by recipient, rung by rung."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--donor", help="reference of an actor, ACT-7K2M9QXD")
        parser.add_argument("--recipient", help="reference of an actor")
        parser.add_argument("--crisis", help="reference of a crisis")
        add_known_at(parser)
        add_reader(parser)

    def handle(self, *args: Any, known_at: str | None, reader: str, **options: Any) -> None:
        moment = moment_asked(known_at)
        self.names: dict[str, str] = {}
        asked = {
            "now": timezone.now(),
            "known_at": moment,
            "narrowing": Narrowing(**{name: options[name] for name in ("donor", "recipient", "crisis")}),
        }
        try:
            found = list(self._all(Reader(clearance=READERS[reader]), asked))
        except TooMuchToRead as error:
            raise CommandError(error.detail) from error
        if len(found) > MOST:
            raise CommandError(f"More than {MOST} flows; name a donor, a recipient or a crisis.")
        self.stdout.write(f"Who promised what to whom, and what became of it, {in_words(moment)}")
        self.stdout.write(_row("", "how many", "how much", "contested"))
        self.stdout.write("─" * WIDTH)
        for recipient, flows in groupby(found, key=lambda flow: flow.key.recipient):
            self.stdout.write(f"\n{self.style.MIGRATE_HEADING(self._name(recipient, 'a recipient not known').upper())}")
            for flow in flows:
                self._write(flow)
        self.stdout.write("─" * WIDTH)
        self.stdout.write(f"Flows: {len(found)}. A promise stays a promise when it is kept: rungs are not added up.")
        if self.late:
            since = f"{self.late.since:%-d %B %Y, %H:%M} UTC"
            self.stdout.write(f"Left out: {self.late.subjects} offers and shipments, not added up since {since}.")

    def _all(self, reader: Reader, asked: dict[str, Any]) -> Iterator[Flow]:
        start: Key | None = None
        while True:
            page = read_flows(reader, start=start, limit=MOST + 1, **asked)
            self.names |= {reference: actor["name"] for reference, actor in page.actors.items()}
            self.moment, self.late = page.moment, page.late
            yield from page.flows
            start = page.following
            if start is None:
                return

    def _name(self, reference: str, unknown: str) -> str:
        return self.names[reference] if reference else unknown

    def _write(self, flow: Flow) -> None:
        donors = " and ".join(self.names[each] for each in flow.key.donors) or "a donor not known"
        jointly = ", jointly" if len(flow.key.donors) > 1 else ""
        self.stdout.write(f"\n{self.style.MIGRATE_LABEL(f'from {donors}{jointly}')}")
        for name, rung in flow.rungs.items():
            if rung.count or rung.unconfirmed:
                self._write_rung(name, rung)
        if ahead := flow.shipments.get("unconfirmed", 0):
            self.stdout.write(f"  {ahead} more spoken of, that nobody is believed to have seen leave")
        for remark in _silence(flow.silence, self.moment):
            for n, text in enumerate(textwrap.wrap(remark, WIDTH - 6)):
                self.stdout.write(f"  {' ' if n else '↳'} {text}")

    def _write_rung(self, name: str, rung: Rung) -> None:
        many = f"{rung.count}" + (f" (+{rung.unconfirmed}?)" if rung.unconfirmed else "")
        amounts = textwrap.wrap("; ".join(_amounts(rung)), WIDTHS[2]) or [""]
        contested = f"{rung.contested} of {rung.count + rung.unconfirmed}" if rung.contested else "no"
        for n, text in enumerate(amounts):
            self.stdout.write(_row("" if n else name, "" if n else many, text, "" if n else contested))


def _row(*cells: str) -> str:
    return "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


def _amounts(rung: Rung) -> Iterator[str]:
    told = [_amount(total) for total in rung.amounts if total.low is not None or total.high is not None]
    yield from told
    if not told:
        yield "unknown"
    elif rung.unknown and rung.count + rung.unconfirmed > 1:
        yield f"{rung.unknown} unknown"


def _amount(total: Total) -> str:
    said = amount_in_words(total.low, total.high, unit=total.unit)
    share = f" ({total.contested:.0%} contested)" if total.contested else ""
    return f"{said}{share}"


def _silence(silence: Silence, moment: datetime) -> Iterator[str]:
    for each in silence.waiting[:3]:
        waited = each.days(moment)
        days = f"{waited.least:,}"
        if waited.most is None:
            days = f"at least {days}"
        elif waited.most != waited.least:
            days += f" to {waited.most:,}"
        spoken = "no answer, it is said" if each.is_said else "nobody tells of an answer"
        yield f"{each.offer}: {spoken}, in {days} days{' (contested)' if each.is_contested else ''}"
    if silence.unanswered > 3:
        yield f"and {silence.unanswered - 3} more without an answer"
    if silence.median_least is not None:
        most = "" if silence.median_most in (None, silence.median_least) else f" to {silence.median_most:g}"
        days = f"{silence.median_least:g}{most} days"
        yield f"{silence.answered} answered; of those whose days are told, half took {days} or less"
