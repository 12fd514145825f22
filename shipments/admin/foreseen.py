"""What a decision, its withdrawal or a merge would change in pictures, said before it is done."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.http import HttpRequest

from actors.access import Reader
from actors.admin.asking import WhyForm
from actors.admin.badges import percent, words
from actors.admin.readable import reader_of
from shipments.admin.wording import about_in_words, conflict_in_words
from shipments.models import Conflict, Finding, Leg, Line, Picture, Place, Subject
from shipments.reconciliation import picture as core
from shipments.services.errors import ShipmentsError
from shipments.services.explaining import pictures_for
from shipments.services.foreseeing import foresee
from shipments.services.naming_rows import Named, Row, label_of, names_in
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
# So many pictures are folded twice while somebody waits: 20 to 30 ms each.
MOST_FORESEEN = 20
# What the columns that name an actor are for, where their name does not say it.
LINKS_IN_WORDS = {"shipmentparty.actor": "party", "contact_participants.actor": "participant"}


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What an act may change: pictures of subjects, and which of ``rows``, all of one kind, plans name.

    ``parts`` are rows that may become a part of another, by their keys, each with its name.
    """

    subjects: Sequence[UUID]
    rows: Sequence[Row] = ()
    parts: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of a picture or of a plan, as it is and as it would be."""

    subject: str
    what: str
    now: str
    then: str


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What would change in what was looked at, and how many subjects and parts were not."""

    changes: list[Change]
    more: int


def done_or_foreseen(
    request: HttpRequest,
    form: WhyForm,
    reach: Callable[[], Reach],
    act: Callable[[], object],
    *,
    tries: Callable[[], object] | None = None,
) -> tuple[bool, Foreseen | None]:
    """Whether ``act`` was done as ``form`` says, and what it would change where only that was asked.

    A refusal becomes an error of the form. ``reach`` and ``act`` may use what the form has read. What is foreseen is
    what ``tries`` does, where that tells nobody and so costs less.
    """
    foresees = form.is_to_be_foreseen()
    is_valid = request.method == "POST" and form.is_valid()
    # Whoever has seen what would change says why.
    form.fields["reason"].required = True
    if not is_valid:
        return False, None
    try:
        if foresees:
            return False, foreseen(reach(), reader_of(request), tries or act)
        act()
    except ShipmentsError as refusal:
        form.add_error(None, refusal.detail)
        return False, None
    return True, None


def foreseen(reach: Reach, reader: Reader, act: Callable[[], object]) -> Foreseen:
    """Each line that ``act`` would change in what ``reader`` believes of the first subjects. Raises what it raises."""
    ids, parts = list(dict.fromkeys(reach.subjects)), dict(islice(reach.parts.items(), MOST_FORESEEN))
    looked_at = ids[:MOST_FORESEEN]
    titles = {**dict(Subject.objects.filter(pk__in=looked_at).values_list("pk", "title")), **parts}
    names = {row.pk: name_of(row) for row in reach.rows}

    def tell() -> dict[UUID, dict[str, str]]:
        told = {key: _told(picture, reader) for key, picture in pictures_for(looked_at, reader).items()}
        plans = _plans(names_in(titles, reach.rows), names)
        return {key: told.get(key, {}) | plans.get(key, {}) for key in titles}

    before, after = foresee(tell, act)
    changes = [
        Change(subject=titles[key], what=what, now=before[key].get(what, NOTHING), then=after[key].get(what, NOTHING))
        for key in (*looked_at, *parts)
        for what in dict.fromkeys([*before[key], *after[key]])
        if before[key].get(what, NOTHING) != after[key].get(what, NOTHING)
    ]
    return Foreseen(changes=changes, more=len(ids) - len(looked_at) + len(reach.parts) - len(parts))


def _plans(found: Iterable[Named], names: Mapping[UUID, str]) -> dict[UUID, dict[str, str]]:
    """What plans name, by their owners, in lines."""
    said: defaultdict[UUID, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for each in found:
        said[each.owner][_link_in_words(each)].add(names[each.key])
    return {
        owner: {what: "; ".join(sorted(named)) for what, named in sorted(lines.items())}
        for owner, lines in said.items()
    }


def _link_in_words(named: Named) -> str:
    said = LINKS_IN_WORDS.get(label_of(named.model, named.column), words(named.column))
    return f"{said} of a {named.model._meta.verbose_name}" if named.model in (Leg, Line) else said


def name_of(row: Row) -> str:
    """By its name and what tells it from another of that name."""
    if isinstance(row, Subject):
        return f"{row.title} ({row.reference})"
    return f"{row.name} ({row.code if isinstance(row, Place) else row.reference})"


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
