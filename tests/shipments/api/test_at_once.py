"""The same thing posted eight times at once, to every address that takes something: one row, and no crash."""

import threading
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.db import connection

from actors.factories import ActorFactory, SourceFactory
from shipments.api import reporting
from shipments.api.reporting import read_report
from shipments.factories import ShipmentFactory
from shipments.models import Attachment, Document, LedgerEntry, Leg, Line, Offer, OfferLine, Report
from shipments.services import revising
from shipments.services.together import _recorded
from tests.people import make_partner
from tests.shipments.api.entries import ENTERS, PLURALS, good_entries
from tests.threads import all_at_once

AT_ONCE = 8
REPORTS, OTHERS = 100, 20


@pytest.fixture
def sender(committed_db):
    return make_partner(scopes=ENTERS, source=SourceFactory(code="lss", actor=ActorFactory()))


def post_at_once(sender: Any, path: str, bodies: list[Any]) -> list[list[Any]]:
    """The answers to each body, posted by eight threads that begin each one together."""
    barrier = threading.Barrier(AT_ONCE)
    answers: list[list[Any]] = [[] for _ in bodies]

    def send() -> None:
        for number, body in enumerate(bodies):
            barrier.wait(timeout=60)
            try:
                answers[number].append(sender.post(path, body))
            finally:
                # As a server does after each request: the pool has fewer connections than there are threads.
                connection.close()

    all_at_once(*[send] * AT_ONCE)
    return answers


def assert_one_of_each(answers: list[list[Any]]) -> None:
    for each in answers:
        told = [(answer.status_code, answer.content) for answer in each]
        assert Counter(status for status, _ in told) == {201: 1, 200: AT_ONCE - 1}, told
        assert len({answer.json()["reference"] for answer in each}) == 1


def test_reports(sender):
    body = {"subject": ShipmentFactory().reference, "code": "departed", "asserted_at": "2022-05-16T11:30:00+09:00"}
    assert_one_of_each(post_at_once(sender, "reports/", [{**body, "event_id": f"e-{n}"} for n in range(REPORTS)]))
    assert Report.objects.count() == REPORTS


def test_a_report_is_on_its_way_until_it_is_recorded_unless_it_is_recorded_by_itself(sender, monkeypatch):
    coming = []

    def read(*said):
        coming.append([*_recorded.coming.values()])
        return read_report(*said)

    monkeypatch.setattr(reporting, "read_report", read)
    body = {"subject": ShipmentFactory().reference, "code": "departed", "asserted_at": "2022-05-16T11:30:00+09:00"}
    assert sender.post("reports/", body).status_code == 201
    assert sender.post("reports/", {}).status_code == 400
    sender.post("reports/", body, **{"idempotency-key": "k-1"})
    assert coming == [[sender.headers["authorization"]]] * 2 + [[]]
    assert not _recorded.coming
    # Whoever reads has nothing that anybody waits for.
    monkeypatch.delattr(reporting, "on_the_way")
    assert sender.get("reports/").status_code == 200


def test_batches(sender):
    body = {"subject": ShipmentFactory().reference, "code": "departed", "asserted_at": "2022-05-16T11:30:00+09:00"}
    # Overlapping, and half of them in the other order: two senders must not wait for each other for ever.
    batches = [[{**body, "event_id": f"e-{n + k}"} for k in range(5)][:: 1 if n % 2 else -1] for n in range(OTHERS)]
    for each in post_at_once(sender, "reports/batch/", batches):
        assert {answer.status_code for answer in each} == {207}
        results = [result["result"] for answer in each for result in answer.json()["results"]]
        assert set(results) <= {"accepted", "duplicate"}
    assert Report.objects.count() == OTHERS + 4


def test_documents(sender):
    body = {"kind": "article", "title": "Told", "published_at": "2022-05-16T11:30:00+09:00"}
    assert_one_of_each(post_at_once(sender, "documents/", [{**body, "key": f"d-{n}"} for n in range(OTHERS)]))
    assert Document.objects.count() == OTHERS


