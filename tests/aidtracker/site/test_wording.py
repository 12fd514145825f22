"""What pages say around their rows: no more than is so."""

import re
from decimal import Decimal

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse

from actors.factories import SourceFactory, UserFactory
from aidtracker.site.first_page import held_reports
from shipments.factories import LineFactory, OfferLineFactory, ReportFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def test_an_empty_list_tells_nobody_to_make_what_they_cannot():
    analyst = signed_in()
    decisions = analyst.get(reverse("admin:shipments_decision_changelist")).text
    assert "There are no decisions that you may see." in decisions
    assert "Create" not in decisions
    assert "Add attachment" in analyst.get(reverse("admin:shipments_attachment_changelist")).text


def test_a_list_that_nothing_fits_says_so_and_offers_all():
    SourceFactory()
    analyst, where = signed_in(), reverse("admin:actors_source_changelist")
    for asked in ("q=unheard-of", "protected__exact=1"):
        said = analyst.get(f"{where}?{asked}").text
        assert "No sources that you may see fit" in said, asked
        assert "Show all sources" in said, asked


def test_a_list_of_all_offers_no_way_to_all():
    SourceFactory()
    analyst, where = signed_in(), reverse("admin:actors_source_changelist")
    assert "Show all" not in analyst.get(where).text
    assert "Show all" in analyst.get(f"{where}?q=e").text


def test_the_navigation_tells_of_held_reports_only_where_there_are_some():
    request = RequestFactory().get("/admin/")
    request.user = UserFactory()
    assert held_reports(request) == ""
    assert 'class="aid-count"' not in signed_in().get("/admin/").text
    ReportFactory(subject=None, subject_said="name:unheard-of")
    assert '<span class="aid-count">1</span>' in signed_in().get("/admin/").text


def test_a_time_has_its_zone():
    report = ReportFactory()
    said = signed_in().get(reverse("admin:shipments_report_changelist")).text
    assert f"{report.asserted_at:%H:%M} UTC" in said


def test_quantities_and_money_are_written_as_people_write_them():
    OfferLineFactory(amount=Decimal("2500000.5000"), currency="USD")
    LineFactory()
    analyst = signed_in()
    said = analyst.get(reverse("admin:shipments_offerline_changelist")).text
    assert "about 500,000 doses" in said
    assert "2,500,000.5 USD" in said
    assert "2500000" not in said
    assert "9 t<" in analyst.get(reverse("admin:shipments_line_changelist")).text


def test_an_abbreviation_is_written_as_its_owners_write_it():
    lower = re.compile(r"\b(iata|icao|unlocode|glide|url|id|iso)\b")
    said = {
        f"{model.__name__}.{field.name}: {field.verbose_name}"
        for model in admin.site._registry
        for field in model._meta.concrete_fields
        if not field.primary_key and lower.search(str(field.verbose_name))
    }
    assert said == set()
