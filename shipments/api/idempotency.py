"""One request, one effect, however often it is sent: the IETF draft draft-ietf-httpapi-idempotency-key-header-07.

    key new       ─> row "in flight" (committed) ─> work and answer stored in one transaction ─> answer
    key known     ─> other body: 422 │ in flight: 409 │ answered: the same bytes again

Keys belong to one partner key, so that another's is simply new. What the natural key of a report
holds for ever, this holds for a day: the very answer.
"""

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from actors.api.authentication import partner_key_of
from actors.api.refusals import Fault, Refusal
from actors.models import PartnerKey
from actors.services.sealing import InvalidToken, seal, unseal
from shipments.models import IdempotentRequest
from shipments.services.answers import KEPT_FOR

HEADER = "Idempotency-Key"
# A structured string ("…") or its bare content, in visible ASCII.
KEY = re.compile(r'"([\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255})', re.ASCII)
# Longer than any request may take (gunicorn ends it after 60 s): whoever held it is gone.
ABANDONED_AFTER = timedelta(seconds=90)
FORM = {"type": "string", "pattern": '^([!#-~]{1,255}|"[!#-~]{1,255}")$', "minLength": 1, "maxLength": 257}
Answer = tuple[int, dict[str, str], bytes]


def key_parameter(*, is_required: bool = False, meaning: str = "") -> OpenApiParameter:
    """The header as the OpenAPI document describes it."""
    described = f"1 to 255 visible ASCII characters, for example a UUID.{meaning}"
    return OpenApiParameter(HEADER, FORM, OpenApiParameter.HEADER, required=is_required, description=described)


def once(
    request: Request, work: Callable[[], Answer], *, is_required: bool = False, is_secret: bool = False
) -> HttpResponse:
    """The answer of ``work``, done once for each Idempotency-Key; without the header, done now.

    ``is_required`` where nothing in the request itself would tell a repetition from a second one.
    An answer that ``is_secret`` is kept sealed: the database alone does not give it away.
    """
    header = request.headers.get(HEADER)
    if header is None and is_required:
        fault = Fault(code="idempotency_key_required", header=HEADER, detail="Needed here, for example a UUID.")
        raise Refusal("idempotency_key_required", f"Send an {HEADER}.", faults=[fault])
    if header is None:
        with transaction.atomic():
            return respond(work())
    matched = KEY.fullmatch(header)
    if matched is None:
        detail = "1 to 255 visible ASCII characters, for example a UUID."
        fault = Fault(code="invalid_idempotency_key", header=HEADER, detail=detail)
        raise Refusal("invalid_idempotency_key", f"{HEADER} is not right.", faults=[fault])
    key = partner_key_of(request)
    row = _begin(key, matched[1] or matched[2], _fingerprint(request))
    if row.status is not None:
        return respond((row.status, row.headers, _kept(row, is_secret=is_secret)), replayed=True)
    try:
        with transaction.atomic():
            answer = work()
            status, headers, content = answer
            stored = IdempotentRequest.objects.filter(pk=row.pk, status=None)
            if not stored.update(status=status, headers=headers, body=seal(content) if is_secret else content):
                # Taken for dead, and done again by a later try: what was done here is rolled back.
                raise _in_flight()
    except BaseException:
        # Nothing was stored, so the next try is a first one.
        IdempotentRequest.objects.filter(pk=row.pk, status=None).delete()
        raise
    return respond(answer)


def _kept(row: IdempotentRequest, *, is_secret: bool) -> bytes:
    if not is_secret:
        return bytes(row.body)
    try:
        return unseal(row.body)
    except InvalidToken:
        # The operator has dropped the key that it was sealed with.
        detail = "This was done, and its answer cannot be read any more. A new secret is had by rotating it."
        location = {"Location": row.headers["Location"]} if "Location" in row.headers else {}
        raise Refusal("answer_not_readable", detail, status=409, headers=location) from None


def _fingerprint(request: Request) -> bytes:
    """SHA-256 of method, path and what the body says, whatever its spacing."""
    said = json.dumps(
        [request.method, request.path, request.headers.get("If-Match"), request.data], sort_keys=True, default=str
    )
    return hashlib.sha256(said.encode()).digest()


def _begin(key: PartnerKey, name: str, fingerprint: bytes) -> IdempotentRequest:
    """The row of this request: a new one (status None, ours to answer) or an answered one."""
    rows = IdempotentRequest.objects.filter(partner_key=key, key=name)
    rows.filter(created_at__lt=Now() - KEPT_FOR).delete()
    rows.filter(status=None, created_at__lt=Now() - ABANDONED_AFTER).delete()
    ours = IdempotentRequest(partner_key=key, key=name, fingerprint=fingerprint)
    with suppress(IntegrityError), transaction.atomic():
        # Waits here for whoever is inserting the same, and then finds it taken.
        ours.save(force_insert=True)
        return ours
    row = rows.first()
    if row is None or (row.status is None and bytes(row.fingerprint) == fingerprint):
        raise _in_flight()
    if bytes(row.fingerprint) != fingerprint:
        detail = f"This {HEADER} was used for another request. A new request needs a new key."
        raise Refusal("idempotency_mismatch", detail, status=422)
    return row


def _in_flight() -> Refusal:
    detail = "The same request is being answered right now. Try again in a moment."
    return Refusal("in_flight", detail, status=409, headers={"Retry-After": "1"})


def respond(answer: Answer, *, replayed: bool = False) -> HttpResponse:
    """The response that an answer is."""
    status, headers, content = answer
    response = HttpResponse(content, status=status, headers=headers)
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response
