"""Signing in, and what a token is good for."""

import asyncio
import itertools
import threading
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.auth import SESSION, TICKET, ExpiredToken, InvalidToken, Person, Role, Tokens
from server.people.account import (
    LoginRests,
    NoName,
    NoSuchKey,
    UnknownKey,
    WrongPassword,
    shown_name,
)
from server.people.passwords import Passwords
from server.people.repository import People
from server.people.routes import routes
from server.people.service import PeopleService
from tests.conftest import NOON
from tests.server.web import serving

ADA = Person("ada", "Ada", Role.SHOPPER, {"color": "#112233"})
TOKENS = Tokens(b"a secret of at least thirty-two bytes")
HOUR = timedelta(hours=1)


@pytest.fixture
async def people(open_store, clock):
    numbers = itertools.count(1)
    return PeopleService(
        people=People(await open_store()),
        tokens=TOKENS,
        passwords=Passwords(),
        clock=clock,
        new_id=lambda: f"id-{next(numbers)}",
        new_secret=lambda: f"secret{next(numbers)}",
    )


def test_a_token_tells_who_it_belongs_to():
    token = TOKENS.issue(ADA, SESSION, HOUR, NOON, room="demo")
    claims = TOKENS.read(token, SESSION, NOON)
    assert (claims.person, claims.extra) == (ADA, {"room": "demo"})


def test_a_token_is_good_for_one_use_only():
    with pytest.raises(InvalidToken):
        TOKENS.read(TOKENS.issue(ADA, SESSION, HOUR, NOON), TICKET, NOON)


def test_a_token_ends():
    with pytest.raises(ExpiredToken):
        TOKENS.read(TOKENS.issue(ADA, SESSION, HOUR, NOON), SESSION, NOON + HOUR)


def test_a_token_of_another_secret_is_refused():
    with pytest.raises(InvalidToken):
        Tokens(b"another secret of thirty-two bytes").read(
            TOKENS.issue(ADA, SESSION, HOUR, NOON), SESSION, NOON
        )


@given(st.text(max_size=300))
def test_no_text_is_taken_for_a_token(text):
    with pytest.raises(InvalidToken):
        TOKENS.read(text, SESSION, NOON)


def test_a_name_is_shown_in_one_line_and_never_empty():
    assert shown_name("  Ada   Lovelace ") == "Ada Lovelace"
    with pytest.raises(NoName):
        shown_name("   ")


async def test_staff_sign_in_with_their_password(people):
    await people.put_account("milano", "a good password", "Milano desk", Role.STAFF)
    session = await people.sign_in("milano", "a good password")
    assert (await people.identify(session.token)).role == Role.STAFF


async def test_a_wrong_password_and_an_unknown_login_answer_alike(people):
    await people.put_account("milano", "a good password", "Milano desk", Role.STAFF)
    for login in ("milano", "nobody"):
        with pytest.raises(WrongPassword):
            await people.sign_in(login, "a bad password")


async def test_a_login_rests_after_many_wrong_passwords(people, clock):
    await people.put_account("milano", "a good password", "Milano desk", Role.STAFF)
    for _ in range(8):
        with pytest.raises(WrongPassword):
            await people.sign_in("milano", "a bad password")
    with pytest.raises(LoginRests):
        await people.sign_in("milano", "a good password")
    clock.forward(seconds=301)
    assert await people.sign_in("milano", "a good password")


async def test_wrong_passwords_sent_all_at_once_are_counted_as_well(people):
    await people.put_account("milano", "a good password", "Milano desk", Role.STAFF)
    tries = [people.sign_in("milano", f"bad password {n}") for n in range(20)]
    refusals = [type(error) for error in await asyncio.gather(*tries, return_exceptions=True)]
    assert (refusals.count(WrongPassword), refusals.count(LoginRests)) == (8, 12)


async def test_passwords_leave_threads_to_others(monkeypatch):
    passwords, gate = Passwords(), threading.Event()
    monkeypatch.setattr(passwords, "_verify", lambda *_: gate.wait(5))
    checks = [asyncio.create_task(passwords.verify(None, "x")) for _ in range(40)]
    await asyncio.sleep(0)
    async with asyncio.timeout(2):
        await asyncio.to_thread(lambda: None)
    gate.set()
    assert all(await asyncio.gather(*checks))


async def test_a_key_opens_with_its_secret_only(people):
    text = await people.create_key("warehouse", Role.INTEGRATION)
    assert (await people.identify(text)).role == Role.INTEGRATION
    for wrong in (text + "x", text[:-1], "vk_", "vk_a_b"):
        with pytest.raises(UnknownKey):
            await people.identify(wrong)


async def test_a_revoked_key_opens_nothing(people):
    text = await people.create_key("warehouse", Role.INTEGRATION)
    (key,) = await people.keys()
    await people.revoke_key(key.id)
    with pytest.raises(UnknownKey):
        await people.identify(text)
    with pytest.raises(NoSuchKey):
        await people.revoke_key(key.id)


@pytest.mark.parametrize("how", ["another password", "removed"])
async def test_a_new_password_or_a_removed_account_ends_its_sessions(people, how):
    await people.put_account("milano", "a good password", "Milano desk", Role.STAFF)
    session = await people.sign_in("milano", "a good password")
    if how == "removed":
        await people.remove_account("milano")
    else:
        await people.put_account("milano", "a better password", "Milano desk", Role.STAFF)
    with pytest.raises(InvalidToken):
        await people.identify(session.token)


async def test_a_role_that_changed_holds_at_once(people):
    await people.put_account("milano", "a good password", "Milano desk", Role.STAFF)
    session = await people.sign_in("milano", "a good password")
    account = await people.people.account("milano")
    await people.people.put_account(msgspec.structs.replace(account, role=Role.DESIGNER))
    assert (await people.identify(session.token)).role == Role.DESIGNER


async def test_a_guest_gives_a_name_and_nothing_else(people):
    async with serving(routes(people)) as client:
        answer = await client.post("/api/sessions", json={"name": "Ada"})
        session = await answer.json()
        assert answer.status == 201
        assert session["person"]["name"] == "Ada"
        assert session["person"]["role"] == "shopper"
        extra = await client.post("/api/sessions", json={"name": "Ada", "email": "a@example.org"})
        assert extra.status == 422


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "bad-request"),
        (b"\xff\xfe", 400, "bad-request"),
        (b'{"name": ' * 100_000, 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b'{"name": ""}', 422, "invalid"),
        (b'{"name": "   "}', 422, "no-name"),
        (b'{"name": "A\\nB"}', 422, "invalid"),
        (b'{"name": "A\\u202eB"}', 422, "invalid"),
        (b'{"name": 7}', 422, "invalid"),
        (b'{"name": "Ada", "avatar": {"color": "red"}}', 422, "invalid"),
        (b'"' + b"x" * 1_000_001 + b'"', 413, "too-large"),
    ],
)
async def test_a_bad_body_is_answered_with_what_is_wrong(people, body, status, kind):
    async with serving(routes(people)) as client:
        json = {"Content-Type": "application/json"}
        answer = await client.post("/api/sessions", data=body, headers=json)
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, problem["type"]) == (status, kind)
        assert problem["detail"]


async def test_a_form_is_not_json(people):
    async with serving(routes(people)) as client:
        answer = await client.post("/api/sessions", data={"name": "Ada"})
        assert answer.status == 415
