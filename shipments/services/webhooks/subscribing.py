"""What a partner, an operator or the service itself does to a subscription. Each change leaves an audit entry.

Each locks the subscription's row first, so that nothing is written of one that is being removed. Raises
SubscriptionGone where it is gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from actors.models import AuditEntry, PartnerKey, User
from shipments.intake.subscription import SubscriptionChanges, SubscriptionDraft
from shipments.models import Delivery, Subscription
from shipments.services.doorbell import ring_on_commit
from shipments.services.errors import NotActive, SubscriptionGone, TooMany
from shipments.services.webhooks.addresses import read_url
from shipments.services.webhooks.audience import Batch
from shipments.services.webhooks.clock import moment
from shipments.services.webhooks.correcting import TOLD, corrections
from shipments.services.webhooks.signing import new_secret
from shipments.services.webhooks.telling import ping_of

MOST = 50
SUBJECTS_AT_A_TIME = 1000


@dataclass(frozen=True, kw_only=True)
class By:
    """Who does it: a partner's key or a person; neither for the service itself."""

    key: PartnerKey | None = None
    user: User | None = None


SERVICE = By()


def subscribe(draft: SubscriptionDraft, *, key: PartnerKey) -> tuple[Subscription, str]:
    """A new subscription that sees what ``key`` sees, and its secret, which is shown this once.

    Raises AddressNotAllowed for a URL that leads to where webhooks are not sent, TooMany beyond fifty.
    """
    read_url(draft.url)
    with transaction.atomic():
        # The organisation's subscriptions are counted by one at a time.
        PartnerKey.objects.select_for_update(no_key=True).filter(actor_id=key.actor_id).order_by("pk").first()
        if Subscription.objects.filter(key__actor_id=key.actor_id).count() >= MOST:
            raise TooMany(f"An organisation has at most {MOST} subscriptions; delete one that is not needed.")
        subscription = Subscription.objects.create(
            key=key,
            url=draft.url,
            description=draft.description,
            event_types=list(draft.event_types),
            kinds=list(draft.kinds),
            subjects=list(draft.subjects),
            crises=list(draft.crises),
            donors=list(draft.donors),
            recipients=list(draft.recipients),
        )
        secret = new_secret(subscription)
        _note(subscription, "subscription.created", By(key=key))
    subscription.refresh_from_db()
    return subscription, secret


def unsubscribe(subscription: Subscription, *, by: By) -> None:
    """Remove a subscription with its deliveries and their log.

    Locked first, as the sender does: what it is writing about a delivery is there then to be removed as well.
    """
    with transaction.atomic():
        hold(subscription, is_ending=True)
        _note(subscription, "subscription.deleted", by)
        subscription.delete()


def amend(subscription: Subscription, changes: SubscriptionChanges, *, by: By) -> None:
    """Change what is told, where to, and whether. What waits goes to the new address.

    Raises AddressNotAllowed, as ``subscribe`` does, and as ``enable`` does where it is told again.
    """
    if "url" in changes.columns:
        read_url(changes.columns["url"])
    with transaction.atomic():
        held = hold(subscription)
        after = {name: each for name, each in changes.columns.items() if getattr(held, name) != each}
        if after:
            # Another address has not failed, nor asked for a pause.
            anew = {"failing_since": None, "paused_until": None} if "url" in after else {}
            Subscription.objects.filter(pk=held.pk).update(**after, **anew)
            _note(held, "subscription.changed", by, before={name: getattr(held, name) for name in after}, after=after)
            held = hold(subscription)
        if changes.is_active and held.disabled_at:
            enable(held, by=by)
        elif changes.is_active is False:
            disable(held, reason=Subscription.Reason.PARTNER, by=by)
        ring_on_commit()


def disable(
    subscription: Subscription,
    *,
    reason: Subscription.Reason,
    note: str = "",
    by: By = SERVICE,
    now: datetime | None = None,
) -> bool:
    """Stop telling; what was waiting is cancelled. Disabling again changes nothing: the first reason stays."""
    at = moment(now)
    with transaction.atomic():
        rows = Subscription.objects.filter(pk=subscription.pk, disabled_at=None)
        if not rows.update(disabled_at=at, disabled_reason=reason, disabled_note=note, paused_until=None):
            return False
        Delivery.objects.filter(subscription=subscription, state=Delivery.State.PENDING).update(
            state=Delivery.State.CANCELLED, finished_at=at, claim_token=None, leased_until=None
        )
        _note(subscription, "subscription.disabled", by, reason=note or Subscription.Reason(reason).label)
    return True


