"""What the OpenAPI document says of writing the ledger."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from shipments.api.idempotency import key_parameter

PLURALS = {"appeal": "appeals", "offer": "offers", "shipment": "shipments", "actor": "actors", "place": "places"}
RESULTS = ("created", "exists", "revised", "unchanged")
FORM_NAMES = {
    **{(kind, ""): f"{kind.capitalize()}In" for kind in PLURALS},
    ("shipment", "legs"): "LegIn",
    ("shipment", "lines"): "LineIn",
    ("offer", "lines"): "OfferLineIn",
}


def if_match(meaning: str) -> OpenApiParameter:
    """The header as the OpenAPI document describes it."""
    form = {"type": "string", "pattern": r'^(\*|(W/)?"([0-9]{1,9}(-[0-9a-f]{32})?|[0-9a-f]{32})")$'}
    described = f"{meaning} Without it, whatever is there is changed."
    return OpenApiParameter("If-Match", form, OpenApiParameter.HEADER, description=described)


IF_MATCH = if_match(
    'The `ETag` of what you changed, as GET, POST or PATCH gave it to you; or its version in quotes, for example `"3"`.'
)


class EnteredSerializer(serializers.Serializer):
    """What became of an entry."""

    result = serializers.ChoiceField(choices=RESULTS)
    reference = serializers.CharField(help_text="What we call it, for good; of a place its code.")
    external_id = serializers.CharField(help_text="What you call it.")
    version = serializers.IntegerField(
        allow_null=True,
        help_text="For If-Match: raised by every change, an analyst's too. Null where you may not read it any more.",
    )


def describe(method: str, kind: str, part: str = "") -> Callable[[Any], Any]:
    """The description of one operation, as a decorator."""
    what = f"a {part[:-1]} of {_an(kind)}" if part else _an(kind)
    is_post = method == "post"
    verb, name = ("enter" if is_post else "revise"), kind.capitalize() + part[:-1].capitalize()
    summary = f"Enter {what}." if is_post else f"Change {what} that you entered."
    form = FORM_NAMES[kind, part] if is_post else FORM_NAMES[kind, part].removesuffix("In") + "Change"
    described: Any = extend_schema(
        operation_id=f"{verb}{name}",
        summary=summary,
        description=_ENTERING if is_post else _REVISING,
        request={"application/json": {"$ref": f"#/components/schemas/{form}"}},
        parameters=[key_parameter()] if is_post else [key_parameter(is_required=True), IF_MATCH],
        responses={
            **({201: OpenApiResponse(EnteredSerializer, description="Entered.")} if is_post else {}),
            200: OpenApiResponse(EnteredSerializer, description="It was there." if is_post else "Changed."),
        },
        tags=[PLURALS[kind]],
    )
    return described


_ENTERING = (
    "Needs the scope `ledger:write`. It is provisional until an analyst confirms it or merges it into what is there. "
    "`external_id` (of a leg or line `key`) names it for good: the same again is answered 200 and changes nothing; "
    "the same name with other content is answered 409, with the fields that differ. Names in it are our references "
    "and codes, or `source:external_id` for what you entered before. What happened is never said here, but in a report."
)
_REVISING = (
    "Needs the scope `ledger:write`, an Idempotency-Key, and that your source entered it and no analyst has "
    "confirmed it. Only the fields that are sent change; null empties one. With If-Match the ETag or version that is "
    "no longer the present one is answered 412; what is believed of it may change meanwhile. "
    "A marking can be raised, not lowered."
)


def _an(kind: str) -> str:
    return f"an {kind}" if kind[0] in "ao" else f"a {kind}"
