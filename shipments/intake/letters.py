"""Which letters names and free words are made of. Each rule is one pattern, for the check and for the OpenAPI document.

Escapes are those of Python and JavaScript alike; what both would write differently stands as itself.
"""

import re

from pydantic_core import PydanticCustomError

# Marks, embeddings, overrides and isolates: they make a line read otherwise than it is written.
BIDI_CONTROLS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# Controls (Cc, Zl, Zp), and what joins, breaks, turns round or tags other letters (Unicode 15: Cf, without the number
# signs and joiners of hieroglyphs, which are to be seen).
CONTROLS = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
)
# Letters and marks by their category, and nothing on the page: fillers, joiners, variation selectors, an
# empty braille cell (Default_Ignorable_Code_Point beyond the category Cf).
UNSEEN = (
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef"
)
SEEN = rf"[^\s{CONTROLS}{UNSEEN}]"
NAME = rf"^([^\s{CONTROLS}][^{CONTROLS}]*)?{SEEN}([^{CONTROLS}]*[^\s{CONTROLS}])?$"
WORDS = rf"^[^\u0000]*{SEEN}[^\u0000]*$"
_CONTROL, _SEEN = re.compile(f"[{CONTROLS}]"), re.compile(SEEN)


def is_blank(text: str) -> bool:
    """Whether nothing of ``text`` is to be seen on a page."""
    return _SEEN.search(text) is None


def name(text: str) -> str:
    """A name, code or key: at least one visible letter, no control or hidden character, no space around it."""
    if text and is_blank(text):
        raise PydanticCustomError("blank_after_normalisation", "Nothing is left once invisible characters are removed.")
    if _CONTROL.search(text):
        raise PydanticCustomError("invalid_character", "Control and invisible characters are not allowed here.")
    if text != text.strip():
        raise PydanticCustomError("invalid_character", "Space before or after the word is not allowed here.")
    return text


def words(text: str) -> str:
    """Free text with its bidirectional controls removed; not blank."""
    text = text.translate(BIDI_CONTROLS)
    if is_blank(text):
        raise PydanticCustomError("blank_after_normalisation", "Nothing is left once invisible characters are removed.")
    return text
