"""What tests of the admin share: a world with a row of every kind, who looks at it, and every page there is."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.template.base import Template
from django.test import Client
from django.urls import reverse

import actors.factories as people
import shipments.factories as rows
from actors.admin.readable import related_fields
from actors.marking import Marking
from actors.models import User

PLAIN_FILES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# A form's token differs from one answer to the next.
TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]+|(&quot;X-CSRFToken&quot;: &quot;)[^&]+')


@pytest.fixture(autouse=True)
def plain_files(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without gathered static files, and without Django's copy of every context for ``answer.context``.

    A page of the theme has hundreds of small templates, and the copies took most of the time.
    """
    settings.STORAGES = PLAIN_FILES
    monkeypatch.setattr(Template, "_render", lambda template, context: template.nodelist.render(context))


def signed_in(*, clearance: Marking = Marking.AMBER, operator: bool = False, person: User | None = None) -> Client:
    """The browser of an analyst, or of an operator; of ``person``, if given."""
    client = Client(raise_request_exception=False)
    client.force_login(person or people.UserFactory(clearance=clearance, is_superuser=operator))
    return client


def make_rows(*, marking: Marking = Marking.CLEAR, name: str = "Open", by: User | None = None) -> dict[str, Model]:
    """One row for every page, all about one marked shipment; ``name`` is in every text that people read.

    ``by`` is the analyst who did it all. Nothing else that one can see comes into the world with them.
    """
    marked = {"marking": marking}
    by = by or people.UserFactory()
    other = people.ActorFactory(name=f"{name} other actor", **marked)
    actor = people.ActorFactory(name=f"{name} actor", **marked)
    people.ActorNameFactory(actor=actor, name=f"{name} alias")
    source = people.SourceFactory(name=f"{name} source", code=f"{name.lower()}-source", actor=actor, **marked)
    crisis = rows.CrisisFactory(title=f"{name} crisis", **marked)
    about = {"crisis": crisis, **marked}
    appeal = rows.AppealFactory(
        title=f"{name} appeal", requester=actor, addressee=other, asked_for=f"{name} need", **about
    )
    offer = rows.OfferFactory(title=f"{name} offer", donor=actor, recipient=other, answers=appeal, **about)
    shipment = rows.ShipmentFactory(title=f"{name} shipment", carrier=actor, recipient=other, offer=offer, **about)
    contact = rows.ContactFactory(title=f"{name} contact", participants=[actor], **about)
    inquiry = rows.InquiryFactory(title=f"{name} inquiry", asked=actor, asked_by=other, **about)
    leg = rows.LegFactory(shipment=shipment, carrier=actor, vehicle=f"{name} vehicle")
    line = rows.LineFactory(shipment=shipment, item=f"{name} item", donor=actor)
    document = rows.DocumentFactory(source=source, title=f"{name} document", **marked)
    report = rows.ReportFactory(source=source, subject=shipment, document=document, leg=leg, **marked)
    held = rows.ReportFactory(source=source, subject=None, subject_said=f"name:{name}-held", marking=marking or 2)
    decided = rows.ReportFactory(kind="decide", subject=shipment, entered_by=by, source=source, **marked)
    key = people.PartnerKeyFactory(name=f"{name} key", actor=actor, source=source, clearance=marking)
    believed = {"subject": shipment, "tier": marking}
    subscription = rows.SubscriptionFactory(key=key, description=f"{name} subscription")
    delivery = rows.DeliveryFactory(
        subscription=subscription,
        type="picture.changed",
        subject=shipment,
        payload=f'{{"title": "{name} message"}}',
        **marked,
    )
    rows.DeliveryAttemptFactory(delivery=delivery, response=f"{name} response")
    return {
        "actor": actor,
        "source": source,
        "rating": people.SourceRatingFactory(source=source, reason=f"{name} rating"),
        "interest": people.SourceInterestFactory(source=source, actor=actor),
        "key": key,
        "audit": people.AuditEntryFactory(user=by, object_reference=shipment.reference, reason=f"{name} audit"),
        "crisis": crisis,
        "appeal": appeal,
        "offer": offer,
        "offer line": rows.OfferLineFactory(offer=offer, item=f"{name} offer line"),
        "shipment": shipment,
        "contact": contact,
        "inquiry": inquiry,
        "leg": leg,
        "line": line,
        "party": rows.ShipmentPartyFactory(shipment=shipment, actor=actor),
        "identifier": rows.SubjectIdentifierFactory(subject=shipment, scheme="own", value=f"{name}-identifier"),
        "grant": rows.ReadingGrantFactory(subject=shipment, actor=actor, granted_by=by, reason=f"{name} grant"),
        "document": document,
        "report": report,
        "held": held,
        "payload": rows.ReportPayloadFactory(report=report, quote=f"{name} quote"),
        "link": rows.ReportLinkFactory(report=report, target=source),
        "attachment": rows.AttachmentFactory(
            report=held, subject=shipment, recorded_by=by, reason=f"{name} attachment"
        ),
        "decision": rows.DecisionFactory(report=decided, author=by, reason=f"{name} decision"),
        "receipt": rows.ReceiptFactory(line=line, report=report, rejected=1, rejection_reason=f"{name} receipt"),
        "picture": rows.PictureFactory(contested=True, origins=[source.code], **believed),
        "finding": rows.FindingFactory(label=f"{name} value", because=[report.reference], **believed),
        "conflict": rows.ConflictFactory(reason=f"{name} conflict", reports=[report.reference], **believed),
        "due": rows.DueFactory(subject=shipment, last_error=f"{name}Error"),
        "event": rows.OutboxEventFactory(subject=shipment, marking=marking, body={"title": f"{name} event"}),
        "entry": rows.LedgerEntryFactory(
            partner_key=key, source=source, subject=shipment, external_id=f"{name}-entry", said={}
        ),
        "subscription": subscription,
        "delivery": delivery,
        "request": rows.IdempotentRequestFactory(partner_key=key, key=f"{name}-request"),
    }


