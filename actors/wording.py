"""Words for people who made a mistake: what they sent, shown safely, and what they may have meant."""

import difflib
from collections.abc import Collection, Iterable

SHOWN = 64


def shown(value: object) -> str:
    """A value as an answer may quote it: at most 64 characters, nothing that would hide or break a line."""
    text = value if isinstance(value, str) else str(value)
    text = "".join(letter if letter.isprintable() else "�" for letter in text[: SHOWN + 1])
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean X?`` for the nearest known word, or nothing."""
    by_form = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(word[:SHOWN].casefold(), list(by_form), n=1)
    return f" Did you mean {by_form[close[0]]}?" if close else ""


def one_of(words: Collection[str]) -> str:
    """`` One of X, Y.``, or nothing where there are none."""
    return f" One of {', '.join(words)}." if words else ""


def advice(word: str, known: Collection[str]) -> str:
    """What a word that is not among ``known`` is answered: the nearest of them, and all of them."""
    return did_you_mean(word, known) + one_of(known)
