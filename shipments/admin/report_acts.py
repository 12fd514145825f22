"""Where an analyst goes on from a report's page: to what the report waits for, or to a decision on it."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from actors.admin.readable import may_write
from shipments.admin.bindings import about_by_now, is_held
from shipments.admin.deciding import FORMS
from shipments.models import Decision, Report

DECISIONS = (Decision.Kind.EXCLUDE, Decision.Kind.TWO_EVENTS, Decision.Kind.MARK_ECHO)


def acts_on(report: Report, request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Addresses, each with what is done there."""
    if is_held(report):
        yield f"{reverse('admin:shipments_attachment_add')}?report={report.pk}", "Say what it is about"
    if report.code_said and not report.code_is_known:
        code = urlencode({"scheme": report.code_scheme, "code": report.code_said})
        yield f"{reverse('admin:shipments_codemapping_add')}?{code}", "Say what its code means"
    if hasattr(report, "decision"):
        yield reverse("admin:shipments_decision_change", args=[report.pk]), "To the decision"
    subject = about_by_now(report)
    if subject and report.kind != Report.Kind.DECIDE and may_write(request, subject):
        decide = reverse(f"admin:shipments_{subject.kind}_decide", args=[subject.pk])
        for kind in DECISIONS:
            yield f"{decide}?kind={kind}&report={report.reference}", FORMS[kind].title
