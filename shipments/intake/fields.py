"""The field types of what partners send: names, words, amounts, currencies. Nothing is coerced or guessed."""

import re
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

import pycountry
from pydantic import AfterValidator, BeforeValidator, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from actors.wording import shown
from shipments.intake import times
from shipments.intake.letters import NAME, WORDS, name, words
from shipments.intake.times import Window, read_end, read_moment, read_period

# ISO 4217 as of 2024-06: how many decimals, where it is not two.
DECIMALS = (
    dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0)
    | dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0)
    | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
    | dict.fromkeys(("CLF", "UYW"), 4)
)
# Codes of ISO 4217 that are no money anybody can give: metals, bond units, tests, "no currency".
NOT_MONEY = frozenset(["XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XPD", "XPT", "XTS", "XXX"])

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
WEB_ADDRESS = re.compile(
    r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[1-9][0-9]{0,4})?"
    r"(?:[/?#][!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]*)?"
)
AMOUNT = re.compile(r"(0|[1-9]\d*)(?:\.(\d+))?", re.ASCII)
WHOLE_DIGITS, DECIMAL_DIGITS = 18, 6


def sum_of_money(said: object, *, whole_digits: int = WHOLE_DIGITS) -> str | None:
    """An amount of money as it was sent. Raises for a JSON number: some reader on the way will have rounded it."""
    if isinstance(said, int | float | Decimal) and not isinstance(said, bool):
        raise PydanticCustomError("money_must_be_string", 'Money is a string, for example "9.50".')
    return amount(said, whole_digits=whole_digits)


def amount(said: object, *, whole_digits: int = WHOLE_DIGITS) -> str | None:
    """A decimal string as it was sent, or of a JSON integer. Raises for anything a digit could be lost from."""
    if said is None:
        return None
    said = whole(said)
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
    if len(matched[1]) > whole_digits or len(matched[2] or "") > DECIMAL_DIGITS:
        raise PydanticCustomError(
            "number_too_long",
            "At most {whole} digits before the point and {decimals} after it.",
            {"whole": whole_digits, "decimals": DECIMAL_DIGITS},
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


def country(code: str) -> str:
    """An ISO 3166-1 alpha-2 code in capital letters."""
    if pycountry.countries.get(alpha_2=code) is None or code != code.upper():
        raise PydanticCustomError("country", "Not a country of ISO 3166-1: {said}.", {"said": shown(code)})
    return code


def calendar_day(said: object, window: Window) -> date:
    """A day, and nothing finer or coarser."""
    if not isinstance(said, str) or not DAY.fullmatch(said):
        raise PydanticCustomError("invalid_date", "Not a day: {said}. Write it as 2022-05-16.", {"said": shown(said)})
    return read_period(said, window).earliest.date()


def coordinate(said: object, *, end: int) -> Decimal:
    """Degrees as a JSON number with at most five decimals, from -end to end."""
    if isinstance(said, bool) or not isinstance(said, int | float | Decimal):
        raise PydanticCustomError("number_required", "Degrees are a number, for example 39.0337.")
    degrees = Decimal(repr(said)) if isinstance(said, float) else Decimal(said)
    if not -end <= degrees <= end:
        raise PydanticCustomError(
            "out_of_range", "Input should be from {low} to {high} degrees", {"low": -end, "high": end}
        )
    if degrees != round(degrees, 5):
        raise PydanticCustomError("too_precise", "Degrees have at most five decimals, which is one metre.")
    return degrees


def web_address(said: str) -> str:
    """An http or https address with a host, without a login, in ASCII as it goes over the wire."""
    if not said.startswith(("https://", "http://")):
        raise PydanticCustomError("url_scheme", "An address starts with https:// or http://.")
    if not WEB_ADDRESS.fullmatch(said):
        raise PydanticCustomError("invalid_url", "Not an address of the web: a host, no login, no spaces, ASCII.")
    return said


def time_zone(said: str) -> str:
    """A name of the IANA time zone database."""
    if said not in available_timezones():
        raise PydanticCustomError("time_zone", "No such time zone: {said}.", {"said": shown(said)})
    return said


def whole(said: object) -> object:
    """A JSON number without a fraction as a whole one: to JSON, 1.0 and 1 are the same. Anything else as it is."""
    # Beyond, some reader on the way may have rounded a fraction off.
    if isinstance(said, Decimal | float) and -(2**53) < said < 2**53 and said == int(said):
        return int(said)
    return said


def _window(info: ValidationInfo) -> Window:
    return info.context["window"] if info.context else Window()


def _decimal(whole_digits: int) -> dict[str, Any]:
    return {
        "type": "string",
        "pattern": rf"^(0|[1-9][0-9]{{0,{whole_digits - 1}}})(\.[0-9]{{1,{DECIMAL_DIGITS}}})?$",
        "description": "A decimal as a string, so that no digit is lost.",
        "examples": ["150", "9.5"],
    }


NOTHING = {"type": "null"}
A_WHOLE_AMOUNT = {"type": "integer", "minimum": 0, "maximum": 10**WHOLE_DIGITS - 1}


# Lists and patterns that stand in the OpenAPI document once, each under its name.
NAMED: dict[str, dict[str, Any]] = {
    **times.NAMED,
    "Name": {
        "type": "string",
        "minLength": 1,
        "pattern": NAME,
        "description": "Something to be seen, no control or hidden character, no space before or after.",
    },
    "Words": {"type": "string", "minLength": 1, "pattern": WORDS, "description": "Not blank, and no NUL."},
    "Currency": {"type": "string", "enum": sorted(_currencies()), "description": "ISO 4217, in use, money."},
    "Country": {
        "type": "string",
        "enum": sorted(each.alpha_2 for each in pycountry.countries),
        "description": "ISO 3166-1 alpha-2.",
    },
}


def _named(name: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"x-name": name, **more})