def lists() -> list[str]:
    """The address of every list."""
    return [f"/admin/{each._meta.app_label}/{each._meta.model_name}/" for each in admin.site._registry]


def page_of(row: Model) -> str:
    """The address of a row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def seen_on(answer: Any) -> str:
    """What a page keeps of what it showed, to be sent back with what is saved."""
    (seen,) = re.findall(r'name="seen" value="([^"]*)"', answer.content.decode())
    return unescape(seen)


def pages_about(row: Model) -> Iterator[str]:
    """Every address that names the row: its pages, those that merge it, and every list asked for it by its key."""
    own = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
    for route in (str(each.pattern) for each in admin.site.get_model_admin(type(row)).get_urls()):
        if "<path:object_id>/" in route:
            yield own + route.replace("<path:object_id>", str(row.pk))
        elif route in ("merge/", "unmerge/"):
            yield f"{own}{route}?row={row.pk}"
    for model, pages in admin.site._registry.items():
        for field in related_fields(model):
            if isinstance(row, field.related_model) and not field.many_to_many:
                where = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
                yield f"{where}?{field.name}={row.pk}"
        assert pages.search_fields is not None


def autocompletes(term: str) -> Iterator[str]:
    """A dropdown that is filled by typing, for every kind of row there is to choose."""
    fields = {field.related_model: field for model in admin.site._registry for field in related_fields(model)}
    for field in fields.values():
        asked = f"app_label={field.model._meta.app_label}&model_name={field.model._meta.model_name}"
        yield f"/admin/autocomplete/?{asked}&field_name={field.name}&term={term}"


def body_of(answer: Any) -> bytes:
    """What was sent, without what differs from one answer to the next."""
    return TOKEN.sub(rb"\1\2", answer.content)
