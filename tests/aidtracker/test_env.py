"""Settings of webhooks are read strictly: a mistake stops the start, named, and without its value."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from aidtracker.env import read_environment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AIDTRACKER_WEBHOOK_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("AIDTRACKER_WEBHOOK_ALLOWED_NETWORKS", "10.0.0.0/8,everywhere"),
        ("AIDTRACKER_WEBHOOK_ALLOWED_NETWORKS", "10.0.0.0/33"),
        ("AIDTRACKER_WEBHOOK_KEYS", "too-short"),
        ("AIDTRACKER_WEBHOOK_PLAIN_HTTP", "yes"),
        ("AIDTRACKER_WEBHOOK_TIMEOUT_SECONDS", "0"),
        ("AIDTRACKER_WEBHOOK_TIMEOUT_SECONDS", "31"),
        ("AIDTRACKER_WEBHOOK_TIMEOUTS", "5"),
    ],
)
def test_bad_setting_is_named_and_its_value_is_not_told(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as refused:
        read_environment()
    assert name in str(refused.value)
    if name.endswith("KEYS"):
        assert value not in str(refused.value)


def test_lists_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("AIDTRACKER_WEBHOOK_ALLOWED_NETWORKS", "10.0.0.0/8, fd00::/8")
    monkeypatch.setenv("AIDTRACKER_WEBHOOK_KEYS", "a" * 32 + "," + "b" * 32)
    read = read_environment()
    assert read.webhook_allowed_networks == ["10.0.0.0/8", "fd00::/8"]
    assert [each.get_secret_value() for each in read.webhook_keys] == ["a" * 32, "b" * 32]
