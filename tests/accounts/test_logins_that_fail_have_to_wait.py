"""Guessing passwords is slow, for every web process alike, and keeps nobody out for long."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from accounts.models import LoginAttempt
from accounts.throttling import FROM_ADDRESS, ON_NAME, PAIR, client_address
from tests.accounts.threads import together
from tests.factory import PASSWORD, make_user

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
HERE = "192.0.2.1"


def log_in(
    name: str, password: str = "wrong", address: str = HERE, client: Client | None = None
) -> Any:
    body = {"username": name, "password": password}
    return (client or Client()).post(LOGIN, body, REMOTE_ADDR=address)


def later(minutes: float) -> None:
    LoginAttempt.objects.update(at=F("at") - timedelta(minutes=minutes))


def test_the_right_password_is_refused_too_after_many_wrong_ones() -> None:
    make_user("ada")
    assert all(log_in("ada").status_code == 200 for _ in range(PAIR))
    answer = log_in("ada", PASSWORD)
    assert answer.status_code == 429
    assert 290 <= int(answer["Retry-After"]) <= 300
    assert "Try again in 5 minutes" in answer.content.decode()
    assert log_in("ADA ", PASSWORD).status_code == 429


def test_the_wait_ends_and_what_was_refused_meanwhile_does_not_prolong_it() -> None:
    make_user("ada")
    for _ in range(PAIR):
        log_in("ada")
    later(4)
    refused = log_in("ada", PASSWORD)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) <= 60
    later(1.1)
    assert log_in("ada", PASSWORD).status_code == 302
    assert not LoginAttempt.objects.exists()


def test_success_starts_the_count_again() -> None:
    make_user("ada")
    for _ in range(2):
        for _ in range(PAIR - 1):
            assert log_in("ada").status_code == 200
        assert log_in("ada", PASSWORD).status_code == 302


def test_one_address_cannot_try_many_names() -> None:
    make_user("ada")
    for number in range(FROM_ADDRESS):
        assert log_in(f"user{number}").status_code == 200
    assert log_in("ada", PASSWORD).status_code == 429
    assert log_in("ada", PASSWORD, address="192.0.2.2").status_code == 302


def test_an_own_account_does_not_open_the_way_to_others() -> None:
    make_user("mallory")
    for number in range(FROM_ADDRESS):
        log_in(f"user{number}")
        if number % 5 == 0:
            log_in("mallory", PASSWORD)
    assert log_in("user99").status_code == 429


@pytest.mark.parametrize("name", ["ｅng-b", "ENG-B", " eng-b ", "eng\uff0db"])
def test_another_way_to_write_a_name_is_the_same_name(name: str) -> None:
    make_user("eng-b")
    for _ in range(PAIR):
        assert log_in(name).status_code == 200
    assert log_in("eng-b", PASSWORD).status_code == 429


def known_browser(name: str) -> Client:
    """Return a browser in which a person has logged in and out."""
    browser = Client()
    assert log_in(name, PASSWORD, client=browser).status_code == 302
    browser.post("/accounts/logout/")
    return browser


def test_a_stranger_does_not_keep_a_person_out_of_the_own_browser() -> None:
    make_user("ada")
    known = known_browser("ada")
    for number in range(ON_NAME):
        assert log_in("ada", address=f"198.51.100.{number}").status_code == 200
    assert log_in("ada", PASSWORD, address="192.0.2.9").status_code == 429
    assert log_in("ada", PASSWORD, client=known).status_code == 302


@pytest.mark.parametrize("names", [["ada"] * PAIR, [f"user{n}" for n in range(FROM_ADDRESS)]])
def test_nor_does_one_behind_the_same_address(names: list[str]) -> None:
    make_user("ada")
    known = known_browser("ada")
    for name in names:
        assert log_in(name).status_code == 200
    assert log_in("ada", PASSWORD).status_code == 429
    assert log_in("ada", PASSWORD, client=known).status_code == 302


def test_a_known_browser_has_a_limit_of_its_own() -> None:
    make_user("ada")
    known, other = known_browser("ada"), known_browser("ada")
    for _ in range(PAIR):
        assert log_in("ada", client=known).status_code == 200
    assert log_in("ada", PASSWORD, client=known).status_code == 429
    assert log_in("ada", PASSWORD, client=known, address="192.0.2.9").status_code == 429
    assert log_in("ada", PASSWORD, client=other).status_code == 302
    assert log_in("ada", PASSWORD).status_code == 302


def test_a_browser_is_known_for_its_own_name_only() -> None:
    make_user("ada")
    make_user("mallory")
    known = known_browser("mallory")
    for _ in range(PAIR):
        assert log_in("ada", client=known).status_code == 200
    assert log_in("ada", PASSWORD, client=known).status_code == 429


def test_a_made_up_cookie_is_known_to_nobody() -> None:
    make_user("ada")
    known = Client()
    known.cookies["known"] = f"{'0' * 64}.x:1uAAAA:{'A' * 43}"
    for _ in range(PAIR):
        log_in("ada", client=known)
    assert log_in("ada", PASSWORD, client=known).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_moment_are_all_counted() -> None:
    make_user("ada")
    answers = together(*(lambda: log_in("ada").status_code for _ in range(PAIR + 6)))
    assert sorted(answers) == [200] * PAIR + [429] * 6


def test_an_ipv6_client_is_its_network() -> None:
    for number in range(PAIR):
        assert log_in("ada", address=f"2001:db8::{number:x}").status_code == 200
    assert log_in("ada", address="2001:db8::ffff").status_code == 429
    assert log_in("ada", address="2001:db8:0:1::1").status_code == 200


def test_neither_names_nor_addresses_are_kept() -> None:
    log_in("my secret password")
    row = LoginAttempt.objects.get()
    assert "secret" not in row.person
    assert HERE not in row.place
    later(6)
    log_in("ada")
    assert LoginAttempt.objects.count() == 1


@pytest.mark.parametrize(
    ("trust", "hops", "forwarded", "address"),
    [
        (False, 1, "203.0.113.7", HERE),
        (True, 1, "203.0.113.7", "203.0.113.7"),
        (True, 1, "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        (True, 2, "6.6.6.6, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (True, 3, "203.0.113.7", HERE),
        (True, 1, "", HERE),
    ],
)
def test_only_trusted_proxies_say_who_asks(
    settings: Settings, trust: bool, hops: int, forwarded: str, address: str
) -> None:
    settings.TRUST_PROXY, settings.PROXY_HOPS = trust, hops
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory(headers=headers).get(LOGIN, REMOTE_ADDR=HERE)
    assert client_address(request) == address
