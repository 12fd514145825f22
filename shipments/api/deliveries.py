"""/subscriptions/…/deliveries/: what was sent to an address and what came of it."""

from collections import defaultdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.api.pages import Order
from actors.api.parameters import PageParameters
from actors.api.reading import page_of
from actors.api.refusals import not_found
from shipments.api.idempotency import once
from shipments.api.webhooks import SentSerializer, WebhookView, action, answer, attempt
from shipments.intake.subscription import NothingIn, parse_action
from shipments.models import Delivery, DeliveryAttempt, EventType
from shipments.services.webhooks.subscribing import replay

STATES = [each for each in Delivery.State.choices if each[0] != Delivery.State.WITHHELD]
ORDER = Order(columns=("pk",), descending=True)


class AttemptSerializer(serializers.Serializer):
    """One request."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    duration_ms = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True, help_text="Of your answer; null where there was none.")
    error = serializers.CharField(
        help_text=(
            "Why there was no answer: timed_out, connection_failed, name_not_resolved, tls_failed, bad_response, "
            "address_not_allowed, secret_not_readable. Else empty."
        )
    )
    response = serializers.CharField(help_text="The beginning of your answer's body.")


class DeliverySerializer(serializers.Serializer):
    """A message."""

    webhook_id = serializers.CharField(help_text="The same however often it is sent.")
    type = serializers.ChoiceField(choices=EventType.choices)
    subject = serializers.CharField(allow_null=True, help_text="Reference of the subject.")
    state = serializers.ChoiceField(choices=STATES)
    created_at = serializers.DateTimeField()
    next_attempt_at = serializers.DateTimeField(allow_null=True, help_text="Null once it has come to an end.")
    finished_at = serializers.DateTimeField(allow_null=True)
    attempts = AttemptSerializer(many=True, help_text="The last twenty, the earliest first.")


class DeliveryParameters(PageParameters):
    """Filters of deliveries."""

    state = serializers.ChoiceField(choices=STATES, required=False)
    type = serializers.ChoiceField(choices=EventType.choices, required=False)
    subject = serializers.CharField(required=False, help_text="Reference of the subject.")


MOST_ATTEMPTS = 20


class DeliveryView(WebhookView):
    """A view of the messages of one subscription."""

    def deliveries(self, reference: str) -> Any:
        """Those on what the caller may still see; what was withheld never was."""
        rows = Delivery.objects.visible_to(self.reader).exclude(state=Delivery.State.WITHHELD)
        return rows.filter(subscription=self.subscription(reference))


class DeliveryList(DeliveryView):
    """What was sent to one address."""

    parameters = DeliveryParameters
    shape = DeliverySerializer

    @extend_schema(
        operation_id="listDeliveries",
        summary="What was sent to an address, the newest first, with each attempt.",
        description="An attempt has the `status` and the beginning of your answer, or the `error` why there was none.",
        parameters=[DeliveryParameters],
        responses=page_of(DeliverySerializer),
        tags=["webhooks"],
    )
    def get(self, request: Request, reference: str) -> Response:
        asked = self.read_parameters()
        names = {"state": "state", "type": "type", "subject": "subject__reference"}
        rows = self.deliveries(reference).filter(**{name: asked[key] for key, name in names.items() if key in asked})
        return self.page(rows.select_related("subject"), ORDER, asked, _shown)


class DeliveryReplay(DeliveryView):
    """Sent again."""

    @action(
        "replayDelivery",
        "Send a message again that has come to an end.",
        "NothingIn",
        {202: SentSerializer},
        "Under the same `webhook-id`, if this subscription may still know what it tells.",
    )
    def post(self, request: Request, reference: str, webhook_id: str) -> Any:
        delivery = self.deliveries(reference).filter(webhook_id=webhook_id).select_related("subscription").first()
        if delivery is None:
            raise not_found()
        attempt(lambda: parse_action(request.data, NothingIn))

        def work() -> Any:
            attempt(lambda: replay([delivery], by=self.by))
            return answer(202, {"webhook_id": delivery.webhook_id})

        return once(request, work)


def _shown(rows: list[Delivery]) -> Any:
    log: dict[Any, list[DeliveryAttempt]] = defaultdict(list)
    for each in DeliveryAttempt.objects.filter(delivery__in=rows).order_by("delivery", "number"):
        log[each.delivery_id].append(each)
    shown = [
        {
            "webhook_id": row.webhook_id,
            "type": row.type,
            "subject": row.subject.reference if row.subject else None,
            "state": row.state,
            "created_at": row.created_at,
            "next_attempt_at": None if row.finished_at else row.next_attempt_at,
            "finished_at": row.finished_at,
            "attempts": log[row.pk][-MOST_ATTEMPTS:],
        }
        for row in rows
    ]
    return DeliverySerializer(shown, many=True).data
