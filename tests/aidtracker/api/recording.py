"""Answers of the service noted down as the examples of the OpenAPI document (docs/examples.json).

{"operations": {operationId: {"request": {media type: {title: body}},
                              "responses": {status: {media type: {title: body}}}}},
 "problems": {status: {title: body}}}
"""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from aidtracker.api.errors import CONTENT_TYPE
from aidtracker.api.schema import operations_of
from tests.people import Caller

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples.json"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
# Of these, the first two tell what the others would.
LONG = ("results", "findings")
ALIKE = (
    (re.compile(r'(?<="request_id": ")[-0-9a-f]{36}'), "9f6c1c5e-3d0b-4a55-9a0e-6a1f0c7e5b21"),
    (re.compile(r"([?&](?:cursor|after)=)[^\"&]+"), r"\1WyJDSE4iXQ:rT4v0hXw"),
    (re.compile(r"(?<=aid_token_)[-\w]+"), "3v0KqXr8sT2mB5wZ"),
    (re.compile(r"(?<=whsec_)[+/=\w]+"), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    (re.compile(r"(?<=msg_)\w+"), "7K2M9QXD4F9Q2X7MKD83"),
    (re.compile(r'("audience": \{\s*"key": ")[-\w]+'), r"\1kT3xPq9a"),
    (re.compile(r'("prefix": ")[-\w]+'), r"\1kT3xPq9a"),
    (re.compile(r"(?<=Wait )\d+(?= s\.)"), "37"),
    # What is left of a limit, and for how long, goes with how fast the examples are asked for.
    (re.compile(r'("left": )\d+'), r"\g<1>5999"),
    (re.compile(r'("seconds": )\d+'), r"\g<1>60"),
    # Days without an answer until today: one more each day.
    (re.compile(r'("(?:median_)?days_least": )\d{4,}'), r"\g<1>1661"),
    (re.compile(r'("(?:median_)?days_most": )\d{4,}'), r"\g<1>1662"),
    # Now. Everything in the case is of 2022.
    (re.compile(r"20(2[6-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?=Z|\+00:00)"), "2022-06-03T09:00:00"),
)


class Recording:
    """What was asked and answered, by operation."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.routes = {
            # Of the addresses beside a name, "diff" is the only one that would pass for one.
            (method.upper(), re.sub(r"\{\w+\}", "(?!diff/)[^/]+", path)): operation["operationId"]
            for path, method, operation in operations_of(document)
        }
        self.operations: dict[str, Any] = {}
        self.problems: dict[str, dict[str, Any]] = {}

    def get(self, caller: Caller, path: str, title: str = "Answer", **headers: str) -> Any:
        """Ask, and note the answer."""
        return self._note(caller.get(path, **headers), title)

    def post(self, caller: Caller, path: str, title: str, body: Any, **headers: str) -> Any:
        """Send, and note what was sent and the answer."""
        return self.send("POST", caller, path, title, body, **headers)

    def send(
        self, method: str, caller: Caller, path: str, title: str, body: Any, *, content_type: str = JSON, **headers: str
    ) -> Any:
        """Send by another method, and note it."""
        answer = caller.send(method, path, body, content_type=content_type, **headers)
        sent = body.decode() if isinstance(body, bytes) else body
        if content_type == FORM:
            sent = dict(parse_qsl(sent))
        if sent not in ("", None):
            noted = self._operation(answer).setdefault("request", {}).setdefault(content_type, {})
            if sent not in noted.values():
                noted[title] = sent
        return self._note(answer, title)

    def problem(self, answer: Any, title: str) -> None:
        """Note a refusal that any operation may answer with."""
        assert answer.headers["Content-Type"] == CONTENT_TYPE, answer
        self.problems.setdefault(str(answer.status_code), {})[title] = _shown(answer.content)

    def as_json(self) -> str:
        """The examples, references and times in them made the same each time."""
        noted = {
            "operations": dict(sorted(self.operations.items())),
            "problems": dict(sorted(self.problems.items())),
        }
        text = json.dumps(noted, ensure_ascii=False, indent=1) + "\n"
        for pattern, stand_in in ALIKE:
            text = pattern.sub(stand_in, text)
        return text

    def _note(self, answer: Any, title: str) -> Any:
        if answer.status_code == 204:
            return None
        media_type = answer.headers["Content-Type"].partition(";")[0]
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        body = _shown(content) if media_type.endswith("json") and "nd" not in media_type else content.decode()
        of_status = self._operation(answer).setdefault("responses", {}).setdefault(str(answer.status_code), {})
        of_status.setdefault(media_type, {})[title] = body
        return body

    def _operation(self, answer: Any) -> dict[str, Any]:
        asked = answer.wsgi_request
        (name,) = [
            name
            for (method, route), name in self.routes.items()
            if method == asked.method and re.fullmatch(route, asked.path)
        ]
        return self.operations.setdefault(name, {})


def _shown(content: bytes) -> Any:
    body = json.loads(content)
    _shorten(body)
    return body


def _shorten(value: Any) -> None:
    if isinstance(value, dict):
        for name in LONG:
            if isinstance(value.get(name), list):
                del value[name][2:]
        for each in value.values():
            _shorten(each)
    elif isinstance(value, list):
        for each in value:
            _shorten(each)
