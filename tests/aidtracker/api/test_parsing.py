"""JSON that two readers could understand in two ways never gets past the door."""

import io
import json
import time
from decimal import Decimal

import pytest

from actors.api.refusals import Refusal
from aidtracker.api import parsing
from aidtracker.api.parsing import read_body, read_json


def fault(body: bytes) -> tuple[int, dict[str, str]]:
    """Status, and pointer -> code."""
    with pytest.raises(Refusal) as caught:
        read_json(body)
    return caught.value.status_code, {each.pointer: each.code for each in caught.value.faults}


def test_json_is_read_with_every_digit():
    body = b' {"a": [1, -2.50, 1e2, "\\u00e9", null, true, {}], "b": 12345678901234567890.12} '
    assert read_json(body) == {
        "a": [1, Decimal("-2.50"), Decimal("1e2"), "é", None, True, {}],
        "b": Decimal("12345678901234567890.12"),
    }


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (b'{"marking":"RED","marking":"CLEAR"}', {"/marking": "duplicate_key"}),
        (b'{"a":[{"b/c":1,"b/c":1}]}', {"/a/0/b~1c": "duplicate_key"}),
        (b'{"a":{"x":1,"x":2},"b":{"y":1,"y":2}}', {"/a/x": "duplicate_key", "/b/y": "duplicate_key"}),
        (b'{"n":NaN,"m":-Infinity}', {"/n": "invalid_number", "/m": "invalid_number"}),
        (b'{"n":1e400}', {"/n": "number_too_long"}),
        (b'{"n":1e-400}', {"/n": "number_too_long"}),
        (b'{"n":1e999999999}', {"/n": "number_too_long"}),
        (b'{"n":%s}' % (b"9" * 41), {"/n": "number_too_long"}),
        (b'{"n":%s}' % (b"9" * 5000), {"/n": "number_too_long"}),
        (b'{"n":0.%s}' % (b"1" * 5000), {"/n": "number_too_long"}),
        (b"[" * 33 + b"]" * 33, {"": "too_deep"}),
        (b"[" * 100_000, {"": "too_deep"}),
        (b'{"a":' * 1500, {"": "too_deep"}),
        (b"", {"": "invalid_json"}),
        (b"{}x", {"": "invalid_json"}),
        (b"{'a':1}", {"": "invalid_json"}),
        (b'{"a":1,}', {"": "invalid_json"}),
        (b'{"a":"\x01"}', {"": "invalid_json"}),
        (b'{"a":"', {"": "invalid_json"}),
        (b'{"a":01}', {"": "invalid_json"}),
        (b"\xef\xbb\xbf{}", {"": "invalid_json"}),
        ('{"a":"é"}'.encode("latin-1"), {"": "invalid_json"}),
        ('{"a":1}'.encode("utf-16"), {"": "invalid_json"}),
    ],
)
def test_bad_json_is_named_with_its_place(body, faults):
    assert fault(body) == (400, faults)


@pytest.mark.parametrize(
    ("body", "offset"), [(b"{}x", 2), ('{"é":1}x'.encode(), 8), (b"\xef\xbb\xbf{}", 0), (b'{"a":"\xe9"}', 6)]
)
def test_place_of_bad_json_is_a_byte(body, offset):
    with pytest.raises(Refusal) as caught:
        read_json(body)
    assert f"byte {offset}" in caught.value.sentence


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"a":"', "Unterminated string starting at byte 5."),
        (b"\xef\xbb\xbf{}", "A byte order mark at byte 0; leave it out."),
        (b'{"a":"\xe9"}', "Not UTF-8 at byte 6."),
    ],
)
def test_bad_json_is_told_with_its_reason_wherever_it_is_told(body, sentence):
    """A line of a stream is answered with its faults alone."""
    with pytest.raises(Refusal) as caught:
        read_json(body)
    assert caught.value.sentence == sentence == caught.value.faults[0].detail


def test_thirty_two_levels_are_deep_enough_and_brackets_in_text_are_none():
    assert read_json(b"[" * 32 + b"]" * 32)
    assert read_json(json.dumps({"a": '[{"' * 5000, "b": "\\"}).encode())


def test_members_of_one_object_are_limited():
    assert len(read_json(json.dumps({str(n): n for n in range(1000)}).encode())) == 1000
    body = json.dumps({"a": {str(n): n for n in range(1001)}}).encode()
    assert fault(body) == (400, {"/a": "too_many_members"})


def test_hostile_bodies_are_refused_quickly():
    # Generous for a busy machine; each of these takes milliseconds, and seconds where the check is missing.
    for body in (b"[" * 5_000_000, b'{"a":' * 1_000_000, b'{"n":' + b"9" * 5_000_000 + b"}"):
        before = time.process_time()
        fault(body)
        assert time.process_time() - before < 2


def test_body_over_the_limit_is_not_even_read(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    stream = io.BytesIO(b"x" * 11)
    with pytest.raises(Refusal) as caught:
        read_body(stream, "11")
    assert (caught.value.status_code, caught.value.code, stream.tell()) == (413, "too_large", 0)
    assert read_body(io.BytesIO(b"x" * 10), "10") == b"x" * 10


@pytest.mark.parametrize(("sent", "declared", "code"), [(b"x" * 11, None, "too_large"), (b"{}", "5", "truncated_body")])
def test_body_is_held_to_the_length_it_declares(settings, sent, declared, code):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    with pytest.raises(Refusal) as caught:
        read_body(io.BytesIO(sent), declared)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"a" :2}',
        b'{"a":1,"a"\n:2}',
        b'[{"a":{"b":1}},{"a":{"b":1,"b":2}}]',
        b'{"a":1.5}',
        b'{"a":1000000000000000000}',
        b'["say \\":\\" twice"]',
        b'{"\\u0061":1,"a":2}',
        b"[" * 33 + b"]" * 33,
        b"{",
    ],
)
def test_what_could_be_read_in_two_ways_is_not_read_at_once(body):
    with pytest.raises(parsing._Doubt):
        parsing._read_plain(body)


@pytest.mark.parametrize(
    "body", [b'{"a":[1,{"b":null,"c":"d:e"}]}', b'[{"a": true}, "\\u00e9"]', b"5", b"[" * 32 + b"]" * 32]
)
def test_plain_json_is_read_at_once_and_alike(body):
    assert parsing._read_plain(body) == parsing._read_strictly(body)
