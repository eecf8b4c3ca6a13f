"""Codes are six characters that people can type, and that nobody can guess."""

import asyncio
import contextlib
import re
from datetime import timedelta

import pytest
import segno
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from server.auth import SESSION, Person, Role
from server.rooms.code import (
    ALPHABET,
    MAX_WRONG,
    MAX_WRONG_ALTOGETHER,
    Guesses,
    TooManyCodes,
    UnknownCode,
    make_code,
    read_code,
)
from server.rooms.doors import Wish
from server.rooms.routes import qr
from tests.conftest import HeldClock
from tests.server.rooms.house import House, opened

ANNA = Person("anna", "Anna", Role.SHOPPER)
DESK = Person("desk", "Desk", Role.STAFF)


@given(st.binary(min_size=4, max_size=4))
def test_a_code_is_six_characters_and_reads_as_itself(random: bytes):
    code = make_code(random)
    assert len(code) == 6
    assert set(code) <= set(ALPHABET)
    assert read_code(code) == code


@given(st.binary(min_size=4, max_size=4), st.data())
def test_a_code_that_is_typed_badly_is_read(random: bytes, data: st.DataObject):
    code, typed = make_code(random), ""
    for letter in code:
        typed += data.draw(st.sampled_from(["", " ", "-", "\u2011", "\u00a0"]))
        looks = {"0": "0oO", "1": "1iIlL"}.get(letter, letter + letter.lower())
        typed += data.draw(st.sampled_from(looks))
    assert read_code(f" {typed}\n") == code


@given(st.text())
def test_whatever_is_typed_is_a_code_or_none(text: str):
    with contextlib.suppress(UnknownCode):
        assert set(read_code(text)) <= set(ALPHABET)


@pytest.mark.parametrize("text", ["", "ABCDE", "ABCDEFG", "ABCDEU", "ÀBCDEF", "A" * 10_000])
def test_what_cannot_be_a_code_is_unknown(text: str):
    with pytest.raises(UnknownCode):
        read_code(text)


def drawn(svg: str) -> set[tuple[int, int]]:
    """The dark modules of a picture, without its border."""
    x, y, dark = 0.0, 0.0, set()
    (path,) = re.findall(r'class="qrline"[^>]* d="([^"]+)"', svg)
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            dark |= {(int(y) - 3, int(x) - 3 + n) for n in range(int(values[0]))}
            x += values[0]
        elif command == "M":
            x, y = values
        else:
            x, y = x + values[0], y + values[1]
    return dark


def test_the_picture_is_of_the_address():
    address = "https://shop.example/j/7K3M9Q"
    rows = segno.make(address, error="m", micro=False).matrix
    wanted = {(y, x) for y, row in enumerate(rows) for x, module in enumerate(row) if module}
    assert drawn(qr(address)) == wanted


def test_wrong_codes_are_counted_and_right_ones_are_not():
    guesses = Guesses()
    for _ in range(3 * MAX_WRONG):
        guesses.count("here", 0)
        guesses.right("here")
    for _ in range(MAX_WRONG):
        guesses.count("here", 0)
    with pytest.raises(TooManyCodes) as refused:
        guesses.count("here", 15)
    assert refused.value.facts == {"retry_after": 45}
    guesses.count("elsewhere", 15)
    guesses.count("here", 60)


def test_a_thousand_addresses_get_no_further():
    guesses, let_through = Guesses(), 0
    for number in range(1000):
        try:
            guesses.count(f"address {number}", 30)
            let_through += 1
        except TooManyCodes:
            pass
    assert let_through == MAX_WRONG_ALTOGETHER


# ---- of rooms ----


async def ask(
    house: House, method: str, path: str, person: Person | None = None, json: object = None
) -> tuple[int, dict]:
    headers = {}
    if person is not None:
        session = house.hub.tokens.issue(person, SESSION, timedelta(hours=1), house.hub.clock())
        headers["Authorization"] = f"Bearer {session}"
    async with (
        ClientSession(headers=headers) as http,
        http.request(method, house.url + path, json=json, allow_redirects=False) as answer,
    ):
        if answer.content_type.endswith("json"):
            return answer.status, await answer.json()
        return answer.status, {"text": await answer.text(), "headers": dict(answer.headers)}


async def test_a_room_has_one_code_however_many_ask_for_it(house: House):
    people = [Person(f"p{n}", f"P{n}", Role.SHOPPER) for n in range(20)]
    tickets = await asyncio.gather(
        *(house.hub.ways.join("demo", person, house.url) for person in people)
    )
    (code,) = {ticket.code for ticket in tickets}
    status, shown = await ask(house, "GET", f"/api/codes/{code.lower()}")
    assert status == 200
    assert shown == {
        "code": code,
        "url": f"{house.url}/j/{code}",
        "showroom": "demo",
        "room": "demo-1",
        "name": {"en": "Demo", "fr": "Démo", "it": "Demo"},
        "role": None,
        "expires_at": None,
    }


