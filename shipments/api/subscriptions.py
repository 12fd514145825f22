"""/subscriptions/: who wants to be told of what, by webhook. A secret is in the answer that made it alone."""

import hashlib
from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from actors.api.authentication import partner_key_of
from actors.api.pages import Order
from actors.api.parameters import PageParameters, ReadParameters
from actors.api.reading import page_of
from actors.api.refusals import Refusal
from actors.api.rendering import JSONRenderer
from shipments.api.idempotency import Answer, once
from shipments.api.ledger import matched_tag
from shipments.api.webhooks import (
    MadeSerializer,
    SecretSerializer,
    SentSerializer,
    SubscriptionSerializer,
    WebhookView,
    action,
    answer,
    attempt,
    must_read,
)
from shipments.intake.subscription import (
    DisablingIn,
    NothingIn,
    RotationIn,
    parse_action,
    parse_changes,
    parse_subscription,
)
from shipments.models import Subscription
from shipments.services.webhooks.subscribing import (
    amend,
    disable,
    enable,
    hold,
    ping,
    rotate_secret,
    subscribe,
    unsubscribe,
)

ORDER = Order(columns=("pk",), descending=True)


class SubscriptionList(WebhookView):
    """What a partner subscribed to."""

    parameters = PageParameters
    shape = SubscriptionSerializer

    @extend_schema(
        operation_id="listSubscriptions",
        summary="Your organisation's subscriptions, the newest first.",
        description="Those that see no more than this key does.",
        parameters=[PageParameters],
        responses=page_of(SubscriptionSerializer),
        tags=["webhooks"],
    )
    def get(self, request: Request) -> Response:
        asked = self.read_parameters()
        rows = Subscription.objects.managed_by(partner_key_of(request)).select_related("key")
        return self.page(rows, ORDER, asked, lambda found: SubscriptionSerializer(found, many=True).data)

    @action(
        "subscribe",
        "Have an address told by webhook.",
        "SubscriptionIn",
        {201: MadeSerializer},
        "Messages follow Standard Webhooks 1.0: verify `webhook-signature` with the `secret` of this answer, which no "
        "other answer shows. At least once, in no order: of two messages on one subject the later `timestamp` stands, "
        "and `webhook-id` tells a repeated one. A message is tried ten times in 76 hours, each for 15 seconds; 410, "
        "or 120 hours of nothing but failures, disables the subscription. What is sent is what this key may see then.",
        is_secret=True,
    )
    def post(self, request: Request) -> Any:
        key = partner_key_of(request)
        draft = attempt(lambda: parse_subscription(request.data))
        must_read(key)

        def make() -> Answer:
            subscription, secret = attempt(lambda: subscribe(draft, key=key))
            body = {**SubscriptionSerializer(subscription).data, "secret": secret}
            return answer(201, body, Location=f"/api/v1/subscriptions/{subscription.reference}/")

        return once(request, make, is_required=True, is_secret=True)


class SubscriptionDetail(WebhookView):
    """One subscription."""

    shape = SubscriptionSerializer

    @extend_schema(
        operation_id="readSubscription",
        summary="One subscription: what it is told, and whether it is.",
        description="`audience` is the key whose rights decide what is sent, `disabled` why nothing is.",
        parameters=[ReadParameters],
        responses=SubscriptionSerializer,
        tags=["webhooks"],
    )
    def get(self, request: Request, reference: str) -> Response:
        self.read_parameters()
        return Response(SubscriptionSerializer(self.subscription(reference)).data)

    @action(
        "changeSubscription",
        "Change what an address is told, or which address it is.",
        "SubscriptionChange",
        {200: SubscriptionSerializer},
        "Only the fields that are sent change. What waits goes to the new address, which has to be one as in POST; "
        "the secret stays. `state` stops and goes on as `disable/` and `enable/` do. Needs an Idempotency-Key. With "
        "If-Match an ETag that is no longer the present one is answered 412.",
        is_patch=True,
    )
    def patch(self, request: Request, reference: str) -> Any:
        subscription = self.subscription(reference)
        changes = attempt(lambda: parse_changes(request.data))
        must_read(partner_key_of(request))
        expected = matched_tag(request)

        def work() -> Answer:
            held = attempt(lambda: hold(subscription))
            if expected and expected[0].removeprefix("W/") != _tag(_shown(held)):
                detail = "It was changed meanwhile."
                raise Refusal("changed_meanwhile", detail, status=412, headers={"ETag": _tag(_shown(held))})
            attempt(lambda: amend(held, changes, by=self.by))
            content = _shown(self.subscription(reference))
            return 200, {"Content-Type": "application/json", "ETag": _tag(content)}, content

        return once(request, work, is_required=True)

    @extend_schema(
        operation_id="unsubscribe",
        summary="Remove a subscription, its deliveries and their log.",
        description="Nothing is sent any more, not even what was waiting. To stop for a while: `disable/`.",
        responses={204: None},
        tags=["webhooks"],
    )
    def delete(self, request: Request, reference: str) -> Response:
        attempt(lambda: unsubscribe(self.subscription(reference), by=self.by))
        return Response(status=204)


