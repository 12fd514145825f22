"""Read a case file: TOML text to a typed case, with every fault of the file at once and its path.

    text ─ TOML ─> sections ─ each entry by its form ─> entries that are in order
                                └ names that lead nowhere, doubles, circles ─> problems
           [[reports]] ─ spread over legs and codes ─ intake.report ─> drafts

Pure: whether places and attributes are known is asked of the database by services.cases.
The format is described in shipments/cases/README.md.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from msgspec import structs
from pydantic import BaseModel, ValidationError

from actors.wording import did_you_mean, shown
from shipments.intake import case_forms as forms
from shipments.intake.draft import Invalid, Problem, ReportDraft
from shipments.intake.faults import problem_of
from shipments.intake.forms import names_of
from shipments.intake.plain import pointer_of
from shipments.intake.report import parse_report
from shipments.reconciliation.lifecycles import LEG, LIFECYCLES

# Sections in the order in which a database takes them, with the field that names an entry.
SECTIONS: dict[str, tuple[type[forms.Form], str]] = {
    "actors": (forms.Actor, "code"),
    "sources": (forms.Source, "code"),
    "documents": (forms.Document, "key"),
    "crises": (forms.Crisis, "key"),
    "appeals": (forms.Appeal, "key"),
    "offers": (forms.Offer, "key"),
    "shipments": (forms.Shipment, "key"),
    "contacts": (forms.Contact, "key"),
    "inquiries": (forms.Inquiry, "key"),
}
KINDS = {
    "crises": "crisis",
    "appeals": "appeal",
    "offers": "offer",
    "shipments": "shipment",
    "contacts": "contact",
    "inquiries": "inquiry",
}
# What each field of a section names. A dot leads into a list of tables.
REFERENCES: dict[str, dict[str, str]] = {
    "actors": {"parent": "actors"},
    "sources": {"actor": "actors", "interests": "actors"},
    "documents": {"source": "sources"},
    "appeals": {"requester": "actors", "addressee": "actors", "crisis": "crises"},
    "offers": {"donor": "actors", "recipient": "actors", "answers": "appeals", "crisis": "crises"},
    "shipments": {
        "recipient": "actors",
        "carrier": "actors",
        "offer": "offers",
        "parent": "shipments",
        "parties.actor": "actors",
        "legs.carrier": "actors",
        "lines.donor": "actors",
        "crisis": "crises",
    },
    "contacts": {"participants": "actors", "crisis": "crises"},
    "inquiries": {"asked": "actors", "asked_by": "actors", "crisis": "crises"},
    "reports": {"document": "documents", "source": "sources", "attributed_to": "sources", "cites.source": "sources"},
}


PARTS = ("leg", "line")
STAND_IN = datetime(2000, 1, 1, tzinfo=UTC)
Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One report of the file: what was said, when we recorded it, and where in the file it stands."""

    draft: ReportDraft
    received_at: datetime
    pointer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a document gives the reports that were read in it."""

    source: str
    published_at: datetime
    received_at: datetime | None = None


@dataclass(kw_only=True)
class Case:
    """What a file holds, entry by entry in the file's order, as (pointer, entry). Faulty ones are left out."""

    head: forms.Case | None = None
    entries: dict[str, list[tuple[str, Any]]] = field(default_factory=lambda: {name: [] for name in SECTIONS})
    reports: list[Told] = field(default_factory=list)

    @property
    def scheme(self) -> str:
        """The scheme under which the case's keys are identifiers of subjects."""
        return f"case:{self.head.name if self.head else ''}"


