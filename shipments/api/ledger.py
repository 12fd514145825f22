"""POST and PATCH of what partners enter: appeals, offers, shipments with legs and lines, actors, places.

    POST   new ─> 201 │ the same again ─> 200 │ the same name, other content ─> 409 with the fields that differ
    PATCH  If-Match stale ─> 412 with the version │ not (or no longer) the sender's ─> 403, 409 │ changed ─> 200

Two systems never make two rows of one thing by sending it twice, and no system takes over another's.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework.request import Request

from actors.api.authentication import partner_key_of
from actors.api.permissions import MayEnter
from actors.api.reading import ReadView
from actors.api.refusals import Fault, Refusal, not_found
from actors.models import PartnerKey
from shipments.api.idempotency import Answer, once
from shipments.api.ledger_docs import PLURALS, describe
from shipments.api.reporting import refusal_for
from shipments.intake.draft import Invalid
from shipments.intake.forms import read_form
from shipments.intake.ledger import FORMS
from shipments.services.entering import Entered, enter, version_of
from shipments.services.errors import NotRevisable
from shipments.services.revising import add_part, revise, revise_part

STATUS = {"created": 201, "exists": 200, "revised": 200, "unchanged": 200}
REFUSED = {"not_yours": 403, "confirmed": 409, "merged": 409, "changed_meanwhile": 412}
# What POST and PATCH answer with ("3"), what a detail has ("3-" and a hash), and the detail of what is not one's own.
ENTITY_TAG = re.compile(r'(?:W/)?"(?:(\d{1,9})(?:-[0-9a-f]{32})?|[0-9a-f]{32})"', re.ASCII)
Work = Callable[[PartnerKey, datetime], Entered | None]


def answer(request: Request, work: Work, *, part: str = "", is_patch: bool = False) -> Any:
    """The answer to one write: ``work`` done once for each Idempotency-Key."""
    key = partner_key_of(request)
    if key.source is None:
        raise Refusal("no_source", "This key has no source of its own to enter things under.", status=403)

    def done() -> Answer:
        try:
            entered = work(key, timezone.now())
        except Invalid as invalid:
            raise refusal_for(invalid.problems, code="invalid_entry") from None
        except NotRevisable as refused:
            headers = {"ETag": f'"{refused.version}"'} if refused.version else {}
            raise Refusal(refused.code, refused.detail, status=REFUSED[refused.code], headers=headers) from None
        if entered is None:
            raise not_found()
        return _answer(entered, part)

    return once(request, done, is_required=is_patch)


def _answer(entered: Entered, part: str) -> Answer:
    location = f"/api/v1/{PLURALS[entered.kind]}/{entered.reference}/"
    if entered.result == "differs":
        what = f"The {part} of that key" if part else f"{entered.external_id!r}"
        faults = [
            Fault(code="differs", pointer=f"/{name}", detail="Not what you said before.")
            for name in entered.differences
        ]
        detail = f"{what} is there with other content. Nothing was changed; to change it, PATCH {location}."
        raise Refusal("already_entered", detail, status=409, faults=faults, headers={"Location": location})
    said = {name: each for name, each in asdict(entered).items() if name not in ("kind", "differences")}
    headers = {"Content-Type": "application/json", "Location": location}
    if entered.version:
        headers["ETag"] = f'"{entered.version}"'
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return STATUS[entered.result], headers, body


def expected_version(request: Request) -> int | None:
    """The version that If-Match names; None without the header, and for ``*``; 0, which none has, for another ETag.

    What was believed meanwhile does not count: it is not what PATCH changes.
    """
    matched = matched_tag(request)
    return int(matched[1] or 0) if matched else None


def matched_tag(request: Request) -> re.Match[str] | None:
    """The ETag that If-Match names; None without the header, and for ``*``."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    matched = ENTITY_TAG.fullmatch(header.strip())
    if matched is None:
        detail = 'The ETag as you were given it, or a version in quotes, for example "3".'
        fault = Fault(code="invalid_if_match", header="If-Match", detail=detail)
        raise Refusal("invalid_if_match", "If-Match is not right.", faults=[fault])
    return matched


class _Entering(ReadView):
    """Lets a view that reads also take what partners enter."""

    def get_permissions(self) -> Any:
        return [MayEnter()] if self.request.method in ("POST", "PATCH") else super().get_permissions()


class _Revising(_Entering):
    """A detail whose ETag, told to whoever entered the thing, begins with the version that PATCH wants in If-Match."""

    entry_kind: str
    version: int | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "GET" and isinstance(request.auth, PartnerKey):
            # Before anything is read: a change that comes between makes the tag an old one, never a new one too soon.
            (reference,) = kwargs.values()
            self.version = version_of(self.entry_kind, reference, request.auth)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.version and response.status_code == 200:
            response.add_post_render_callback(self._tag)
        return response

    def _tag(self, response: Any) -> None:
        digest = hashlib.md5(response.content, usedforsecurity=False).hexdigest()
        response.headers["ETag"] = f'"{self.version}-{digest}"'


def entering(view: type[ReadView], kind: str) -> Any:
    """``view``, a list, that also takes a new entry of ``kind``; unchanged where none is entered by partners."""
    if kind not in FORMS:
        return view

    def post(self: Any, request: Request) -> Any:
        data = request.data
        return answer(request, lambda key, now: enter(kind, read_form(FORMS[kind], data, now=now), key=key, now=now))

    return type(view.__name__, (_Entering, view), {"post": describe("post", kind)(post), "__doc__": view.__doc__})


def revising(view: type[ReadView], kind: str) -> Any:
    """``view``, a detail, that also takes changes of what its sender entered."""
    if kind not in FORMS:
        return view

    def patch(self: Any, request: Request, **named: str) -> Any:
        (reference,) = named.values()
        data, version = request.data, expected_version(request)
        return answer(
            request,
            lambda key, now: revise(kind, reference, data, key=key, version=version, now=now),
            is_patch=True,
        )

    own = {"patch": describe("patch", kind)(patch), "entry_kind": kind, "__doc__": view.__doc__}
    return type(view.__name__, (_Revising, view), own)


def part_views(kind: str, part: str) -> tuple[Any, Any]:
    """The views of a part of an entry: one takes a new one, the other changes of one."""

    def post(self: Any, request: Request, reference: str) -> Any:
        data = request.data
        return answer(request, lambda key, now: add_part(kind, reference, part, data, key=key, now=now), part=part[:-1])

    def patch(self: Any, request: Request, reference: str, part_key: str) -> Any:
        data, version = request.data, expected_version(request)
        return answer(
            request,
            lambda key, now: revise_part(kind, reference, part, part_key, data, key=key, version=version, now=now),
            is_patch=True,
        )

    name, own = f"{kind.capitalize()}{part.capitalize()}", {"__doc__": f"The {part} of a {kind}."}
    adding = type(name, (_Entering,), {"post": describe("post", kind, part)(post), **own})
    changing = type(f"{name}Detail", (_Entering,), {"patch": describe("patch", kind, part)(patch), **own})
    return adding, changing
