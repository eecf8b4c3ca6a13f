"""Who takes part: shoppers, staff, and somebody with a plain Socket.IO client."""

import asyncio

import socketio


async def enter(api, url="", name="Ada"):
    """A guest's own caller and person id."""
    status, session = await api(url=url).post("/api/sessions", {"name": name})
    assert status == 201
    return api(session["token"], url), session["person"]["id"]


async def sign_in(api, server):
    access = server.access()
    status, session = await api(url=server.url).post(
        "/api/sessions/staff", {"login": access["login"], "password": access["password"]}
    )
    assert status == 201, session
    return api(session["token"], server.url)


def pickup(sku="SCENT-01", store="milano", **more):
    fulfilment = {"kind": "pickup", "store": store, **more}
    return {"lines": [{"sku": sku, "quantity": 1}], "fulfilment": fulfilment}


async def visit(demo, api, name, caller=None):
    """A connected client and its welcome; of a guest, where no caller is given."""
    if caller is None:
        caller, _ = await enter(api, name=name)
    _, seat = await caller.post("/api/showrooms/demo/join")
    client = socketio.AsyncClient(reconnection=False)
    welcome = asyncio.get_running_loop().create_future()
    client.on("welcome", lambda news: welcome.done() or welcome.set_result(news))
    await client.connect(seat["url"], auth={"ticket": seat["ticket"]}, transports=["websocket"])
    return client, await asyncio.wait_for(welcome, 10)
