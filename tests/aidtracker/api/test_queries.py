"""Every parameter of every address, enumerated: each fault is named, all at once, and nothing breaks.

The addresses come from the URL patterns and the parameters from what each view declares, so that a new one is
in the matrix by being there.
"""

import pytest
from django.urls import get_resolver
from rest_framework import serializers

from actors.api import parameters as forms
from actors.api.reading import ReadView
from tests.aidtracker.api.test_doors import addresses
from tests.people import code_of, faults_of

pytestmark = pytest.mark.django_db

# Bad whatever is asked for.
ALWAYS = {
    "": "invalid_parameter",
    "%20": "invalid_parameter",
    "%00": "null_character",
    "x%00y": "null_character",
    "x%07y": "invalid_character",
    "%FF": "invalid_unicode",
    "%ED%A0%80": "invalid_unicode",
    "x" * 100_000: "too_long",
    "9" * 5000: "too_long",
}
MOMENTS = ["2022", "2022-05-17T09:00:00", "2022-02-30", "0001-01-01", "9999-12-31", "now", "1652745600", "-1", "1e20",
           "2022-05-17T25:00:00Z", "2022-05-17T09:00:00%2B24:00", "2022-05-17T09:00:60Z", "2022-W01-1",
           "2022-05-17T09:00:00%2B17:34",
           "%D9%A2022-05-17", "2022-05-17T09:00:00.1234567Z", "9999-12-31T23:59:59-14:00", "null", "[]"]  # fmt: skip
# Bad for a field of that class, beside.
BY_FIELD: list[tuple[type[serializers.Field], dict[str, str]]] = [
    (forms.Whole, dict.fromkeys(["0", "101", "-1", "1e1", "1_0", "1.0", "%D9%A1", "0x1", "NaN", "true"],
                                "invalid_parameter")),
    (forms.TrueOrFalse, dict.fromkeys(["1", "0", "yes", "True", "FALSE", "null", "on"], "invalid_parameter")),
    (forms.Moment, dict.fromkeys(MOMENTS, "invalid_parameter")),
    (forms.Span, dict.fromkeys([*MOMENTS, "2022-05-17", "..", "2022-05-18..2022-05-17", "2022-05-17..2022-05-17",
                                "2022-05-16..2022-05-17..2022-05-18"], "invalid_parameter")),
    (serializers.RegexField, dict.fromkeys(["x", "2022-13", "20222", "2022-5"], "invalid_parameter")),
    (forms.Reference, dict.fromkeys(["China", "ACT-", "act-00000000", "ACT-0000000O", "XXX-00000000", "ACT:", "*"],
                                    "invalid_parameter")),
    (forms.Search, {"a%20" * 11: "too_many"}),
    (serializers.ChoiceField, dict.fromkeys(["bogus", "-marking", "recipient__name", "id", "pk", "?", "%20x", "*",
                                             "-created_at,reference", "partner__api_key_hash"], "unknown_word")),
]  # fmt: skip
OURS = {"cursor": "invalid_cursor", "after": "invalid_cursor", "fields": "unknown_field"}
BAD_OURS = ["x", "a:b", "WzFd:x", "*", "(a%2B)%2B$", "%F0%9F%98%80", "../..", "'", "x" * 1500]


def views() -> list[tuple[str, type[ReadView]]]:
    """Every address that reads, with its view."""
    (api,) = [each for each in get_resolver().url_patterns if str(each.pattern) == "api/v1/"]
    patterns = [each for each in api.url_patterns if not str(each.pattern).startswith("^")]
    found = zip(addresses(), (each.callback.view_class for each in patterns), strict=True)
    return [(path, view) for path, view in found if issubclass(view, ReadView) and hasattr(view, "get")]


PATHS = [path for path, _ in views()]
CELLS = [(path, name) for path, view in views() for name in view.parameters().fields]
NEEDED = {"known_at": "2022-05-16..2100-01-01"}


def field_of(path: str, name: str) -> serializers.Field:
    return dict(views())[path].parameters().fields[name]


def query(path: str, *pairs: str) -> str:
    """A query string with ``pairs``, and what the address cannot do without."""
    fields = dict(views())[path].parameters().fields
    given = {pair.partition("=")[0] for pair in pairs}
    needed = [f"{name}={NEEDED[name]}" for name, field in fields.items() if field.required and name not in given]
    return "&".join([*pairs, *needed])


def bad_values(path: str, name: str) -> dict[str, str]:
    field = field_of(path, name)
    if name in OURS:
        found = dict.fromkeys(BAD_OURS, OURS[name])
        found |= {name: code for name, code in ALWAYS.items() if len(name) < 100}
        return found | ({"x" * 3000: "too_long"} if name == "fields" else {})
    found = dict(ALWAYS)
    for kind, values in BY_FIELD:
        if isinstance(field, kind):
            found |= values
    if isinstance(field, serializers.ChoiceField):
        found |= {"": "unknown_word", "%20": "unknown_word"}
    return found


