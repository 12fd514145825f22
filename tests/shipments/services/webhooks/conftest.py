"""An endpoint, a partner who subscribes with it, and a shipment that sources speak of."""

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from standardwebhooks import Webhook

from actors.marking import Marking
from actors.models import PartnerKey
from shipments.intake.subscription import SubscriptionDraft
from shipments.models import Subscription
from shipments.services.relaying import relay_outbox
from shipments.services.webhooks.fanning_out import fan_out
from shipments.services.webhooks.subscribing import subscribe
from tests.people import make_partner
from tests.receiver import Received, Receiver, receiving
from tests.shipments.services.conftest import fold, say, shipment

__all__ = ["say", "shipment"]

SCOPES = ["read", "reports:write", "webhooks:manage"]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    with receiving() as one:
        yield one


def partner_key(*, clearance: Marking = Marking.GREEN, **given: Any) -> PartnerKey:
    key = make_partner(scopes=SCOPES, clearance=clearance, **given).key
    assert key is not None
    return key


@pytest.fixture
def subscribed(receiver: Receiver) -> Callable[..., Subscription]:
    """Make a subscription; its secret is then ``subscription.secret``."""

    def make(
        *types: str, key: PartnerKey | None = None, path: str = "/hook", clearance: Marking = Marking.GREEN, **more: Any
    ) -> Subscription:
        draft = SubscriptionDraft(url=receiver.url(path), event_types=types or ("picture.changed",), **more)
        subscription, secret = subscribe(draft, key=key or partner_key(clearance=clearance))
        subscription.secret = secret  # type: ignore[attr-defined]
        return subscription

    return make


def believe() -> None:
    """Work off what is due, and make messages of it."""
    fold()
    relay_outbox()
    while fan_out():
        pass


def verified(secret: str, request: Received) -> dict[str, Any]:
    """The message, checked by the official package."""
    return Webhook(secret).verify(request.body, request.headers)
