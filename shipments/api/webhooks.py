"""What the addresses of webhooks share: their forms, whose subscriptions a key finds, and how refusals are worded."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from actors.api.authentication import partner_key_of
from actors.api.permissions import MayManageWebhooks
from actors.api.reading import ReadView
from actors.api.refusals import Fault, Refusal, insufficient_scope, not_found
from actors.api.serializers import MarkingField
from actors.models import PartnerKey
from shipments.api.idempotency import Answer, key_parameter
from shipments.api.ledger_docs import if_match
from shipments.intake.draft import Invalid
from shipments.models import OutboxEvent, Subject, Subscription
from shipments.services.errors import AddressNotAllowed, NotActive, ShipmentsError, SubscriptionGone
from shipments.services.webhooks.subscribing import By

Result = TypeVar("Result")


IF_MATCH = if_match("The `ETag` of the subscription, as GET without `fields` or PATCH gave it to you.")


class FiltersSerializer(serializers.Serializer):
    """What it is about; an empty list lets everything through."""

    kinds = serializers.ListField(child=serializers.ChoiceField(choices=Subject.Kind.choices))
    subjects = serializers.ListField(child=serializers.CharField())
    crises = serializers.ListField(child=serializers.CharField())
    donors = serializers.ListField(child=serializers.CharField())
    recipients = serializers.ListField(child=serializers.CharField())


class AudienceSerializer(serializers.Serializer):
    """Whose eyes it has: it is told what this key may see when a message is sent."""

    key = serializers.CharField(source="prefix", help_text="aid_live_<this>_…")
    clearance = MarkingField()


class DisabledSerializer(serializers.Serializer):
    """Why it is told nothing."""

    at = serializers.DateTimeField(source="disabled_at")
    reason = serializers.ChoiceField(choices=Subscription.Reason.choices, source="disabled_reason")
    note = serializers.CharField(source="disabled_note")


class SubscriptionSerializer(serializers.Serializer):
    """An address that is told."""

    reference = serializers.CharField()
    url = serializers.CharField()
    description = serializers.CharField()
    event_types = serializers.ListField(child=serializers.ChoiceField(choices=OutboxEvent.Type.choices))
    filters = FiltersSerializer(source="*")
    audience = AudienceSerializer(source="key")
    state = serializers.SerializerMethodField()
    disabled = serializers.SerializerMethodField()
    failing_since = serializers.DateTimeField(allow_null=True, help_text="The first failure since the last success.")
    created_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ChoiceField(choices=["active", "disabled"]))
    def get_state(self, subscription: Subscription) -> str:
        return "disabled" if subscription.disabled_at else "active"

    @extend_schema_field(DisabledSerializer(allow_null=True))
    def get_disabled(self, subscription: Subscription) -> Any:
        return DisabledSerializer(subscription).data if subscription.disabled_at else None


class MadeSerializer(SubscriptionSerializer):
    """A new subscription with its secret, which no later answer has."""

    secret = serializers.CharField(help_text="whsec_…; keep it, it is not shown again.")


class SecretSerializer(serializers.Serializer):
    """A new secret. The one before signs beside it until ``previous_until``."""

    secret = serializers.CharField(help_text="whsec_…; keep it, it is not shown again.")
    previous_until = serializers.DateTimeField()


class SentSerializer(serializers.Serializer):
    """A message that waits to be sent."""

    webhook_id = serializers.CharField()


class WebhookView(ReadView):
    """A view of a partner's own subscriptions."""

    permission_classes = [MayManageWebhooks]

    def subscription(self, reference: str) -> Subscription:
        """The subscription. Raises the same refusal for another partner's and for none."""
        rows = Subscription.objects.managed_by(partner_key_of(self.request)).select_related("key")
        found = rows.filter(reference=reference).first()
        if found is None:
            raise not_found()
        return found

    @property
    def by(self) -> By:
        """Who does it."""
        return By(key=partner_key_of(self.request))


def attempt(do: Callable[[], Result]) -> Result:
    """The result of ``do``; its refusals as the API words them."""
    try:
        return do()
    except Invalid as invalid:
        faults = [Fault(code=each.code, pointer=each.pointer, detail=each.detail) for each in invalid.problems]
        code = faults[0].code if len({fault.code for fault in faults}) == 1 else "invalid_subscription"
        detail = faults[0].detail if len(faults) == 1 else f"{len(faults)} faults; nothing was stored."
        raise Refusal(code, detail, faults=faults) from None
    except AddressNotAllowed as refusal:
        fault = Fault(code=refusal.code, pointer="/url", detail=refusal.detail)
        raise Refusal(refusal.code, refusal.detail, status=422, faults=[fault]) from None
    except SubscriptionGone:
        raise not_found() from None
    except NotActive as refusal:
        raise Refusal(refusal.code, refusal.detail, status=409) from None
    except ShipmentsError as refusal:
        raise Refusal(refusal.code, refusal.detail, status=422) from None


def answer(status: int, body: Any, **headers: str) -> Answer:
    """An answer to be kept."""
    return status, {"Content-Type": "application/json", **headers}, JSONRenderer().render(body)


def must_read(key: PartnerKey) -> None:
    """Raises where ``key`` may manage webhooks and read nothing: it would be told nothing."""
    if PartnerKey.Scope.READ not in key.scopes:
        raise insufficient_scope(PartnerKey.Scope.READ)


def action(
    operation: str,
    summary: str,
    form: str,
    responses: Any,
    description: str = "",
    *,
    is_secret: bool = False,
    is_patch: bool = False,
) -> Any:
    """The description of a write; a change, and what answers with a secret, wants an Idempotency-Key."""
    return extend_schema(
        operation_id=operation,
        summary=summary,
        description=description,
        request={"application/json": {"$ref": f"#/components/schemas/{form}"}},
        parameters=[key_parameter(is_required=is_secret or is_patch), *([IF_MATCH] if is_patch else [])],
        responses=responses,
        tags=["webhooks"],
    )