def test_matrix_is_large_and_every_reading_view_says_what_its_answer_looks_like():
    assert len(CELLS) > 250
    assert sum(len(bad_values(path, name)) for path, name in CELLS) > 3000
    for path, view in views():
        assert issubclass(view.shape, serializers.Serializer), path
        assert view.parameters().fields.keys() >= {"fields"}, path


def names_of(path: str) -> list[str]:
    return [name for each, name in CELLS if each == path]


@pytest.mark.parametrize("path", PATHS)
def test_every_bad_value_of_every_parameter_is_refused_by_name(partner, path):
    cells = [(name, *bad) for name in names_of(path) for bad in bad_values(path, name).items()]
    for name, value, code in cells:
        answer = partner.get(path, query(path, f"{name}={value}"))
        # Where nothing is found by the name in the address, that may be said first of our own cursors alone.
        if answer.status_code == 404 and OURS.get(name) == "invalid_cursor":
            continue
        assert answer.status_code == 400, (path, name, value[:40], answer.content[:200])
        assert faults_of(answer) == {name: code}, (path, name, value[:40])
        for fault in answer.json()["errors"]:
            assert len(fault["detail"]) < 2500
            assert value[:65] not in fault["detail"] or len(value) < 65


@pytest.mark.parametrize("path", PATHS)
def test_no_parameter_is_given_twice_or_as_a_list(partner, path):
    for name in names_of(path):
        assert faults_of(partner.get(path, query(path, f"{name}=a", f"{name}=a"))) == {name: "repeated_parameter"}
        listed = faults_of(partner.get(path, query(path, f"{name}[]=a")))
        assert listed[f"{name}[]"] == "unknown_parameter"


@pytest.mark.parametrize("path", PATHS)
def test_every_unknown_parameter_is_refused_with_what_was_meant(partner, path):
    names = list(dict(views())[path].parameters().fields)
    for name in names:
        answer = partner.get(path, query(path, f"{name}e=x"))
        assert faults_of(answer)[f"{name}e"] == "unknown_parameter"
        (detail,) = [each["detail"] for each in answer.json()["errors"] if each["parameter"] == f"{name}e"]
        assert "Did you mean" in detail, (path, name)
    for stranger in ("bogus", "title__regex", "partner__api_key_hash", "format", "page", "offset", "api_key", "search"):
        assert faults_of(partner.get(path, query(path, f"{stranger}=x"))) == {stranger: "unknown_parameter"}, stranger
    assert faults_of(partner.get(path, query(path, "%00=x"))) == {"�": "unknown_parameter"}
    assert set(faults_of(partner.get(path, query(path, "x" * 3000 + "=1"))).values()) == {"unknown_parameter"}


@pytest.mark.parametrize("path", PATHS)
def test_every_fault_is_told_at_once(partner, path):
    names = [name for name in dict(views())[path].parameters().fields if name not in ("cursor", "after")]
    answer = partner.get(path, "&".join([*(f"{name}=%00" for name in names), "bogus=1"]))
    assert faults_of(answer) == {"bogus": "unknown_parameter"} | dict.fromkeys(names, "null_character")
    mixed = {name: next(iter(reversed(bad_values(path, name).items()))) for name in names}
    answer = partner.get(path, "&".join(f"{name}={value}" for name, (value, _) in mixed.items()))
    assert faults_of(answer) == {name: code for name, (_, code) in mixed.items()}


NOT_FREE = (forms.Moment, forms.Span, forms.Reference, serializers.RegexField)
NOTHING = ["(a%2B)%2B$", "%25", "'%3B--", "%F0%9F%98%80"]


@pytest.mark.parametrize("path", PATHS)
def test_words_that_nothing_has_find_nothing_and_break_nothing(partner, path):
    for name in names_of(path):
        field = field_of(path, name)
        is_free = isinstance(field, serializers.CharField) and not isinstance(field, NOT_FREE)
        for value in NOTHING if is_free and name not in OURS else ():
            answer = partner.get(path, query(path, f"{name}={value}"))
            if answer.status_code == 404:
                assert code_of(answer) == "not_found"
            else:
                assert (answer.status_code, answer.json()["results"]) == (200, []), (path, name, value)


def test_fault_names_a_parameter_for_a_reader(partner):
    (fault,) = partner.get("shipments/", {"recipent": "x"}).json()["errors"]
    assert fault["detail"].endswith("Did you mean recipient?")
    (fault,) = partner.get("shipments/", {"fields": "reference,picture.status.valu"}).json()["errors"]
    assert fault["detail"] == "No such field: picture.status.valu. Did you mean picture.status.value?"


def test_fault_lists_what_there_is_where_nothing_is_near(partner):
    (fault,) = partner.get("crises/", {"zzz": "x"}).json()["errors"]
    assert "One of " in fault["detail"]
    assert " country." in fault["detail"]
    (fault,) = partner.get("shipments/", {"fields": "picture.zzz"}).json()["errors"]
    assert "One of " in fault["detail"]
    assert " picture.status," in fault["detail"]
