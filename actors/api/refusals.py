"""What an edge answers when it cannot do what was asked. The project turns each into an RFC 9457 problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rest_framework.exceptions import APIException

# How a caller may say who they are (RFC 6750, section 3).
CHALLENGE = 'Bearer realm="aidtracker"'


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong: where (a JSON pointer, a query parameter or a header) and what."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None

    def as_json(self) -> dict[str, str]:
        """The fault as an entry of a problem's ``errors``."""
        said = {"code": self.code, "pointer": self.pointer, "parameter": self.parameter, "header": self.header}
        return {name: value for name, value in {**said, "detail": self.detail}.items() if value is not None}


class Refusal(APIException):
    """``code`` is stable, ``detail`` a sentence for the partner's engineer, ``faults`` every single one."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 400,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.sentence = detail
        self.faults = tuple(faults)
        self.headers = dict(headers or {})


def insufficient_scope(scope: str) -> Refusal:
    """The credential is good and may not do this; the scope is named, never the object."""
    offer = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
    headers = {"WWW-Authenticate": offer}
    return Refusal("insufficient_scope", f"This needs the scope {scope}.", status=403, headers=headers)


def not_found() -> Refusal:
    """One answer for what is hidden, what never was and what is not known yet."""
    return Refusal("not_found", "There is nothing here that you may see.", status=404)
