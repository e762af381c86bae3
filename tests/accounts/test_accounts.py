"""Signing in and up: cookies in the place of keys."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.accounts import ROUTES
from mockserver.accounts.answers import ANSWERS
from mockserver.request.auth import CSRF_COOKIE
from tests.conftest import Client

ME = "/api/users/@me/"
MIA = {"email": "mia@hedgebox.test", "password": "whatever it is"}


@pytest.fixture
def browser(either: Client) -> Client:
    return either.as_key(None)


def csrf(browser: Client) -> dict[str, str]:
    cookie = browser.flask.get_cookie(CSRF_COOKIE)
    return {"X-CSRFToken": cookie.value if cookie else ""}


def test_session_reads_with_its_cookie_and_writes_with_its_token(browser: Client) -> None:
    assert browser.get(ME).status_code == 401
    assert browser.post("/api/login/", MIA).json == {"success": True}
    me = browser.get(ME).json
    assert (me["email"], me["sensitive_session_expires_at"] is not None) == (MIA["email"], True)
    refused = browser.patch(ME, {"last_name": "M"})
    assert (refused.status_code, refused.json["detail"]) == (403, "CSRF Failed: CSRF token missing.")
    assert browser.patch(ME, {"last_name": "M"}, headers={"X-CSRFToken": "x"}).status_code == 403
    assert browser.patch(ME, {"last_name": "M"}, headers=csrf(browser)).json["last_name"] == "M"
    assert browser.get("/api/personal_api_keys/").json[0]["label"] == "member"
    assert browser.get("/logout/").headers["Location"] == "/login"
    assert browser.get(ME).json["code"] == "not_authenticated"


def test_key_counts_before_a_cookie(browser: Client) -> None:
    browser.post("/api/login/", MIA)
    assert browser.as_key("phx_mock_admin").patch(ME, {"last_name": "A"}).json["email"] == "adam@hedgebox.test"


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({}, "required", "email"),
        ({"email": "mia@hedgebox.test"}, "required", "password"),
        ({"email": "", "password": "x"}, "blank", "email"),
        ({**MIA, "password": "short"}, "invalid_credentials", None),
        ({**MIA, "email": "Mia@hedgebox.test"}, "invalid_credentials", None),
        ({**MIA, "email": "nobody@hedgebox.test"}, "invalid_credentials", None),
        ([], "invalid_input", None),
    ],
)
def test_sign_in_refuses(body: Any, code: str, attr: str | None, browser: Client) -> None:
    refused = browser.post("/api/login/", body)
    assert (refused.status_code, refused.json["code"], refused.json["attr"]) == (400, code, attr)
    assert browser.get(ME).status_code == 401


def test_who_fails_thirty_times_waits_ten_minutes(browser: Client) -> None:
    for _ in range(30):
        assert browser.post("/api/login/", {**MIA, "password": "x"}).status_code == 400
    assert browser.post("/api/login/", MIA).json["code"] == "too_many_failed_attempts"
    browser.put("/__admin/worlds/default/clock", {"advance": 601})
    assert browser.post("/api/login/", MIA).status_code == 200


def test_password_that_was_set_is_the_one(browser: Client) -> None:
    user = {"id": 90, "email": "pat@mock.test", "password": "correct horse"}
    browser.post("/__admin/worlds/default/load", {"users": [user]})
    assert browser.post("/api/login/", {"email": "pat@mock.test", "password": "battery staple"}).status_code == 400
    assert browser.post("/api/login/", {"email": "pat@mock.test", "password": "correct horse"}).status_code == 200


def test_address_tells_the_world(browser: Client) -> None:
    world = browser.post("/__admin/worlds", {"scenario": "empty"}).json
    browser.post(f"/__admin/worlds/{world['id']}/load", {"users": [{"id": 90, "email": "else@where.test"}]})
    assert browser.post("/api/login/", {"email": "else@where.test", "password": "anything goes"}).status_code == 200
    assert browser.get(ME).json["email"] == "else@where.test"
    asked = browser.get(f"/__admin/worlds/{world['id']}/requests").json["requests"]
    assert {entry["path"] for entry in asked} == {"/api/login/", ME}
    browser.delete(f"/__admin/worlds/{world['id']}")
    assert browser.get(ME).status_code == 401


def test_cookie_of_a_world_that_is_gone_keeps_nobody_out(browser: Client) -> None:
    for name in ("first", "second"):
        world, ann = browser.post("/__admin/worlds", {"scenario": "empty"}).json, f"ann@{name}.test"
        browser.post(f"/__admin/worlds/{world['id']}/load", {"users": [{"email": ann}]})
        assert browser.post("/api/login/", {"email": ann, "password": "anything goes"}).json == {"success": True}
        browser.delete(f"/__admin/worlds/{world['id']}")


def test_domain_says_how_its_people_sign_in(browser: Client) -> None:
    assert browser.post("/api/login/precheck/", MIA).json == {"sso_enforcement": None, "saml_available": False}
    domain = "/api/organizations/@current/domains/01890000-0000-7000-8000-0000000000b2/"
    saml = {"saml_entity_id": "a", "saml_acs_url": "b", "saml_x509_cert": "c", "sso_enforcement": "saml"}
    browser.as_key("phx_mock_all_access").patch(domain, saml)
    assert browser.post("/api/login/precheck/", MIA).json == {"sso_enforcement": "saml", "saml_available": True}
    assert browser.post("/api/login/", MIA).json["code"] == "sso_enforced"
    told = browser.as_key("phx_mock_member").get(ME).json
    profile = browser.get("/__admin/worlds/default").json["profile"]
    assert told.get("has_sso_enforcement") is (True if profile == "documented" else None)  # unseen on servers


def test_invite_is_accepted_by_signing_up(browser: Client) -> None:
    invite = "/api/signup/01890000-0000-7000-8000-0000000000b1/"
    shown = browser.get(invite).json
    assert (shown["target_email"], shown["organization_name"]) == ("grace@hedgebox.test", "Hedgebox")
    assert browser.as_key("phx_mock_member").get(invite).json["code"] == "invalid_recipient"
    assert browser.post(invite, {}).json["attr"] == "first_name"
    assert browser.post(invite, {"first_name": "G", "password": "x"}).json["code"] == "password_too_short"
    joined = browser.post(invite, {"first_name": "Gracie", "password": "long enough"})
    assert (joined.status_code, joined.json["email"], joined.json["redirect_url"]) == (201, "grace@hedgebox.test", "/")
    assert browser.get(ME).json["organization"]["membership_level"] == 1
    for gone in (invite, "/api/signup/abc/", "/api/signup/01890000-0000-7000-8000-00000000ffff/"):
        assert browser.post(gone, {}).json["detail"] == "The provided invite ID is not valid."


def test_what_asks_for_mail_is_refused(browser: Client) -> None:
    assert browser.post("/api/reset/", {"email": "a@b.test"}).json["code"] == "email_not_available"
    assert browser.post("/api/reset/01890000-0000-7000-8000-00000000ffff/", {}).json["code"] == "invalid_token"
    verify = "/api/users/request_email_verification/"
    assert browser.post(verify, {"uuid": "x"}).json["code"] == "email_not_available"
    assert browser.post("/api/users/verify_email/", {"uuid": "x", "token": "x"}).json["code"] == "invalid_token"
    assert browser.post("/api/signup/", {}).status_code == 401


def test_every_path_has_an_answer_and_the_reverse() -> None:
    assert {name for _, _, name in ROUTES} == ANSWERS.keys()