def _name(length: int) -> Any:
    rules = StringConstraints(min_length=1, max_length=length)
    return Annotated[str, rules, AfterValidator(name), _named("Name", maxLength=length)]


def _words(length: int) -> Any:
    rules = StringConstraints(min_length=1, max_length=length)
    return Annotated[str, rules, AfterValidator(words), _named("Words", maxLength=length)]


Name12, Name30, Name40, Name60, Name200, Name300 = (_name(length) for length in (12, 30, 40, 60, 200, 300))
Name10, Name20 = (_name(length) for length in (10, 20))
# The name of a leg or line within its shipment; reports use it.
Slug = Annotated[str, StringConstraints(max_length=40, pattern=r"^[-a-zA-Z0-9_]+$")]
Words, ShortWords = _words(20_000), _words(500)
Language = Annotated[str, StringConstraints(max_length=12, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Amount = Annotated[
    str | None,
    BeforeValidator(amount),
    WithJsonSchema({"anyOf": [_decimal(WHOLE_DIGITS), A_WHOLE_AMOUNT, NOTHING]}),
]
MoneyAmount = Annotated[
    str | None, BeforeValidator(sum_of_money), WithJsonSchema({"anyOf": [_decimal(WHOLE_DIGITS), NOTHING]})
]
# The column of money holds sixteen digits before the point.
LedgerAmount = Annotated[
    str | None,
    BeforeValidator(lambda said: sum_of_money(said, whole_digits=16)),
    WithJsonSchema({"anyOf": [_decimal(16), NOTHING]}),
]
Currency = Annotated[str, AfterValidator(currency), _named("Currency")]
Moment = Annotated[
    Any,
    BeforeValidator(lambda said, info: read_moment(said, _window(info))),
    _named("Moment"),
]
Beginning = Annotated[
    Any, BeforeValidator(lambda said, info: read_period(said, _window(info)).earliest), _named("Time")
]
End = Annotated[Any, BeforeValidator(lambda said, info: read_end(said, _window(info))), _named("Time")]
Period = Annotated[Any, BeforeValidator(lambda said, info: read_period(said, _window(info))), _named("Time")]
Day = Annotated[
    Any,
    BeforeValidator(lambda said, info: calendar_day(said, _window(info))),
    _named("Day"),
]
Country = Annotated[str, AfterValidator(country), _named("Country")]
Script = Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]{3}$")]
WebAddress = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(web_address),
    WithJsonSchema({"type": "string", "format": "uri", "maxLength": 500, "pattern": f"^{WEB_ADDRESS.pattern}$"}),
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
TimeZone = Annotated[
    str, StringConstraints(max_length=40, pattern="^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"), AfterValidator(time_zone)
]
Latitude = Annotated[
    Any,
    BeforeValidator(lambda said: coordinate(said, end=90)),
    WithJsonSchema({"type": "number", "minimum": -90, "maximum": 90}),
]
Longitude = Annotated[
    Any,
    BeforeValidator(lambda said: coordinate(said, end=180)),
    WithJsonSchema({"type": "number", "minimum": -180, "maximum": 180}),
]
