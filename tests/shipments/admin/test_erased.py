"""What was erased by policy is told, with its reason, where its words would be."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from actors.factories import UserFactory
from shipments.factories import ReportPayloadFactory
from shipments.services.erasing import erase_payloads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_files")]


def test_the_admin_shows_that_it_was_erased_and_why(client):
    payload = ReportPayloadFactory()
    erase_payloads(timezone.now() + timedelta(days=366), kept=timedelta(days=365))
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    for model, key in (("report", payload.report_id), ("reportpayload", payload.pk)):
        page = client.get(reverse(f"admin:shipments_{model}_change", args=[key])).content.decode()
        assert "kept for 365 days, by policy" in page
