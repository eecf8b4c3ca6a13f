"""People meet in the room: feelings, hands, private words, a human who comes, a guide who leads."""

import asyncio

import pytest
import socketio

from tests.flows.browser import DESKTOP, PHONE, Visitor, chromium, enter
from tests.flows.people import sign_in


async def guide(demo, api) -> tuple[socketio.AsyncClient, dict[str, list[dict]]]:
    """Somebody of the house, with a plain Socket.IO client, and what they hear."""
    caller = await sign_in(api, demo)
    _, seat = await caller.post("/api/showrooms/demo/join")
    client, heard = socketio.AsyncClient(reconnection=False), {}
    client.on("*", lambda event, message: heard.setdefault(event, []).append(message))
    await client.connect(seat["url"], auth={"ticket": seat["ticket"]}, transports=["websocket"])
    return client, heard


async def me(person: Visitor) -> str:
    return str(await person.page.evaluate("window.vitrine.me"))


async def heard_by(heard: dict[str, list[dict]], event: str) -> dict:
    async with asyncio.timeout(30):
        while event not in heard:  # noqa: ASYNC110 - the client has no event to await
            await asyncio.sleep(0.05)
    return heard[event][-1]


@pytest.mark.browser
async def test_people_show_say_and_do_things_together(demo, api):
    marta, heard = await guide(demo, api)
    async with chromium() as browser:
        ada = await enter(browser, demo.url, "Ada", **DESKTOP)
        bea = await enter(browser, demo.url, "Bea", **PHONE)
        await ada.until("window.vitrine.avatars.some(({ name }) => name === 'Bea')")
        await signs(ada, bea)
        await private_words(ada, bea, heard)
        await help_comes(ada, marta, heard)
        await all_follow(ada, bea, marta)
        await another_figure(ada, bea)
        assert (ada.errors, bea.errors) == ([], [])
    await marta.disconnect()


async def signs(ada: Visitor, bea: Visitor) -> None:
    await ada.press("emotes")
    await ada.press("emote-wave")
    await bea.until("window.vitrine.signs.shown === 1", "Ada is seen to wave")
    await bea.press("hand")
    await ada.until(f"window.vitrine.signs.raised.includes('{await me(bea)}')")


async def private_words(ada: Visitor, bea: Visitor, heard: dict[str, list[dict]]) -> None:
    await ada.press("people")
    await ada.press(f"person-{await me(bea)}")
    await ada.press(f"whisper-{await me(bea)}")
    await ada.write("say", "Just between us")
    await bea.see("writing", "Ada")
    await ada.press("send")
    await bea.until("window.vitrine.talk.some(({ text }) => text === 'Just between us')")
    await heard_by(heard, "passed")
    assert "said" not in heard
    await ada.press("say-to-all")


async def help_comes(ada: Visitor, marta, heard: dict[str, list[dict]]) -> None:
    await ada.press("help")
    assert (await heard_by(heard, "help"))["name"] == "Ada"
    await ada.see("help-off")
    await marta.call("help", {"on": False, "avatar": await me(ada)})
    await ada.until("!document.querySelector('[data-testid=sheet-help]')", "somebody comes")


async def all_follow(ada: Visitor, bea: Visitor, marta) -> None:
    await marta.call("gather", {"position": [0, 0, 1], "lead": True})
    await bea.see("invitation")
    await bea.press("stay")
    await ada.until("window.vitrine.leader", "Ada walks along")
    await ada.page.locator("#stage").focus()
    await ada.page.keyboard.press("KeyW")
    await ada.until("window.vitrine.leader === null", "and walks alone again by her own will")
    assert await bea.page.evaluate("window.vitrine.leader") is None


async def another_figure(ada: Visitor, bea: Visitor) -> None:
    await bea.press("people")
    await bea.press("looks")
    await bea.press("figure-leaf")
    await bea.press("wear")
    await ada.until("window.vitrine.avatars.some(({ figure }) => figure === 'leaf')")
