"""The whole house on a port of its own, with people of every role in its rooms."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from server.app import open_house
from server.auth import SESSION, Person, Role
from server.people.service import PeopleService
from server.settings import Settings
from tests.server.rooms.house import PRODUCTS, SHOWROOM, House, Shopper

GUEST = Person("guest", "Guest", Role.SHOPPER)
STAFF = Person("staff:milano", "Milano", Role.STAFF)
DESIGNER = Person("designer:d", "Designer", Role.DESIGNER)
OPERATOR = Person("operator", "Operator", Role.OPERATOR)


class WholeHouse(House):
    """With calls over HTTP, as anybody."""

    http: ClientSession
    people: PeopleService

    def bearer(self, person: Person) -> dict[str, str]:
        now = datetime.now(UTC)
        token = self.hub.tokens.issue(person, SESSION, timedelta(hours=1), now)
        return {"Authorization": f"Bearer {token}"}

    async def ask(
        self, method: str, path: str, person: Person | None = None, body: Any = None
    ) -> tuple[int, Any]:
        """Status and answer."""
        headers = self.bearer(person) if person else {}
        async with self.http.request(method, self.url + path, headers=headers, json=body) as answer:
            if "json" in answer.content_type:
                return answer.status, await answer.json()
            return answer.status, await answer.text()

    async def enter_as(self, person: Person, **wish: Any) -> Shopper:
        """In a room and welcomed."""
        shopper = self.shopper(person.name)
        shopper.person = person
        status, ticket = await self.ask("POST", "/api/showrooms/demo/join", person, wish or None)
        assert status == 201, ticket
        await shopper.connect({"ticket": ticket["ticket"]})
        return shopper


@asynccontextmanager
async def whole_house(folder: Path, **settings: Any) -> AsyncIterator[WholeHouse]:
    given = {"address_sockets": 0, "address_joins_per_minute": 0, **settings}
    house = await open_house(Settings(data=folder, **given))
    await house.showrooms.put_showroom({**SHOWROOM, "models": {}})
    house.hub.open_rooms.catalog = Shelf()
    runner = web.AppRunner(house.web, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await house.sockets.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    whole = WholeHouse(house.hub, house.sockets, None, url)  # type: ignore[arg-type]
    whole.people = house.people
    try:
        async with ClientSession() as whole.http:
            yield whole
    finally:
        for shopper in whole.shoppers:
            await shopper.leave()
        await runner.cleanup()
        await house.close()


class Shelf:
    async def products(self) -> list[dict[str, Any]]:
        return PRODUCTS
