"""The page of a decision tells what was decided of what; its withdrawal, what that changes wherever it reached."""

import pytest

from actors.factories import SourceFactory, UserFactory
from actors.marking import Marking
from actors.models import User
from shipments.factories import ReportFactory, ShipmentFactory
from shipments.models import Report
from shipments.services.deciding import decide
from tests.pages import page_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def report():
    return ReportFactory(subject__title="Flight of May", milestone="departed", source__name="KBS")


@pytest.fixture
def client():
    return signed_in()


def decided(client, report: Report, **what) -> Report:
    author = User.objects.get(pk=client.session["_auth_user_id"])
    return decide(report.subject, author=author, reason="They say so.", **what)


def test_a_decision_tells_its_subject_its_reports_and_where_they_went(client, report):
    june = ShipmentFactory(title="Flight of June")
    decision = decided(client, report, kind="two_events", reports=[report], to_subject=june).decision
    page = client.get(page_of(decision)).text
    for told in ("Flight of May", "Flight of June", "KBS: departed", page_of(report), "Two events by"):
        assert told in page
    assert "Flight of May" in client.get("/admin/shipments/decision/").text


def test_a_decision_tells_nothing_hidden_of_where_reports_went(client, report):
    july = ShipmentFactory(title="Flight of July", marking=Marking.RED)
    decision = decided(client, report, kind="two_events", reports=[report], to_subject=july).decision
    assert "Flight of July" not in client.get(page_of(decision)).text
    where = page_of(decision).replace("/change/", "/withdraw/")
    assert "Flight of July" not in client.post(where, {"preview": "yes"}).text


def test_a_decision_tells_nothing_hidden_of_what_it_is_about_and_what_that_repeats(client, report):
    secret = ReportFactory(subject=report.subject, milestone="arrived", source__name="Informer", marking=Marking.RED)
    cleared = UserFactory(clearance=Marking.RED)

    def page_of_decision(**what):
        taken = decide(report.subject, author=cleared, reason="They say so.", marking=Marking.CLEAR, **what)
        return client.get(page_of(taken.decision)).text

    excluded = page_of_decision(kind="exclude", reports=[report, secret])
    repeated = page_of_decision(kind="mark_echo", reports=[report], echo_of=secret)
    assert page_of(report) in excluded
    for page in (excluded, repeated):
        assert page_of(secret) not in page
        assert "Informer" not in page
        assert secret.reference not in page


def test_what_was_accepted_and_what_is_repeated_is_told(client, report):
    accepted = decided(client, report, kind="accept", milestone="arrived")
    assert "accept arrived: They say so." in client.get("/admin/shipments/report/").text
    assert page_of(accepted.decision) in client.get(page_of(accepted)).text
    assert "arrived" in client.get(page_of(accepted.decision)).text
    agency = SourceFactory(name="Yonhap")
    echo = decided(client, report, kind="mark_echo", reports=[report], echo_of=agency).decision
    assert "Yonhap" in client.get(page_of(echo)).text


def test_what_a_withdrawal_would_change_is_shown_of_both_subjects(client, report):
    june = ShipmentFactory(title="Flight of June")
    decision = decided(client, report, kind="two_events", reports=[report], to_subject=june).decision
    shown = client.post(page_of(decision).replace("/change/", "/withdraw/"), {"preview": "yes"}).text
    changes = shown.partition('aria-label="What would change"')[2].partition("</section>")[0]
    assert "Flight of May" in changes
    assert "Flight of June" in changes
