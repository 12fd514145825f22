"""Words and small labels that pages share, so that a state looks the same everywhere."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from actors.marking import Marking

# The theme's label colours. Colour only repeats what the word says.
COLOURS = {
    "decided": "primary",
    "corroborated": "success",
    "single_source": "info",
    "contested": "warning",
    "denied": "danger",
    "retracted": "default",
    "unknown": "default",
    "unconfirmed": "default",
}
# What a state means, shown to whoever rests on it: as in the guide for partners.
MEANINGS = {
    "decided": "An analyst decided, with a reason.",
    "corroborated": "Two or more independent origins agree.",
    "single_source": "One origin says so.",
    "contested": "Somebody of weight says otherwise.",
    "denied": "Of this itself there are only denials.",
    "retracted": "Whoever said so took it back.",
    "unknown": "Nobody says.",
    "unconfirmed": "It was said, and not surely enough to be believed.",
}
MARKING_COLOURS = {Marking.GREEN: "success", Marking.AMBER: "warning", Marking.AMBER_STRICT: "warning"}


def badge(text: str, colour: str = "default", *, title: str = "") -> SafeString:
    """A small label; ``title`` is shown to whoever rests on it."""
    context = {"text": text, "type": colour, "label_title": title}
    return SafeString(render_to_string("unfold/helpers/label.html", context).strip())


def state_badge(state: str) -> SafeString:
    """The state of a value, as a label."""
    return badge(words(state), COLOURS.get(state, "default"), title=MEANINGS.get(state, ""))


def marking_badge(marking: int) -> SafeString:
    """A TLP marking, as a label."""
    mark = Marking(marking)
    return badge(mark.label, MARKING_COLOURS.get(mark, "danger" if mark == Marking.RED else "default"))


def two_lines(first: object, second: object, *more: object) -> SafeString:
    """What a row is called, and below it, fainter, what tells it from others."""
    return format_html(
        '<span class="aid-first">{}</span><br><span class="aid-second">{}</span> {}',
        first,
        second,
        format_html_join(" ", "{}", ((each,) for each in more)),
    )


def words(code: str) -> str:
    """A code as a person reads it: in_transit, in transit."""
    return code.replace("_", " ")


def percent(per_mille: int | None) -> str:
    """A confidence as a person reads it; empty where there is none, and 100 % only where an analyst decided."""
    if per_mille is None:
        return ""
    said = ">\N{NO-BREAK SPACE}99" if 990 < per_mille < 1000 else f"{per_mille / 10:.0f}"
    return f"{said}\N{NO-BREAK SPACE}%"


def told_apart(row: Any) -> str:
    """What a row is called in a dropdown: of two of one name, with the reference or the code that tells them apart."""
    name, mark = str(row), getattr(row, "reference", None) or getattr(row, "code", None)
    return f"{name} · {mark}" if mark and mark.casefold() not in name.casefold() else name