def _shown(subscription: Subscription) -> bytes:
    """What GET answers, byte for byte."""
    return JSONRenderer().render(SubscriptionSerializer(subscription).data)


def _tag(content: bytes) -> str:
    """The ETag that GET gives it."""
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


class SubscriptionDisabling(WebhookView):
    """Told no more, for now."""

    @action(
        "disableSubscription",
        "Stop telling an address; what was waiting is cancelled.",
        "DisablingIn",
        {200: SubscriptionSerializer},
        "The subscription is kept as it is, with your `note`, until you `enable/` it.",
    )
    def post(self, request: Request, reference: str) -> Any:
        subscription = self.subscription(reference)
        said = attempt(lambda: parse_action(request.data, DisablingIn))

        def work() -> Answer:
            disable(subscription, reason=Subscription.Reason.PARTNER, note=said.note or "", by=self.by)
            return answer(200, SubscriptionSerializer(self.subscription(reference)).data)

        return once(request, work)


class SubscriptionEnabling(WebhookView):
    """Told again."""

    @action(
        "enableSubscription",
        "Tell an address again, from now on, what this key may see.",
        "NothingIn",
        {200: SubscriptionSerializer},
        "What happened meanwhile is in `/changes/`. A key of the same organisation that enables a subscription "
        "takes it over: so it outlives the key that made it.",
    )
    def post(self, request: Request, reference: str) -> Any:
        subscription = self.subscription(reference)
        attempt(lambda: parse_action(request.data, NothingIn))
        must_read(partner_key_of(request))

        def work() -> Answer:
            attempt(lambda: enable(subscription, by=self.by))
            return answer(200, SubscriptionSerializer(self.subscription(reference)).data)

        return once(request, work)


class SecretRotation(WebhookView):
    """A new secret."""

    @action(
        "rotateSecret",
        "Replace the signing secret.",
        "RotationIn",
        {200: SecretSerializer},
        "Until `previous_until` messages carry two signatures. With `overlap_hours` 0 the secret before ends at once.",
        is_secret=True,
    )
    def post(self, request: Request, reference: str) -> Any:
        subscription = self.subscription(reference)
        said = attempt(lambda: parse_action(request.data, RotationIn))

        def work() -> Answer:
            overlap = timedelta(hours=said.overlap_hours)
            secret = attempt(lambda: rotate_secret(subscription, overlap=overlap, by=self.by))
            ending = subscription.secrets.exclude(expires_at=None).get()
            return answer(200, SecretSerializer({"secret": secret, "previous_until": ending.expires_at}).data)

        return once(request, work, is_required=True, is_secret=True)


class SubscriptionTest(WebhookView):
    """A trial."""

    @action(
        "testSubscription",
        "Send a `ping` to the address.",
        "NothingIn",
        {202: SentSerializer},
        "What became of it is in `deliveries/`.",
    )
    def post(self, request: Request, reference: str) -> Any:
        subscription = self.subscription(reference)
        attempt(lambda: parse_action(request.data, NothingIn))
        return once(request, lambda: answer(202, {"webhook_id": attempt(lambda: ping(subscription)).webhook_id}))
