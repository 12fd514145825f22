"""The field types of what partners send: names, words, amounts, currencies. Nothing is coerced or guessed."""

import re
import unicodedata
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

import pycountry
from pydantic import AfterValidator, BeforeValidator, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from actors.wording import shown
from shipments.intake.times import Window, read_end, read_moment, read_period

# Embeddings, overrides and isolates: they make a line read otherwise than it is written.
BIDI_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# ISO 4217 as of 2024-06: how many decimals, where it is not two.
DECIMALS = (
    dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0)
    | dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0)
    | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
    | dict.fromkeys(("CLF", "UYW"), 4)
)
# Codes of ISO 4217 that are no money anybody can give: metals, bond units, tests, "no currency".
NOT_MONEY = frozenset(["XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XPD", "XPT", "XTS", "XXX"])

AMOUNT = re.compile(r"(0|[1-9]\d*)(?:\.(\d+))?", re.ASCII)
WHOLE_DIGITS, DECIMAL_DIGITS = 18, 6


def _is_blank(text: str) -> bool:
    return not any(unicodedata.category(letter)[0] not in "CZ" for letter in text)


def name(text: str) -> str:
    """A name, code or key: at least one visible letter, no control or hidden character, no space around it."""
    if text and _is_blank(text):
        raise PydanticCustomError("blank_after_normalisation", "Nothing is left once invisible characters are removed.")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") for letter in text):
        raise PydanticCustomError("invalid_character", "Control and invisible characters are not allowed here.")
    if text != text.strip():
        raise PydanticCustomError("invalid_character", "Space before or after the word is not allowed here.")
    return text


def words(text: str) -> str:
    """Free text with its bidirectional controls removed; not blank."""
    text = text.translate(BIDI_CONTROLS)
    if _is_blank(text):
        raise PydanticCustomError("blank_after_normalisation", "Nothing is left once invisible characters are removed.")
    return text


def sum_of_money(said: object) -> str | None:
    """An amount of money as it was sent. Raises for a JSON number: some reader on the way will have rounded it."""
    if isinstance(said, int | float | Decimal) and not isinstance(said, bool):
        raise PydanticCustomError("money_must_be_string", 'Money is a string, for example "9.50".')
    return amount(said)


def amount(said: object) -> str | None:
    """A decimal string as it was sent, or of a JSON integer. Raises for anything a digit could be lost from."""
    if said is None:
        return None
    if isinstance(said, int | float | Decimal) and not isinstance(said, bool):
        if not isinstance(said, int):
            raise PydanticCustomError("number_not_exact", 'A fraction is a string, for example "9.5".')
        said = str(said)
    if not isinstance(said, str):
        raise PydanticCustomError("string_required", 'An amount is a string of digits, for example "9.5".')
    if said.startswith("-"):
        raise PydanticCustomError("must_be_positive", "{said} is below zero or has a sign.", {"said": shown(said)})
    matched = AMOUNT.fullmatch(said)
    if matched is None:
        advice = 'Digits with at most one point: "1000", "9.50".'
        raise PydanticCustomError(
            "invalid_amount", "Not an amount: {said}. {advice}", {"said": shown(said), "advice": advice}
        )
    if len(matched[1]) > WHOLE_DIGITS or len(matched[2] or "") > DECIMAL_DIGITS:
        raise PydanticCustomError(
            "number_too_long",
            "At most {whole} digits before the point and {decimals} after it.",
            {"whole": WHOLE_DIGITS, "decimals": DECIMAL_DIGITS},
        )
    return said


def currency(code: str) -> str:
    """A current ISO 4217 code in capital letters."""
    if code not in _currencies():
        advice = f" Did you mean {code.upper()}?" if code.upper() in _currencies() else ""
        raise PydanticCustomError(
            "currency", "Not a currency of ISO 4217: {said}.{advice}", {"said": shown(code), "advice": advice}
        )
    return code


@cache
def _currencies() -> frozenset[str]:
    return frozenset(each.alpha_3 for each in pycountry.currencies) - NOT_MONEY


def is_too_fine(said: str | None, currency_code: str) -> bool:
    """Whether an amount has more decimals than its currency."""
    return said is not None and len(said.partition(".")[2]) > DECIMALS.get(currency_code, 2)


def _window(info: ValidationInfo) -> Window:
    return info.context["window"] if info.context else Window()


TIME_SCHEMA: dict[str, Any] = {
    "type": "string",
    "description": "RFC 3339 with a zone, or a day, month or year alone (in UTC).",
    "examples": ["2022-05-16T09:00:00+09:00", "2022-05-16", "2022-05"],
}
AMOUNT_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": r"^(0|[1-9]\d{0,17})(\.\d{1,6})?$",
    "description": "A decimal as a string, so that no digit is lost.",
    "examples": ["150", "9.5"],
}


def _name(length: int) -> Any:
    return Annotated[str, StringConstraints(min_length=1, max_length=length), AfterValidator(name)]


Name12, Name30, Name40, Name60, Name200 = (_name(length) for length in (12, 30, 40, 60, 200))
Words = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(words)]
ShortWords = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(words)]
Language = Annotated[str, StringConstraints(max_length=12, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Amount = Annotated[str | None, BeforeValidator(amount), WithJsonSchema(AMOUNT_SCHEMA)]
MoneyAmount = Annotated[str | None, BeforeValidator(sum_of_money), WithJsonSchema(AMOUNT_SCHEMA)]
Currency = Annotated[str, AfterValidator(currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
Moment = Annotated[
    Any,
    BeforeValidator(lambda said, info: read_moment(said, _window(info))),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Beginning = Annotated[
    Any, BeforeValidator(lambda said, info: read_period(said, _window(info)).earliest), WithJsonSchema(TIME_SCHEMA)
]
End = Annotated[Any, BeforeValidator(lambda said, info: read_end(said, _window(info))), WithJsonSchema(TIME_SCHEMA)]
Period = Annotated[
    Any, BeforeValidator(lambda said, info: read_period(said, _window(info))), WithJsonSchema(TIME_SCHEMA)
]
