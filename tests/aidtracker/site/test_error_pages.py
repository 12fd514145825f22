"""A page that cannot be shown says so in words, leads back, and tells what broke by a number alone."""

import re

import pytest
from django.test import Client

from tests.pages import signed_in

pytestmark = pytest.mark.django_db

HOME = 'href="/admin/"'


def sign_in_again(client: Client):
    return client.post("/admin/login/", {"username": "ana", "password": "password"})


@pytest.mark.parametrize(
    ("ask", "status", "said"),
    [
        (lambda: signed_in().get("/admin/nowhere/"), 404, "There is nothing here that you may see"),
        (lambda: Client().get("/nowhere"), 404, "There is nothing here that you may see"),
        (lambda: signed_in().get("/admin/actors/user/add/"), 403, "This is not allowed to you"),
        (lambda: sign_in_again(Client(enforce_csrf_checks=True)), 403, "This form was not accepted"),
        (lambda: Client(headers={"host": "elsewhere.example"}).get("/nowhere"), 400, "This request cannot be read"),
    ],
    ids=["nothing in the admin", "nothing anywhere", "not allowed", "a form without its token", "another host"],
)
def test_what_cannot_be_shown_is_told_in_words_with_a_way_back(ask, status, said):
    answer = ask()
    assert answer.status_code == status
    assert said in answer.text
    assert HOME in answer.text


def test_a_crash_tells_its_number_and_nothing_else(monkeypatch, caplog):
    def break_down(*args, **kwargs):
        raise RuntimeError("a secret")

    monkeypatch.setattr("aidtracker.site.first_page.first_page", break_down)
    answer = signed_in().get("/admin/")
    assert answer.status_code == 500
    (number,) = re.findall(r"what happened: ([0-9a-f-]{36})", answer.text)
    assert number in caplog.text
    assert "a secret" not in answer.text
    assert HOME in answer.text
