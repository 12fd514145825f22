"""Whether what is said fits: a registered attribute, one of its subject's kind, a value of its type, code or unit.

Reports and the ledger have one vocabulary of units: that of the attribute that a report would state.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from actors.wording import advice, shown
from shipments.intake.draft import Problem, ReportDraft
from shipments.intake.plain import pointer_of
from shipments.models import Attribute, Subject


class AttributeRow(NamedTuple):
    """What is asked of an attribute by whoever states a value of it."""

    name: str
    type: str
    subjects: list[str]
    codes: list[str]
    units: list[str]


def fact_problems(
    draft: ReportDraft, attributes: Mapping[str, Attribute | AttributeRow], *, kind: str = ""
) -> Iterator[Problem]:
    """A fact needs a registered attribute, one of its subject's ``kind`` if known, and a value of its type."""
    for n, fact in enumerate(draft.facts):
        attribute = attributes.get(fact.attribute)
        if attribute is None or (kind and kind not in attribute.subjects):
            fitting = [name for name, each in attributes.items() if not kind or kind in each.subjects]
            what = f"{fact.attribute} is not said of {a_kind(kind)}." if attribute else ""
            detail = what or f"No such attribute: {fact.attribute[:64]}."
            detail += advice(fact.attribute, fitting)
            yield Problem(code="unknown_attribute", pointer=f"/facts/{n}/attribute", detail=detail)
            continue
        needed = VALUE_FORM[attribute.type]
        if needed not in fact.value:
            detail = f"{attribute.name} takes {a_kind(attribute.type)}: its value needs {needed!r}."
            yield Problem(code="wrong_type", pointer=f"/facts/{n}/value", detail=detail)
        elif attribute.codes and fact.value["code"] not in attribute.codes:
            said = fact.value["code"]
            detail = f"Not a code of {attribute.name}." + advice(said, attribute.codes)
            yield Problem(code="unknown_code", pointer=f"/facts/{n}/value/code", detail=detail)
        elif "unit" in fact.value:
            yield from unit_problems(fact.value["unit"], attribute, pointer=f"/facts/{n}/value/unit")


def part_problems(draft: ReportDraft, *, kind: str) -> Iterator[Problem]:
    """What a report of another ``kind`` than shipments may not name: flags, legs, and lines where there are none."""
    if draft.flags:
        detail = f"Flags are of shipments and their legs, not of {a_kind(kind)}."
        yield Problem(code="unknown_flag", pointer="/flags", detail=detail)
    facts = [(f"/facts/{n}", fact.leg, fact.line) for n, fact in enumerate(draft.facts)]
    for pointer, leg, line in [("", draft.leg, draft.line), *facts]:
        if leg:
            detail = f"Legs are of shipments, not of {a_kind(kind)}."
            yield Problem(code="unknown_leg", pointer=f"{pointer}/leg", detail=detail)
        if line and kind != Subject.Kind.OFFER:
            detail = f"Lines are of shipments and offers, not of {a_kind(kind)}."
            yield Problem(code="unknown_line", pointer=f"{pointer}/line", detail=detail)
    if draft.line and kind == Subject.Kind.OFFER:
        detail = "Of an offer, each fact names its line: facts[].line. The rest of a report is of the whole offer."
        yield Problem(code="unknown_line", pointer="/line", detail=detail)


def planned_unit_problems(said: Mapping[str, Any]) -> Iterator[Problem]:
    """The units of an entry's lines, or of the one line that ``said`` is, are those that reports of them take."""
    lines = {pointer_of("lines", n): line for n, line in enumerate(said.get("lines", ()))} or {"": said}
    units = {pointer: line["quantity"]["unit"] for pointer, line in lines.items() if line.get("quantity")}
    for attribute in Attribute.objects.filter(name=PLANNED) if units else ():
        for pointer, unit in units.items():
            yield from unit_problems(unit, attribute, pointer=f"{pointer}/quantity/unit")


def unit_problems(said: str, attribute: Attribute | AttributeRow, *, pointer: str) -> Iterator[Problem]:
    """One of the attribute's units is needed, where it has any."""
    if attribute.units and said not in attribute.units:
        detail = f"{attribute.name} is not given in {shown(said)}." + advice(said, attribute.units)
        yield Problem(code="wrong_unit", pointer=pointer, detail=detail)


# The attribute that tells of a line what its plan does.
PLANNED = "quantity"


VALUE_FORM: dict[str, str] = {
    Attribute.Type.TEXT: "text",
    Attribute.Type.CODE: "code",
    Attribute.Type.TIME: "from",
    Attribute.Type.QUANTITY: "unit",
    Attribute.Type.MONEY: "currency",
    Attribute.Type.PLACE: "place",
    Attribute.Type.ACTOR: "actor",
}


def a_kind(kind: str) -> str:
    """A kind of subject or of value with its article."""
    return f"{'an' if kind[0] in 'aio' else 'a'} {kind}"