@pytest.mark.parametrize("plural", ["appeals", "offers", "shipments", "actors", "places"])
def test_entries(sender, plural):
    kind = plural[:-1]
    body = good_entries()[kind]
    bodies = [{**body, "external_id": f"x-{n}"} for n in range(OTHERS)]
    assert_one_of_each(post_at_once(sender, f"{plural}/", bodies))
    assert LedgerEntry.objects.filter(kind=kind).count() == OTHERS


def test_reports_that_were_held_for_an_entry_are_bound_once(sender):
    report = {"event_id": "e-1", "subject": "lss:S-1", "code": "departed", "asserted_at": "2022-05-16T11:30:00Z"}
    sender.post("reports/", report)
    assert_one_of_each(post_at_once(sender, "shipments/", [good_entries()["shipment"]]))
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(("plural", "part"), [("shipments", "legs"), ("shipments", "lines"), ("offers", "lines")])
def test_parts(sender, plural, part):
    entries = good_entries()
    whole = sender.post(f"{plural}/", entries[plural[:-1]]).headers["Location"]
    bodies = [{**entries[plural[:-1]][part][0], "key": f"k-{n}"} for n in range(OTHERS)]
    assert_one_of_each(post_at_once(sender, f"{whole}{part}/", bodies))
    rows = {"legs": Leg, "lines": Line}[part] if plural == "shipments" else OfferLine
    assert rows.objects.filter(key__startswith="k-").count() == OTHERS
    assert Offer.objects.filter(entry=None).count() == 1


@pytest.mark.parametrize(("plural", "link"), [("shipments", "parent"), ("actors", "parent"), ("places", "within")])
def test_two_changes_never_close_a_circle(sender, monkeypatch, plural, link):
    body = {PLURALS[kind]: body for kind, body in good_entries().items()}[plural]
    body = {name: said for name, said in body.items() if name != "within"}
    paths = [sender.post(f"{plural}/", {**body, "external_id": each}).headers["Location"] for each in "abc"]
    names = [path.split("/")[-2] for path in paths]
    sender.send("PATCH", paths[1], {link: names[2]}, **{"idempotency-key": "b-in-c"})
    both_have_looked, statuses = threading.Barrier(2), []

    def looks(*given, looking=revising._loops):
        problems = looking(*given)
        # Where one waits for the other to be done, they never meet here.
        with suppress(threading.BrokenBarrierError):
            both_have_looked.wait(timeout=1)
        return problems

    def change(path, said):
        statuses.append(sender.send("PATCH", path, said, **{"idempotency-key": path}).status_code)

    monkeypatch.setattr(revising, "_loops", looks)
    all_at_once(
        lambda: change(paths[0], {link: names[1]}),
        lambda: change(paths[2], {link: names[0]}),
    )
    assert sorted(statuses) == [200, 422]


def test_reports_and_entries_of_the_same_names_never_wait_for_each_other_in_a_circle(sender):
    """Names that share a few locks, asked for in both orders: none is refused, and no report stays held."""
    names = [f"S-{n}" for n in range(OTHERS)]
    body = good_entries()["shipment"]
    said = {"code": "departed", "asserted_at": "2022-05-16T11:30:00+09:00"}
    statuses = []

    def tell(order, who):
        for part in range(0, len(order), 5):
            some = order[part : part + 5]
            reports = [{**said, "subject": f"lss:{name}", "event_id": f"{who}-{name}"} for name in some]
            yield sender.post("reports/batch/", reports)

    def enter(order):
        for name in order:
            yield sender.post("shipments/", {**body, "external_id": name})

    backwards = names[::-1]
    each = (tell(names, "a"), tell(backwards, "b"), enter(names), enter(backwards))
    all_at_once(*[partial(statuses.extend, (answer.status_code for answer in answers)) for answers in each])
    assert Counter(statuses) == {207: 2 * len(names) // 5, 201: len(names), 200: len(names)}
    assert Report.objects.count() == 2 * len(names)
    assert not Report.objects.held().exists()
