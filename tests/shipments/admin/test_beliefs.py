"""What we believe, in the admin's lists."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from actors.factories import ActorFactory, ActorIdentifierFactory
from actors.marking import Marking
from shipments.factories.evidence import ReportFactory
from shipments.factories.picture import ConflictFactory, FindingFactory, PictureFactory
from shipments.factories.subjects import ContactFactory, PlaceFactory
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"label": "yes"}, "50"),
        ({"leading": "yes", "state": "contested"}, "50"),
        ({"state": "denied"}, None),
        ({"leading": "at most 150 t", "state": "unknown"}, None),
        ({"kind": "subject", "attribute": "status", "leading": "arrived"}, None),
    ],
)
def test_a_finding_of_nothing_shows_no_confidence(said, shown):
    FindingFactory(**{"kind": "milestone", "attribute": "arrived", "label": "", "leading": "", **said}, confidence=500)
    page = signed_in().get("/admin/shipments/finding/")
    assert page.status_code == 200
    assert (f"{shown}\N{NO-BREAK SPACE}%" in page.text) == bool(shown)


def test_the_moment_of_a_figure_is_told_in_words():
    FindingFactory(as_of="2022-05-16T00:00:00+00:00", label="56 people")
    FindingFactory(as_of="2022-05-16T18:00:00+09:00", label="62 people")
    said = signed_in().get("/admin/shipments/finding/").text
    assert "16 May 2022<" in said.replace(" <", "<")
    assert "16 May 2022 09:00 UTC" in said
    assert "2022-05-16T" not in said


def test_a_finding_is_told_in_words_below_the_name_of_its_subject():
    finding = FindingFactory(kind="milestone", attribute="in_transit", leg="back-1", label="in_transit")
    said = signed_in().get(reverse("admin:shipments_finding_changelist")).text
    assert f'<span class="aid-second">{finding.subject.reference}</span>' in said
    assert '<span class="aid-first">in transit</span><br><span class="aid-second">back-1</span>' in said
    assert "in_transit" not in said.partition('id="result_list"')[2].partition("</table>")[0]


@pytest.mark.parametrize("page", ["shipments_finding_changelist", "shipments_contact_changelist", "the contact's"])
def test_places_and_actors_are_told_by_their_names_to_whoever_may_know(page):
    contact = ContactFactory()
    PictureFactory(subject=contact)
    for name, code, marking in (("Envoy", "the-envoy", Marking.CLEAR), ("Ghost", "the-ghost", Marking.RED)):
        ActorIdentifierFactory(actor=ActorFactory(name=name, marking=marking), scheme="aidtracker", value=code)
        FindingFactory(subject=contact, attribute="participant", scope=code, label=code, value={"actor": code})
    place = PlaceFactory(code="far-harbour", name="Far Harbour")
    FindingFactory(subject=contact, attribute="place", label=place.code, value={"place": place.code})
    where = page_of(contact) if page == "the contact's" else reverse(f"admin:{page}")
    said = signed_in().get(where).text
    assert [each for each in ("Envoy", "Far Harbour", "the-ghost") if each not in said] == []
    assert [each for each in ("the-envoy", "Ghost") if each in said] == []


def test_the_page_of_a_finding_is_in_words_and_leads_to_what_was_said():
    report = ReportFactory(source__name="Yonhap", asserted_at=datetime(2022, 5, 17, 8, tzinfo=UTC))
    finding = FindingFactory(subject=report.subject, attribute="cargo_description", because=[report.reference])
    said = signed_in().get(page_of(finding)).text
    assert f'<a href="{page_of(report)}" title="{report.reference}"' in said
    assert ">Yonhap, 17 May 2022</a>" in said
    assert "cargo_description" not in said
    assert "null" not in said.partition('id="content-main"')[2].partition("</form>")[0]


def test_the_page_of_a_finding_names_no_source_and_no_report_that_are_hidden():
    shown = ReportFactory(source__name="Informer", source__protected=True)
    hidden = ReportFactory(subject=shown.subject, marking=Marking.RED)
    finding = FindingFactory(subject=shown.subject, because=[shown.reference, hidden.reference])
    said = signed_in(clearance=Marking.GREEN).get(page_of(finding)).text
    assert ">a withheld source, " in said
    assert "Informer" not in said
    assert hidden.reference not in said


def test_a_conflict_is_told_in_words_and_leads_to_what_was_said():
    report = ReportFactory(source__name="Yonhap", asserted_at=datetime(2022, 5, 17, 8, tzinfo=UTC))
    said_of = {"subject": report.subject, "about": "milestone:refused", "reports": [report.reference]}
    said = signed_in().get(page_of(ConflictFactory(kind="denied", reason="denial_outweighed", **said_of))).text
    assert "It is denied, by less weight than what speaks for it." in said
    assert "denial_outweighed" not in said
    assert ">Yonhap, 17 May 2022</a>" in said
