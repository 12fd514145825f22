"""Partner keys: what proves one, what stops one, and what is kept of it."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from actors.factories import ActorFactory, SourceFactory, UserFactory
from actors.marking import Marking
from actors.models import AuditEntry, PartnerKey, RequestCount
from actors.services.keys import amend_key, find_and_count, find_key, issue_key, revoke_key, rotate_key
from actors.services.limits import Budget, spend
from actors.services.tokens import find_token, keep_token, lifetime_of

pytestmark = pytest.mark.django_db


def issue(**given):
    options = {"name": "Logistics", "actor": ActorFactory(), "scopes": ["read"], "clearance": Marking.GREEN}
    return issue_key(**{**options, **given})


def test_token_proves_its_key_and_only_its_hash_is_kept():
    key, token = issue()
    assert token.startswith(f"aid_live_{key.prefix}_")
    assert find_key(token) == key
    stored = PartnerKey.objects.get()
    secret = token.rpartition("_")[2]
    assert bytes(stored.secret_hash) == hashlib.sha256(secret.encode()).digest()
    assert len(secret) == 43
    for field in PartnerKey._meta.fields:
        assert secret not in str(getattr(stored, field.attname))


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: token + "x",
        lambda token: token[:-1],
        lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"),
        lambda token: token.replace("aid_live_", "aid_test_"),
        lambda token: token.replace("aid_live_", "aid_live_x"),
        lambda token: token.upper(),
        lambda token: "aid_live_" + "x" * 5000,
        lambda token: token + "\x00",
        lambda token: "é" * 60,
    ],
)
def test_any_other_token_proves_nothing(change):
    _, token = issue()
    assert find_key(change(token)) is None


def test_key_stops_when_it_is_revoked_or_expires():
    key, token = issue(expires_at=timezone.now() + timedelta(hours=1))
    assert find_key(token)
    PartnerKey.objects.update(expires_at=timezone.now() - timedelta(microseconds=1))
    assert find_key(token) is None
    PartnerKey.objects.update(expires_at=None)
    assert find_key(token)
    revoke_key(key, by=UserFactory(), reason="lost laptop")
    assert find_key(token) is None


def test_issuing_and_revoking_are_audited_once_each():
    by = UserFactory()
    key, _ = issue(by=by)
    revoke_key(key, by=by, reason="rotated")
    revoke_key(key, by=by, reason="again")
    told = AuditEntry.objects.order_by("pk").values_list("action", "user", "object_reference", "reason")
    assert list(told) == [("key.issued", by.pk, key.prefix, ""), ("key.revoked", by.pk, key.prefix, "rotated")]


def test_after_a_rotation_both_secrets_are_good_until_the_overlap_ends():
    by = UserFactory()
    key, old = issue(expires_at=timezone.now() + timedelta(days=90))
    new = rotate_key(key, overlap=timedelta(days=7), by=by, reason="yearly")
    assert new != old
    assert [find_key(token).pk for token in (old, new)] == [key.pk, key.pk]
    entry = AuditEntry.objects.get(action="key.rotated")
    assert (entry.user, entry.reason, entry.object_reference) == (by, "yearly", key.prefix)
    PartnerKey.objects.update(old_secret_until=timezone.now())
    assert find_key(old) is None
    assert find_key(new)


def test_the_secret_before_the_last_ends_with_a_second_rotation():
    key, first = issue()
    second = rotate_key(key, overlap=timedelta(days=7), reason="yearly")
    third = rotate_key(key, overlap=timedelta(days=7), reason="again")
    assert [find_key(token) is not None for token in (first, second, third)] == [False, True, True]


def test_a_token_of_the_old_secret_ends_with_it():
    key, old = issue()
    rotate_key(key, overlap=timedelta(minutes=10), reason="yearly")
    assert lifetime_of(find_key(old), timezone.now()) <= timedelta(minutes=10)
    keep_token("aid_token_x", key=key, scopes=["read"])
    rotate_key(key, overlap=timedelta(0), reason="leaked")
    assert find_token("aid_token_x") is None
    assert find_key(old) is None


@pytest.mark.parametrize("gone", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now()}])
def test_a_key_that_is_gone_is_not_rotated(gone):
    key, _ = issue()
    PartnerKey.objects.update(**gone)
    with pytest.raises(ValidationError):
        rotate_key(key, overlap=timedelta(days=7), reason="yearly")
    assert not AuditEntry.objects.filter(action="key.rotated").exists()


def test_a_change_holds_at_once_and_is_audited_with_what_was_before():
    key, token = issue()
    amend_key(key, reason="more to send", scopes=["read", "reports:write"], reads_per_minute=9, name=key.name)
    assert (find_key(token).scopes, find_key(token).reads_per_minute) == (["read", "reports:write"], 9)
    entry = AuditEntry.objects.get(action="key.amended")
    assert entry.changes == {"scopes": [["read"], ["read", "reports:write"]], "reads_per_minute": [None, 9]}
    amend_key(key, reason="nothing new", reads_per_minute=9)
    assert AuditEntry.objects.filter(action="key.amended").count() == 1
    with pytest.raises(ValidationError):
        amend_key(key, reason="mistyped", scopes=["raed"])


def test_use_is_noted_at_most_once_a_minute(django_assert_num_queries):
    key, token = issue()
    with django_assert_num_queries(4):  # in a savepoint
        find_key(token)
    with django_assert_num_queries(1):
        find_key(token)
    PartnerKey.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    find_key(token)
    key.refresh_from_db()
    assert timezone.now() - key.last_used_at < timedelta(seconds=30)


def test_unknown_prefix_costs_what_a_wrong_secret_costs(django_assert_num_queries):
    _, token = issue()
    for wrong in (token[:-1] + "!", token[:-1] + "0" if token[-1] != "0" else token[:-1] + "1", "nonsense"):
        with django_assert_num_queries(1):
            find_key(wrong)


def test_a_key_is_found_and_its_request_counted_by_one_query(django_assert_num_queries):
    key, token = issue(writes_per_minute=2)
    find_key(token)
    told = []
    for _ in range(3):
        with django_assert_num_queries(1):
            told.append(find_and_count(token, kind="writes", quota=100))
    assert [(each.key, each.spent) for each in told] == [(key, 1), (key, 2), (key, None)]
    assert spend(Budget(name="writes", whose=f"key:{key.pk}", quota=3)).left == 0


def test_a_key_without_a_quota_of_its_own_has_the_one_that_is_given():
    _, token = issue()
    assert [find_and_count(token, kind="reads", quota=1).spent for _ in range(2)] == [1, None]


@pytest.mark.parametrize("gone", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now()}, {}])
def test_what_proves_no_key_is_counted_for_none(gone, django_assert_num_queries):
    _, token = issue()
    PartnerKey.objects.update(**gone)
    said = token if gone else token[:-1] + ("a" if token[-1] != "a" else "b")
    with django_assert_num_queries(1):
        assert find_and_count(said, kind="reads", quota=100) is None
    assert not RequestCount.objects.exists()


def test_command_prints_the_key_once(capsys):
    actor, source = ActorFactory(name="WFP"), SourceFactory(code="wfp-lss")
    call_command(
        "issue_partner_key", "WFP", "--source=wfp-lss", "--scope=read", "--scope=reports:write", "--clearance=AMBER"
    )
    token = capsys.readouterr().out.strip()
    key = find_key(token)
    assert (key.actor, key.source, key.scopes, key.clearance) == (actor, source, ["read", "reports:write"], 2)


def test_commands_list_rotate_and_revoke(capsys):
    key, old = issue(name="Logistics")
    call_command("rotate_partner_key", key.prefix, "--reason=yearly", "--overlap-days=0")
    new = capsys.readouterr().out.strip()
    assert (find_key(old), find_key(new)) == (None, key)
    call_command("list_partner_keys")
    assert re.search(rf"{key.prefix}  usable  used 20.*  read  Logistics", capsys.readouterr().out)
    call_command("revoke_partner_key", f"aid_live_{key.prefix}", "--reason=left")
    assert find_key(new) is None
    call_command("list_partner_keys")
    assert "revoked" in capsys.readouterr().out
    assert AuditEntry.objects.first().reason == "left"
    for command in ("rotate_partner_key", "revoke_partner_key"):
        with pytest.raises(CommandError, match="no key"):
            call_command(command, "nobody", "--reason=x")


@pytest.mark.parametrize("said", ["Nobody", "Twins"])
def test_command_wants_exactly_one_actor(said):
    ActorFactory(name="Twins")
    ActorFactory(name="Twins")
    with pytest.raises(CommandError, match=said):
        call_command("issue_partner_key", said)
    assert not PartnerKey.objects.exists()