async def test_a_code_outlives_the_server(open_store):
    store = await open_store()
    codes = []
    for _ in range(2):
        async with opened(store) as house:
            codes.append((await house.ticket(ANNA))["code"])
    assert codes[0] == codes[1]


async def test_a_code_brings_one_into_its_room(open_store):
    async with opened(await open_store(), capacity=2) as house:
        first = await house.hub.ways.join("demo", ANNA, house.url)
        for n in range(3):
            await house.hub.ways.join("demo", Person(f"p{n}", "P", Role.SHOPPER), house.url)
        second = await house.hub.ways.join(
            "demo", Person("z", "Z", Role.SHOPPER), house.url, Wish(room="demo-2")
        )
        assert (first.room, second.watching) == ("demo-1", True)
        status, ticket = await ask(
            house,
            "POST",
            "/api/showrooms/demo/join",
            Person("eva", "Eva", Role.SHOPPER),
            {"code": f" {second.code[:3]}-{second.code[3:].lower()} "},
        )
        assert (status, ticket["room"], ticket["watching"]) == (201, "demo-2", True)


async def test_a_code_is_an_address_that_can_be_drawn(house: House):
    code = (await house.ticket(ANNA))["code"]
    status, answer = await ask(house, "GET", f"/j/{code.lower()}")
    assert (status, answer["headers"]["Location"]) == (302, f"/?room=demo&code={code}")
    status, answer = await ask(house, "GET", "/j/zzz-zz9%22%3E")
    assert (status, answer["headers"]["Location"]) == (302, "/?code=zzzzz9")
    status, answer = await ask(house, "GET", f"/api/codes/{code}/qr.svg")
    assert status == 200
    assert answer["text"] == qr(f"{house.url}/j/{code}")
    assert answer["headers"]["Content-Type"].startswith("image/svg+xml")
    assert (await ask(house, "GET", "/api/codes/000000/qr.svg"))[0] == 404
    assert "immutable" in answer["headers"]["Cache-Control"]


async def test_unknown_and_ended_codes_answer_alike_and_only_so_often(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock) as house:
        await house.ticket(ANNA)
        _, made = await ask(house, "POST", "/api/rooms/demo-1/codes", DESK, {"minutes": 5})
        clock.forward(minutes=6)
        answers = [
            await ask(house, "GET", f"/api/codes/{code}")
            for code in (made["code"], "000000", "what")
        ]
        assert {(status, problem["type"]) for status, problem in answers} == {(404, "unknown-code")}
        bodies = {tuple(sorted(problem)) for _, problem in answers}
        assert len(bodies) == 1
        for _ in range(MAX_WRONG):
            status, problem = await ask(house, "GET", "/api/codes/000000")
        assert (status, problem["type"]) == (429, "too-many-codes")
        clock.forward(minutes=1)
        assert (await ask(house, "GET", "/api/codes/000000"))[0] == 404


async def test_the_house_invites_to_a_role_for_a_time(open_store, clock: HeldClock):
    async with opened(await open_store(), clock=clock) as house:
        wish = {"role": "designer", "minutes": 30}
        status, made = await ask(house, "POST", "/api/rooms/demo-3/codes", DESK, wish)
        assert (status, made["room"], made["role"]) == (201, "demo-3", "designer")
        ticket = await house.hub.ways.join("demo", ANNA, house.url, Wish(code=made["code"]))
        assert (ticket.room, ticket.role) == ("demo-3", "designer")
        status, made = await ask(house, "POST", "/api/rooms/demo-3/codes", DESK)
        assert (status, made["role"]) == (201, "shopper")
        clock.forward(minutes=31)
        with pytest.raises(UnknownCode):
            await house.hub.ways.join("demo", ANNA, house.url, Wish(code=made["code"] + "0"))


async def test_who_may_not_invite_is_told_so(house: House):
    path = "/api/rooms/demo-1/codes"
    status, problem = await ask(house, "POST", path, ANNA, {"role": "shopper"})
    assert (status, problem["type"]) == (403, "forbidden")
    designer = Person("d", "D", Role.DESIGNER)
    status, problem = await ask(house, "POST", path, designer, {"role": "moderator"})
    assert (status, problem["type"]) == (403, "invite-not-yours")
    status, problem = await ask(house, "POST", path, DESK, {"role": "staff"})
    assert (status, problem["type"]) == (403, "invite-not-yours")
    for room in ("demo-0", "demo-101", "atlantis-1", "demo", "demo-1x"):
        status, problem = await ask(house, "POST", f"/api/rooms/{room}/codes", DESK)
        assert (status, problem["type"]) == (404, "unknown-room"), room
