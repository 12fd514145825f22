"""Whoever sets the service up can give others what they may read."""

import pytest
from django.core.management import call_command

from actors.marking import Marking
from actors.models import User

pytestmark = pytest.mark.django_db


def test_the_operator_whom_the_command_makes_reads_everything(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-one-for-once")
    call_command("createsuperuser", interactive=False, username="first", email="first@example.org", verbosity=0)
    operator = User.objects.get(username="first")
    assert (operator.clearance, operator.is_superuser) == (Marking.RED, True)


def test_anybody_else_reads_what_is_given_to_them():
    assert User.objects.create_user("somebody").clearance == Marking.CLEAR
    assert User.objects.create_superuser("careful", clearance=Marking.GREEN).clearance == Marking.GREEN
