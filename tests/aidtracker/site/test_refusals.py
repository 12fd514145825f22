"""A form refuses in words, and tells nobody that a row is there which they may not see."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.db.models import CheckConstraint
from django.http import HttpRequest
from django.test import RequestFactory

from actors.admin.readable import EditableInline
from actors.admin.refusing import INSTEAD, TAKEN, WordedForm
from actors.factories import ActorFactory, SourceFactory, UserFactory
from actors.marking import Marking
from actors.models import ActorIdentifier, Source, SourceRating
from shipments.admin.plan import OfferLinesInline
from shipments.factories import CrisisFactory, DocumentFactory, OfferFactory, ShipmentFactory, SubjectIdentifierFactory
from shipments.models import Document, Offer, Place, Report, SubjectIdentifier
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db

INLINES = ("names", "identifiers", "party_rows", "legs", "lines", "grants")
LISTS = {f"{rows}-{count}": "0" for rows in INLINES for count in ("TOTAL_FORMS", "INITIAL_FORMS")}
ROW = {"identifiers-TOTAL_FORMS": "1", "identifiers-0-scheme": "awb", "identifiers-0-value": "180-1234"}


def source(marking: Marking) -> tuple[str, dict[str, Any]]:
    SourceFactory(code="canary", name="Canary", marking=marking)
    return "/admin/actors/source/add/", {"name": "Mine", "code": "canary", "kind": "media", "marking": 0}


def actor_identifier(marking: Marking) -> tuple[str, dict[str, Any]]:
    holder = ActorFactory(name="Canary", marking=marking)
    ActorIdentifier.objects.create(actor=holder, scheme="awb", value="180-1234")
    mine = ActorFactory(name="Mine", country="KP")
    return page_of(mine), {**LISTS, **ROW, "name": "Mine", "kind": mine.kind, "country": "KP", "marking": 0}


def subject_identifier(marking: Marking) -> tuple[str, dict[str, Any]]:
    SubjectIdentifierFactory(subject=ShipmentFactory(title="Canary", marking=marking), scheme="awb", value="180-1234")
    mine = ShipmentFactory(title="Mine")
    said = {"title": "Mine", "mode": "air", "recipient": mine.recipient_id, "marking": 0}
    return page_of(mine), {**LISTS, **ROW, **said}


def glide(marking: Marking) -> tuple[str, dict[str, Any]]:
    CrisisFactory(title="Canary", glide="EP-2022-000199-PRK", marking=marking)
    return "/admin/shipments/crisis/add/", {
        "title": "Mine", "glide": "EP-2022-000199-PRK", "countries": "KP", "marking": 0}  # fmt: skip


def document(marking: Marking) -> tuple[str, dict[str, Any]]:
    spoke = SourceFactory(code="open")
    DocumentFactory(source=spoke, key="7", title="Canary", url="", marking=marking)
    published = {"published_at_0": "2022-05-17", "published_at_1": "08:00:00"}
    return "/admin/shipments/document/add/", {
        "source": spoke.pk, "kind": "article", "title": "Mine", "key": "7", "marking": 0, **published}  # fmt: skip


def count() -> list[int]:
    return [model.objects.count() for model in (Source, ActorIdentifier, SubjectIdentifier, Document)]


@pytest.mark.parametrize("holder", [source, actor_identifier, subject_identifier, glide, document])
@pytest.mark.parametrize("marking", [Marking.CLEAR, Marking.RED], ids=["seen", "hidden"])
def test_what_is_used_once_is_refused_alike_whoever_has_it(holder: Callable[[Marking], Any], marking: Marking) -> None:
    where, said = holder(marking)
    before = count()
    answer = signed_in().post(where, said)
    assert answer.status_code == 200
    assert answer.text.count(TAKEN) == 1
    assert "exists" not in answer.text
    assert marking == Marking.CLEAR or "Canary" not in answer.text
    assert count() == before


def test_what_has_to_be_so_is_told_in_words() -> None:
    offer = OfferFactory()
    said = {"title": "x", "donor": offer.donor_id, "recipient": offer.donor_id, "form": "in_kind", "marking": 0}
    answer = signed_in().post("/admin/shipments/offer/add/", {**LISTS, **said})
    assert "Choose somebody else than the donor." in answer.text
    assert "onstraint" not in answer.text


def test_what_a_form_says_in_its_own_words_is_not_told_twice() -> None:
    answer = signed_in().post("/admin/shipments/codemapping/add/", {"scheme": "x", "code": "y", "reason": "z"})
    assert "A code means a milestone, a flag, or both." in answer.text
    assert "has to be so" not in answer.text
    assert "onstraint" not in answer.text


def test_every_form_that_an_analyst_writes_refuses_so() -> None:
    request = RequestFactory().get("/")
    request.user = UserFactory(clearance=Marking.AMBER)

    def forms() -> Iterator[type]:
        for pages in admin.site._registry.values():
            # A report is entered by a form of its own, and told again where it was told before.
            if pages.has_add_permission(request) and pages.model is not Report:
                yield pages.get_form(request)
            for inline in pages.inlines:
                if issubclass(inline, EditableInline):
                    yield inline(pages.model, admin.site).get_formset(request).form

    assert [form for form in forms() if not issubclass(form, WordedForm)] == []


def refusals(form: forms.ModelForm) -> dict[str, list[str]]:
    return {name: list(map(str, said)) for name, said in form.errors.items()}


def asked() -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = UserFactory(clearance=Marking.AMBER)
    return request


@pytest.mark.parametrize(
    ("field", "said", "told"),
    [
        ("country", "kp", "Give two capital letters, as in ISO 3166-1: KP."),
        ("latitude", "99", "Give degrees from -90 to 90; south is below 0."),
        ("code", "two words", "Letters, digits, hyphens and underscores, and no spaces."),
        ("kind", "", "This field is required."),
    ],
)
def test_what_is_refused_is_told_beside_its_field(field: str, said: str, told: str) -> None:
    place = {"name": "Sunan", "code": "SUNAN", "kind": "airport", "country": "KP", field: said}
    form = admin.site.get_model_admin(Place).get_form(asked())(place)
    assert refusals(form) == {field: [told]}


def test_of_two_fields_that_do_not_fit_the_second_is_told() -> None:
    line = {"key": "rice", "item": "Rice", "qualifier": "range", "basis": "reported", "amount": "5"}
    form = OfferLinesInline(Offer, admin.site).get_formset(asked()).form
    assert refusals(form({**line, "quantity_low": "50", "quantity_high": "40"})) == {
        "quantity_high": [INSTEAD["quantity_low_is_not_above_high"]],
        "currency": [INSTEAD["amount_has_a_currency"]],
    }


def test_nothing_is_chosen_for_whoever_has_not_chosen() -> None:
    """A source is not completely reliable because nobody said otherwise."""
    form = admin.site.get_model_admin(SourceRating).get_form(asked())()
    assert next(iter(form.fields["grade"].choices))[0] == ""
    assert form["grade"].value() is None


# A choice, a required field or the form itself refuses these before the constraint does.
REFUSED_BEFORE = ("has_a_reason", "is_admiralty", "names_one_reader", "means_something", "not_its_own_parent")


def test_whoever_is_refused_by_a_constraint_is_told_what_to_enter() -> None:
    def broken() -> Iterator[str]:
        for pages in admin.site._registry.values():
            if not pages.has_add_permission(asked()) or pages.model is Report:
                continue
            own = [(pages.model, pages.get_form(asked()))]
            rows = [each for each in pages.inlines if issubclass(each, EditableInline)]
            own += [(each.model, each(pages.model, admin.site).get_formset(asked()).form) for each in rows]
            for model, form in own:
                for each in model._meta.constraints:
                    if isinstance(each, CheckConstraint) and each.condition.referenced_base_fields & {
                        *form.base_fields
                    }:
                        yield each.name

    told = (*INSTEAD, *REFUSED_BEFORE)
    assert [name for name in broken() if not name.endswith(told)] == []
