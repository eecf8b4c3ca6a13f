"""One visit to a house of many processes: every engine is real, and all behind one address.

A designer sends a model from the terminal, a worker converts it, two people who asked different
nodes meet and move a piece, one of them orders, a system is told, and the order is handed over.
"""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
import uuid
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.house import House, standing
from tests.faults.use import furnish, staff
from tests.flows.people import pickup
from tests.flows.process import ROOT
from tests.flows.receiver import receiving
from tests.server.assets.process import triangle
from tests.server.orders.shop import opened
from vitrine_client import Visitor

SKU, GOODS = "SHOE-01", "TEA-01"
STEPS = ("prepare", "finish", "hand_over")
EVENTS = ("placed", "preparing", "ready_for_pickup", "collected")


async def test_one_visit_from_the_designer_to_the_counter(tmp_path: Path):
    with standing(tmp_path, workers=("w1",), small=()) as house:
        began = time.monotonic()
        async with opened(house.mongo.url(house.database)) as store:
            await furnish(house, store)
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(aiohttp.ClientSession(house.site))
            receiver = await stack.enter_async_context(receiving(failures=2))
            hook = {"url": receiver.url}
            _, endpoint, _ = await ask(http, "POST", "/api/webhooks/endpoints", staff(house), hook)
            receiver.secret = endpoint["secret"]
            await a_model_comes_from_the_terminal(house, http, tmp_path)
            anna, headers = await two_who_asked_different_nodes_meet(house, stack)
            order = await she_orders(http, anna, headers)
            await it_is_handed_over(http, house, order)
            for kind in EVENTS:
                event = await receiver.wait_for(f"order.{kind}", order["id"])
                assert receiver.refused[event["id"]] == 2
            _, seen, _ = await ask(http, "GET", f"/api/orders/{order['id']}", headers)
            assert seen["fulfilment"]["status"] == "handed_over"
        print(f"\nfrom the designer to the counter in {time.monotonic() - began:.1f} s")
        assert "request.failed" not in house.logs()


async def ask(
    http: aiohttp.ClientSession, method: str, path: str, headers: dict[str, str], body: Any = None
) -> tuple[int, Any, Any]:
    """Status, answer, headers."""
    async with http.request(method, path, headers=headers, json=body) as answer:
        return answer.status, await answer.json(content_type=None), answer.headers


async def a_model_comes_from_the_terminal(
    house: House, http: aiohttp.ClientSession, folder: Path
) -> None:
    model = folder / "sign.glb"
    model.write_bytes(triangle())
    key = await said(house, "server", "keys", "create", "--role", "designer")
    house_and_key = {"VITRINE_SERVER": house.site, "VITRINE_KEY": key.strip()}
    more = ("upload", str(model), "--sku", SKU, "--json")
    done = json.loads(
        (await said(house, "assets_pipeline", *more, **house_and_key)).splitlines()[-1]
    )
    assert done["event"] == "done", done
    _, shown, _ = await ask(http, "GET", f"/api/products/{SKU}", {})
    assert shown["asset"] == done["id"]
    for file in shown["files"]:
        async with http.get(file["url"]) as answer:
            content = await answer.read()
            assert answer.status == 200
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
            tag = {"If-None-Match": answer.headers["ETag"]}
        async with http.get(file["url"], headers=tag) as answer:
            assert answer.status == 304
    assert done["id"] in house.workers["w1"].output()  # a worker did it, and no node


async def said(house: House, *command: str, **environment: str) -> str:
    """What a command prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command),
        cwd=ROOT,
        env={**os.environ, **house.environment("terminal"), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    async with asyncio.timeout(90):
        output, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return output.decode()


async def two_who_asked_different_nodes_meet(
    house: House, stack: AsyncExitStack
) -> tuple[Visitor, dict[str, str]]:
    """One of them, with her headers."""
    async with aiohttp.ClientSession(house.site) as http:
        _, session, _ = await ask(http, "POST", "/api/sessions", {}, {"name": "Anna"})
    visits = (
        Visitor.enter(f"{house.site}/n/a", "Anna", token=session["token"]),
        Visitor.enter(f"{house.site}/n/b", "Bruno"),
    )
    anna, bruno = [await stack.enter_async_context(visit) for visit in visits]
    await until(lambda: bruno.world.me in anna.world.avatars)
    await until(lambda: anna.world.me in bruno.world.avatars)
    await anna.grab("shoe")
    await anna.move("shoe", (1.0, 1.0, 2.0))
    await anna.release("shoe")
    await until(lambda: bruno.world.objects["shoe"].position == (1.0, 1.0, 2.0))
    return anna, {"Authorization": f"Bearer {session['token']}"}


async def until(seen: Any, seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not seen():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def she_orders(
    http: aiohttp.ClientSession, anna: Visitor, headers: dict[str, str]
) -> dict[str, Any]:
    """Twice with one key, by whichever nodes; she hears of it in the room."""
    wish, key = pickup(GOODS), {"Idempotency-Key": uuid.uuid4().hex}
    heard = asyncio.create_task(order_in_the_room(anna))
    await asyncio.sleep(0)
    status, order, _ = await ask(http, "POST", "/api/orders", headers | key, wish)
    assert status == 201, order
    status, again, _ = await ask(http, "POST", "/api/orders", headers | key, wish)
    assert (status, again["id"]) == (200, order["id"])
    assert await asyncio.wait_for(heard, 10) == order["id"]
    return dict(order)


async def order_in_the_room(anna: Visitor) -> str:
    async for message in anna.messages():
        if type(message).__struct_config__.tag == "order":
            return str(message.order["id"])  # type: ignore[union-attr]
    return ""


async def it_is_handed_over(
    http: aiohttp.ClientSession, house: House, order: dict[str, Any]
) -> None:
    for step in STEPS:
        seen = staff(house) | {"If-Match": f'"{order["version"]}"'}
        status, order, _ = await ask(http, "POST", f"/api/orders/{order['id']}/{step}", seen)
        assert status == 200, order
