"""What a decision, its withdrawal or a merge would change in pictures, said before it is done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest

from actors.access import Reader
from actors.admin.asking import WhyForm
from actors.admin.badges import percent, words
from actors.admin.readable import reader_of
from shipments.admin.wording import about_in_words, conflict_in_words
from shipments.models import Conflict, Finding, Picture, Subject
from shipments.reconciliation import picture as core
from shipments.services.errors import ShipmentsError
from shipments.services.foreseeing import foresee
from shipments.services.picturing import (
    conflict_columns,
    conflict_keys,
    finding_columns,
    finding_keys,
    picture_columns,
)
from shipments.services.value_names import named, names_of
from shipments.wording import as_of_in_words

NOTHING = "–"
# The reason of what is only foreseen.
NOT_SAID = "–"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of a picture, as it is and as it would be."""

    subject: str
    what: str
    now: str
    then: str


def done_or_foreseen(
    request: HttpRequest, form: WhyForm, subjects: Callable[[], Iterable[Subject]], act: Callable[[], object]
) -> tuple[bool, list[Change] | None]:
    """Whether ``act`` was done as ``form`` says, and what it would change where only that was asked.

    A refusal becomes an error of the form. ``subjects`` and ``act`` may use what the form has read.
    """
    foresees = form.is_to_be_foreseen()
    is_valid = request.method == "POST" and form.is_valid()
    # Whoever has seen what would change says why.
    form.fields["reason"].required = True
    if not is_valid:
        return False, None
    try:
        if foresees:
            return False, changes(subjects(), reader_of(request), act)
        act()
    except ShipmentsError as refusal:
        form.add_error(None, refusal.detail)
        return False, None
    return True, None


def changes(subjects: Iterable[Subject], reader: Reader, act: Callable[[], object]) -> list[Change]:
    """Each line of what ``reader`` believes of ``subjects`` that ``act`` would change. Raises what ``act`` raises."""
    by_id = {each.pk: each for each in subjects}
    found = []
    for key, (before, after) in foresee(by_id, reader, act).items():
        now, then = _told(before, reader), _told(after, reader)
        found += [
            Change(subject=by_id[key].title, what=what, now=now.get(what, NOTHING), then=then.get(what, NOTHING))
            for what in dict.fromkeys([*now, *then])
            if now.get(what, NOTHING) != then.get(what, NOTHING)
        ]
    return found


def _told(picture: core.Picture, reader: Reader) -> dict[str, str]:
    """A picture in lines: the status, each finding, and what is in conflict."""
    whole = Picture(**picture_columns(picture, version=0))
    findings = [Finding(**finding_keys(each), **finding_columns(each)) for each in picture.findings]
    names = names_of([each.value for each in findings], reader)
    told = {"status": _sure(words(whole.status), whole.state, whole.told_confidence)}
    for each in findings:
        if each.kind in ("fact", "flag", "place", "milestone"):
            as_of = f" on {as_of_in_words(each.as_of)}" if each.as_of else ""
            slot = " ".join(filter(None, (each.leg, each.line)))
            said = named(each.value, each.label, names)
            told[about_in_words(each.attribute, slot) + as_of] = _sure(
                said if each.kind == "fact" else words(said), each.state, each.told_confidence
            )
    conflicts = [Conflict(**conflict_keys(each), **conflict_columns(each)) for each in picture.conflicts]
    told["in conflict"] = "; ".join(
        f"{about_in_words(each.about, each.leg)}: {conflict_in_words(each.kind)}"
        + (" (kept open)" if each.kept_open else "")
        for each in sorted(conflicts, key=lambda each: (each.about, each.leg, each.stable_id))
    )
    return {what: said or NOTHING for what, said in told.items()}


def _sure(said: str, state: str, confidence: int | None) -> str:
    return ", ".join(filter(None, (said, words(state), percent(confidence))))
