"""POST /reports/: one report from a partner's system.

    JSON ─ form ─ 400 │ recorded? ─ refused 422/403 │ accepted 201 │ duplicate 200 │ held 202

Accepted means stored. What is believed of the subject is worked out a moment later, from all reports.
"""

import json
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request

from actors.api.authentication import partner_key_of
from actors.api.refusals import Fault, Refusal
from actors.models import PartnerKey
from shipments.api.idempotency import HEADER, Answer, key_parameter, once, respond
from shipments.intake.draft import Invalid, Problem, ReportDraft
from shipments.intake.report import parse_report
from shipments.services.codes import why_unknown
from shipments.services.recording import Outcome, Sender, record
from shipments.services.together import on_the_way, record_together

STATUS = {"accepted": 201, "duplicate": 200, "held": 202}
MEANING = {
    "accepted": "Stored. What is believed of the subject is worked out next, from everything that was said.",
    "duplicate": "We have this report already; nothing was stored again.",
    "held": "Stored, and moving nothing yet: an analyst has to say which {what} is meant.",
}
# What is told besides, where a word leads nowhere and holds nothing up.
BESIDES = {
    "place": " Its place is not one of /places/, and so is not taken for one.",
    "target": " No report that you may see has the target's event_id; it takes effect once one comes.",
}
# Well-formed, and still nothing that could be recorded.
UNPROCESSABLE = frozenset(
    {
        "ends_before_it_begins",
        "incomplete",
        "says_nothing",
        "time_zone",
        "too_fine",
        "contradiction",
        "target_not_allowed",
        "content_not_allowed",
        "future_time",
        "same_on_both_sides",
        "repeated_key",
        "marking_not_allowed",
        "contains_itself",
        "key_taken",
        "not_found",
        "wrong_unit",
    }
)


def unknown_field() -> serializers.ListField:
    """Which words of a report lead nowhere yet."""
    return serializers.ListField(
        child=serializers.ChoiceField(choices=["subject", "leg", "line", "code", "place", "target"]),
        help_text="Which of its words lead nowhere yet. For a subject, leg, line or code it is held.",
    )


class OutcomeSerializer(serializers.Serializer):
    """What became of a report."""

    result = serializers.ChoiceField(choices=list(STATUS))
    reference = serializers.CharField(help_text="The report's reference, for good.")
    meaning = serializers.CharField(help_text="What the result means, in a sentence or two.")
    unknown = unknown_field()


def on_its_way(request: HttpRequest) -> AbstractContextManager[None]:
    """Around all that is done for a request: a report that is posted is waited for by others of the same sender."""
    if request.method != "POST" or HEADER in request.headers:
        return nullcontext()
    return on_the_way(request.META.get("HTTP_AUTHORIZATION", ""))


def receive(request: Request) -> Any:
    """The answer to a posted report. Raises Refusal with every fault; then nothing was stored."""
    key = partner_key_of(request)
    draft = read_report(request.data, key)
    if HEADER in request.headers:
        # Its answer is stored by the transaction that stores the report, which is therefore its own.
        return once(request, lambda: _answer(draft, *record([draft], sender=Sender(key=key))))
    return respond(_answer(draft, record_together(draft, key=key)))


def read_report(data: object, key: PartnerKey) -> ReportDraft:
    """The draft that ``data`` states, in the partner's own name unless it says another."""
    try:
        return parse_report(data, source=key.source.code if key.source else "", now=timezone.now())
    except Invalid as invalid:
        raise refusal_for(invalid.problems) from None


def refusal_for(problems: list[Problem], *, code: str = "invalid_report") -> Refusal:
    """The refusal of what was sent: 422 where all of it is well-formed, else 400."""
    codes = {problem.code for problem in problems}
    status = 403 if "insufficient_scope" in codes else 422 if codes <= UNPROCESSABLE else 400
    return refusal_of(problems, status=status, code=code)


def refusal_of(problems: list[Problem], *, status: int, code: str = "invalid_report") -> Refusal:
    """The refusal of a whole request for ``problems``; ``code`` where they have more than one."""
    faults = [Fault(code=each.code, pointer=each.pointer, detail=each.detail) for each in problems]
    code = faults[0].code if len({fault.code for fault in faults}) == 1 else code
    detail = faults[0].detail if len(faults) == 1 else f"{len(faults)} faults; nothing was stored."
    return Refusal(code, detail, status=status, faults=faults)


def _answer(draft: ReportDraft, outcome: Outcome) -> Answer:
    if outcome.result == "refused":
        is_scope = any(problem.code == "insufficient_scope" for problem in outcome.problems)
        raise refusal_of(list(outcome.problems), status=403 if is_scope else 422)
    headers = {"Content-Type": "application/json", "Location": f"/api/v1/reports/{outcome.reference}/"}
    said = outcome_json(outcome)
    if "code" in outcome.unknown:
        said["meaning"] += f" {why_unknown(draft.code_scheme, draft.code)}"
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return STATUS[outcome.result], headers, body.encode()


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """What became of a stored report, as partners read it."""
    holding = [name for name in outcome.unknown if name not in BESIDES]
    meaning = MEANING[outcome.result].format(what=" and which ".join(holding))
    meaning += "".join(sentence for name, sentence in BESIDES.items() if name in outcome.unknown)
    unknown = list(outcome.unknown)
    return {"result": outcome.result, "reference": outcome.reference, "meaning": meaning, "unknown": unknown}


POST_DOCS: dict[str, Any] = {
    "operation_id": "sendReport",
    "summary": "Send one report.",
    "description": (
        "Needs the scope `reports:write`; to pass on what another source said, `reports:relay`. The same report "
        "sent again is a duplicate, for ever; the same Idempotency-Key gets the same answer for 24 hours. A "
        "correction or retraction is a report that points at the earlier one: nothing is ever changed or deleted."
    ),
    "request": {"application/json": {"$ref": "#/components/schemas/ReportIn"}},
    "parameters": [key_parameter()],
    "responses": {
        201: OpenApiResponse(OutcomeSerializer, description="Stored, and not yet believed."),
        200: OpenApiResponse(OutcomeSerializer, description="A duplicate."),
        202: OpenApiResponse(OutcomeSerializer, description="Held for an analyst."),
    },
    "tags": ["reports"],
}
