"""POST /reports/batch/: each item by itself, in order, and any number of them."""

import io
import json

import pytest

from actors.api.refusals import Refusal
from aidtracker.api.parsing import BLOCK, MAX_LINE, read_lines
from shipments.api.batch import results_of
from shipments.factories import ShipmentFactory
from shipments.models import Due, Report
from shipments.services.inserting import FEW
from tests.people import code_of, faults_of, make_partner

NDJSON = "application/x-ndjson"


@pytest.fixture
def report(db):
    shipment = ShipmentFactory()

    def made(number, **change):
        said = {"subject": shipment.reference, "code": "departed", "asserted_at": "2022-05-16T11:30:00+09:00"}
        return {**said, "event_id": f"lss-{number}", **change}

    return made


def lines(answer):
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def ndjson(items):
    return b"\n".join(json.dumps(item).encode() for item in items)


def test_each_item_gets_its_own_result_in_order(partner, report):
    items = [
        report(1),
        report(2, subject="awb:999-00000000"),
        report(3, bogus=1),
        report(1),
        report(4, code="deprated"),
        "no report",
    ]
    answer = partner.post("reports/batch/", items)
    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [each["index"] for each in results] == list(range(6))
    assert [each["result"] for each in results] == ["accepted", "held", "refused", "duplicate", "refused", "refused"]
    assert [[fault["code"] for fault in each["errors"]] for each in results] == [
        [], [], ["unknown_field"], [], ["unknown_code"], ["object_required"],
    ]  # fmt: skip
    assert results[0]["reference"] == results[3]["reference"]
    assert Report.objects.count() == 2
    assert Due.objects.count() == 1


def test_another_media_type_is_told_both_that_there_are(partner):
    answer = partner.post("reports/batch/", b"{}", content_type="application/jsonl")
    assert (answer.status_code, code_of(answer)) == (415, "unsupported_media_type")
    assert "application/json or application/x-ndjson" in answer.json()["detail"]


def test_stream_is_answered_to_who_asks_for_lines_alone(partner, report):
    sent = ndjson([report(1), report(2, bogus=1)])
    answer = partner.post("reports/batch/", sent, content_type=NDJSON, accept=NDJSON)
    assert (answer.status_code, answer.headers["Content-Type"]) == (207, NDJSON)
    assert [each["result"] for each in lines(answer)] == ["accepted", "refused"]
    refused = partner.post("reports/batch/", sent, content_type=NDJSON, accept="text/csv")
    assert (refused.status_code, code_of(refused)) == (406, "not_acceptable")
    assert "application/json or application/x-ndjson" in refused.json()["detail"]


def test_same_key_gets_the_same_bytes(partner, report):
    key = {"idempotency-key": "batch-1"}
    first = partner.post("reports/batch/", [report(1), report(2)], **key)
    again = partner.post("reports/batch/", [report(1), report(2)], **key)
    assert (again.status_code, again.content) == (207, first.content)


def test_batch_has_an_end(partner, report):
    assert partner.post("reports/batch/", [report(n) for n in range(1000)]).status_code == 207
    answer = partner.post("reports/batch/", [report(n) for n in range(1001)])
    assert (answer.status_code, code_of(answer)) == (413, "too_many_items")
    assert Report.objects.count() == 1000


@pytest.mark.parametrize("body", [{}, None, "x", 5, {"reports": []}])
def test_what_is_no_list_is_refused(partner, body):
    assert faults_of(partner.post("reports/batch/", body)) == {"": "array_required"}


def test_queries_do_not_grow_with_the_batch(partner, report, django_assert_max_num_queries):
    partner.post("reports/batch/", [report(0)])
    with django_assert_max_num_queries(40) as few:
        partner.post("reports/batch/", [report(n) for n in range(1, FEW + 2)])
    with django_assert_max_num_queries(len(few)):
        partner.post("reports/batch/", [report(n) for n in range(FEW + 2, 200)])


def test_stream_takes_no_idempotency_key(partner, report):
    answer = partner.post("reports/batch/", ndjson([report(1)]), content_type=NDJSON, **{"idempotency-key": "x"})
    assert faults_of(answer) == {"Idempotency-Key": "not_for_streams"}
    assert not Report.objects.exists()


def test_batches_need_the_scope_for_reports(report, stranger, analyst):
    reader = make_partner(scopes=["read"])
    assert reader.post("reports/batch/", [report(1)]).status_code == 403
    assert stranger.post("reports/batch/", [report(1)]).status_code == 401
    assert analyst.post("reports/batch/", [report(1)]).status_code == 403


def test_line_over_the_limit_is_refused_and_the_next_one_read():
    long = b'{"a":"' + b"x" * (3 * MAX_LINE) + b'"}\n'
    first, second, third = read_lines(io.BytesIO(b'{"a":1}\n' + long + b'{"a":2}'))
    assert (first, third) == ((1, {"a": 1}), (3, {"a": 2}))
    assert isinstance(second[1], Refusal)
    assert second[1].code == "too_large"


def test_lines_are_found_wherever_the_blocks_of_a_stream_end():
    def stream(*lengths):
        return io.BytesIO(b"\n".join(b'{"a":"' + b"x" * length + b'"}' for length in lengths))

    for lengths in (
        [BLOCK - 9, 1, BLOCK - 8, 1],
        [1, MAX_LINE, 1],
        [MAX_LINE - 8, MAX_LINE - 7, MAX_LINE * 3, 2, 1],
        [MAX_LINE + BLOCK - 9, 5, MAX_LINE * 2],
    ):
        said = list(read_lines(stream(*lengths)))
        assert [number for number, _ in said] == list(range(1, len(lengths) + 1))
        fits = [length + 8 <= MAX_LINE for length in lengths]
        assert [not isinstance(value, Refusal) for _, value in said] == fits


def test_stream_that_ends_early_says_so_and_keeps_what_it_answered(partner, report):
    body = ndjson([report(1), report(2)])
    for cut in (len(body) - 1, len(body) - 10, body.index(b"\n") + 1):
        *_, last = read_lines(io.BytesIO(body[:cut]), len(body))
        assert last[1].code == "truncated_body"
        assert f"{cut:,} of {len(body):,}" in last[1].sentence
    assert [number for number, _ in read_lines(io.BytesIO(body), len(body))] == [1, 2]
    answered = results_of([value for _, value in read_lines(io.BytesIO(body[:-1]), len(body))], partner.key)
    assert [each["result"] for each in answered] == ["accepted", "refused", "refused"]
    assert [fault["pointer"] for each in answered for fault in each["errors"]] == ["", ""]
    assert Report.objects.count() == 1


def test_answer_names_the_line_that_is_wrong(partner, report):
    body = ndjson([report(1)]) + b"\n\n\n{]\n" + ndjson([report(2)])
    results = lines(partner.post("reports/batch/", body, content_type=NDJSON))
    assert [(each["index"], each["line"], each["result"]) for each in results] == [
        (0, 1, "accepted"), (1, 4, "refused"), (2, 5, "accepted"),
    ]  # fmt: skip