def read_case(text: str) -> tuple[Case, list[Problem]]:
    """The case in ``text`` and every fault of it, in the file's order; with a fault the case is not whole."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Case(), [Problem(code="not_toml", pointer="", detail=f"Not TOML: {error}.")]
    return _Reading(data).result()


class _Reading:
    """One pass over the data of a file."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.case = Case()
        self.problems: list[Problem] = []
        self.said: Counter[tuple[str, str]] = Counter()
        # Names count as given even where their entry is faulty: one fault is told once.
        self.names = {section: self._names(section, key) for section, (_, key) in SECTIONS.items()}
        self.subjects = {name: KINDS[section] for section in KINDS for name in self.names[section]}

    def result(self) -> tuple[Case, list[Problem]]:
        for name in self.data.keys() - SECTIONS.keys() - {"case", "reports"}:
            advice = did_you_mean(name, [*SECTIONS, "case", "reports"])
            self._fault("unknown_field", f"No such section.{advice}", name)
        self.case.head = self._form(forms.Case, self.data.get("case", {}), "case")
        for section, (form, key) in SECTIONS.items():
            self._read_section(section, form, key)
        seen = Counter(name for section in KINDS for name in self.names[section])
        for name, times in seen.items():
            if times > 1 and all(self.names[section].count(name) < 2 for section in KINDS):
                self._fault("duplicate", f"{shown(name)} names two subjects of different kinds.")
        self._read_reports()
        return self.case, self.problems

    # Sections

    def _names(self, section: str, key: str) -> list[str]:
        return [entry[key] for _, entry in self._tables(section) if isinstance(entry.get(key), str)]

    def _tables(self, section: str) -> Iterator[tuple[int, dict[str, Any]]]:
        entries = self.data.get(section, [])
        if isinstance(entries, list):
            yield from ((n, entry) for n, entry in enumerate(entries) if isinstance(entry, dict))

    def _read_section(self, section: str, form: type[forms.Form], key: str) -> None:
        if not isinstance(self.data.get(section, []), list):
            self._fault("wrong_type", f"Write each entry as [[{section}]].", section)
        for n, raw in self._tables(section):
            entry = self._form(form, raw, section, n)
            self._check_names(section, raw, n)
            if self.names[section].count(raw.get(key, "")) > 1:
                self._fault("duplicate", f"{shown(raw[key])} is there more than once.", section, n, key)
            if entry is not None:
                self.case.entries[section].append((pointer_of(section, n), entry))
        self._check_circles(section, key)
        for n, shipment in self._tables(section) if section == "shipments" else ():
            for part in ("legs", "lines"):
                self._check_doubles(shipment.get(part), section, n, part)

    def _form(self, form: type[BaseModel], raw: object, *path: str | int) -> Any:
        try:
            return form.model_validate(raw)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                found = problem_of(fault, names_of(form))
                self.problems.append(replace(found, pointer=pointer_of(*path) + found.pointer))
            return None

    def _check_names(self, section: str, raw: Mapping[str, Any], n: int) -> None:
        for name, target in REFERENCES[section].items() if section in REFERENCES else ():
            for path, said in _reach(raw, name.split(".")):
                if isinstance(said, str) and said and said not in self.names[target]:
                    advice = did_you_mean(said, self.names[target])
                    self._fault("not_found", f"No {said!r} in [[{target}]].{advice}", section, n, *path)

    def _check_circles(self, section: str, key: str) -> None:
        above = {entry.get(key): entry.get("parent") for _, entry in self._tables(section)}
        for n, entry in self._tables(section):
            seen, at = set[str](), entry.get("parent")
            while isinstance(at, str) and at in above and at not in seen:
                seen.add(at)
                at = above[at]
            if isinstance(entry.get(key), str) and entry[key] in seen:
                self._fault("circle", f"{shown(entry[key])} is a part of itself.", section, n, "parent")

    def _check_doubles(self, parts: object, *path: str | int) -> None:
        keys = [part.get("key") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
        for at, key in enumerate(keys):
            if keys.index(key) < at:
                self._fault("duplicate", f"{shown(key)} is there more than once.", *path, at, "key")

    # Reports

    def _read_reports(self) -> None:
        documents = self._documents()
        for n, raw in self._tables("reports"):
            self._check_names("reports", raw, n)
            subject = raw.get("subject")
            if subject not in self.subjects:
                advice = did_you_mean(str(subject), self.subjects)
                self._fault("not_found", f"No subject {str(subject)!r} in this file.{advice}", "reports", n, "subject")
            spread = self._form(forms.Spread, raw, "reports", n)
            if spread is not None:
                self._read_report(n, spread, documents.get(spread.report.get("document", "")))
        for told in self.case.reports:
            if self.said[told.draft.source, told.draft.event_id] > 1:
                detail = f"{told.draft.source} says {told.draft.event_id!r} more than once; give each an event_id."
                self.problems.append(Problem(code="duplicate", pointer=f"{told.pointer}/event_id", detail=detail))
            for at, cited in enumerate(told.draft.cites):
                if cited.event_id and (cited.source, cited.event_id) not in self.said:
                    detail = f"{cited.source} has no report {cited.event_id!r} in this file."
                    self.problems.append(
                        Problem(code="not_found", pointer=f"{told.pointer}/cites/{at}/event_id", detail=detail)
                    )

    def _documents(self) -> dict[str, Read]:
        """What each document gives the reports read in it. A faulty one gives stand-ins: its fault is told already."""
        given = {
            entry.key: Read(source=entry.source, published_at=entry.published_at, received_at=entry.received_at)
            for _, entry in self.case.entries["documents"]
        }
        for _, raw in self._tables("documents"):
            given.setdefault(str(raw.get("key")), Read(source=str(raw.get("source")), published_at=STAND_IN))
        return given

    def _read_report(self, n: int, spread: forms.Spread, document: Read | None) -> None:
        common: dict[str, Any] = {}
        if document is not None:
            common = {"source": document.source, "asserted_at": document.published_at}
        common |= spread.report
        if isinstance(common.get("subject"), str):
            common["subject"] = f"{self.case.scheme}:{common['subject']}"
        try:
            common |= {name: forms.local_day(common[name]) for name in ("occurred",) if name in common}
        except ValueError as error:
            self._fault("invalid_time", str(error), "reports", n, "occurred")
            del common["occurred"]
        received_at = spread.received_at
        if received_at is None and document is not None:
            received_at = document.received_at or document.published_at
        if received_at is None:
            self._fault("missing", "Say when it was received, or in which document it was read.", "reports", n)
        for data in spread.over(common):
            self.said[str(data.get("source")), str(data.get("event_id", ""))] += 1
            told: set[tuple[str, str]] = {(each.pointer, each.detail) for each in self.problems}
            try:
                draft = structs.replace(parse_report(data), interested=spread.interested)
            except Invalid as error:
                for each in error.problems:
                    pointer = f"{pointer_of('reports', n)}{each.pointer}"
                    if (pointer, each.detail) not in told:
                        self.problems.append(replace(each, pointer=pointer))
                continue
            self._check_words(n, draft)
            if received_at is not None:
                self.case.reports.append(Told(draft=draft, received_at=received_at, pointer=pointer_of("reports", n)))

    def _check_words(self, n: int, draft: ReportDraft) -> None:
        """The milestone fits the subject's kind, and leg and line are the subject's own."""
        subject = draft.subject.removeprefix(f"{self.case.scheme}:")
        kind = self.subjects.get(subject, "")
        lifecycle = LEG if draft.leg else LIFECYCLES.get(kind)
        known = [milestone.name for milestone in lifecycle.milestones] if lifecycle else []
        if draft.code and draft.code_scheme == "aidtracker" and kind and draft.code not in known:
            detail = f"Not a milestone here: {draft.code}.{did_you_mean(draft.code, known)}"
            self._fault("unknown_code", detail, "reports", n, "code")
        facts = [
            (f"facts/{at}/{part}", part, getattr(fact, part)) for at, fact in enumerate(draft.facts) for part in PARTS
        ]
        shipment = next((each for _, each in self._tables("shipments") if each.get("key") == subject), {})
        for path, part, said in [("leg", "leg", draft.leg), ("line", "line", draft.line), *facts]:
            keys = [each.get("key") for each in shipment.get(f"{part}s", []) if isinstance(each, dict)]
            if said and said not in keys:
                self._fault("not_found", f"{shown(subject)} has no {part} {said!r}.", "reports", n, *path.split("/"))

    def _fault(self, code: str, detail: str, *path: str | int) -> None:
        self.problems.append(Problem(code=code, pointer=pointer_of(*path), detail=detail))


def _reach(raw: object, parts: Sequence[str], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that ``parts`` lead to, through lists, with its path."""
    if isinstance(raw, list):
        for n, each in enumerate(raw):
            yield from _reach(each, parts, (*path, n))
    elif not parts:
        yield path, raw
    elif isinstance(raw, dict) and parts[0] in raw:
        yield from _reach(raw[parts[0]], parts[1:], (*path, parts[0]))