def enable(subscription: Subscription, *, by: By) -> None:
    """Tell again, from now on. A partner's key that enables it lends it its eyes from then on.

    What was told before and is not believed any more is taken back; the rest of what it missed is not told.
    Raises AddressNotAllowed where its URL leads to where webhooks are not sent by now.
    """
    read_url(subscription.url)
    with transaction.atomic():
        hold(subscription)
        changes = {"key": by.key} if by.key else {}
        Subscription.objects.filter(pk=subscription.pk).update(
            disabled_at=None, disabled_reason="", disabled_note="", failing_since=None, paused_until=None, **changes
        )
        _note(subscription, "subscription.enabled", by)
        _correct(Subscription.objects.select_related("key").get(pk=subscription.pk))


def _correct(subscription: Subscription) -> None:
    """Take back what turned while the subscription was disabled. The caller holds its row."""
    told = Delivery.objects.filter(TOLD, subscription=subscription).order_by()
    subjects = list(told.values_list("subject_id", flat=True).distinct())
    for first in range(0, len(subjects), SUBJECTS_AT_A_TIME):
        late = corrections([subscription], Batch(subjects[first : first + SUBJECTS_AT_A_TIME]), at=moment())
        for each in late:
            # One for the same turn may have been cancelled when it was disabled.
            each.event_uid = None
        Delivery.objects.bulk_create(late)
    ring_on_commit()


def rotate_secret(subscription: Subscription, *, overlap: timedelta, by: By, now: datetime | None = None) -> str:
    """A new secret, shown this once. The one before signs beside it for ``overlap``; any older one ends now."""
    with transaction.atomic():
        hold(subscription)
        subscription.secrets.exclude(expires_at=None).delete()
        subscription.secrets.update(expires_at=moment(now) + overlap)
        secret = new_secret(subscription)
        _note(subscription, "subscription.secret_rotated", by)
    return secret


def ping(subscription: Subscription) -> Delivery:
    """Send a trial. Raises NotActive."""
    with transaction.atomic():
        _must_be_active(hold(subscription))
        delivery = ping_of(subscription, at=moment())
        delivery.save()
        ring_on_commit()
    return delivery


def replay(deliveries: Iterable[Delivery], *, by: By) -> int:
    """Send again what came to an end, under the same webhook-id and from the beginning of the schedule.

    Returns how many; one that still waits is sent by itself. What was withheld stays so. Raises NotActive.
    """
    deliveries = list(deliveries)
    over = (Delivery.State.DELIVERED, Delivery.State.FAILED, Delivery.State.CANCELLED)
    with transaction.atomic():
        subscriptions = sorted({each.subscription for each in deliveries}, key=lambda each: each.pk)
        for subscription in subscriptions:
            _must_be_active(hold(subscription))
        rows = Delivery.objects.filter(pk__in=[each.pk for each in deliveries], state__in=over)
        count = rows.update(state=Delivery.State.PENDING, failures=0, finished_at=None, next_attempt_at=moment())
        for subscription in subscriptions:
            _note(subscription, "subscription.replayed", by, deliveries=count)
        ring_on_commit()
    return count


def hold(subscription: Subscription, *, is_ending: bool = False) -> Subscription:
    """Its row as it is now, ours until the caller's transaction ends. Raises SubscriptionGone where it was removed."""
    rows = Subscription.objects.select_for_update(no_key=not is_ending, of=("self",)).select_related("key")
    found = rows.filter(pk=subscription.pk).first()
    if found is None:
        raise SubscriptionGone("The subscription was removed.")
    return found


def _must_be_active(subscription: Subscription) -> None:
    if subscription.disabled_at is not None:
        raise NotActive("The subscription is disabled: enable it first.")


def _note(subscription: Subscription, action: str, by: By, *, reason: str = "", **changes: object) -> None:
    AuditEntry.objects.create(
        user=by.user,
        partner_key=by.key,
        action=action,
        object_type="Subscription",
        object_reference=subscription.reference,
        reason=reason,
        changes=changes,
    )
