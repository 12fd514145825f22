"""How moments are written, as patterns that both the checks and the OpenAPI document use: RFC 3339, and no finer."""

DAY = "-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MINUTE, _SECOND = "T([01][0-9]|2[0-3]):[0-5][0-9]", r":[0-5][0-9](\.[0-9]{1,6})?"
# No place on earth is further from UTC than 14 hours, and PostgreSQL reads no more than 15.
_ZONE = "(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
CLOCK = f"{_MINUTE}{_SECOND}{_ZONE}"
# Seconds are often left out in an address that is typed.
SHORT_CLOCK = f"{_MINUTE}({_SECOND})?{_ZONE}"
