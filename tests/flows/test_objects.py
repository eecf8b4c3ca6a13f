"""Looking at pieces together: light, pointing, details, turning, bringing and pinning."""

import json

import pytest

from tests.flows.browser import Visitor, chromium, enter
from tests.flows.people import sign_in, visit

SMALL = {"viewport": {"width": 640, "height": 480}}


def thing(id: str) -> str:
    return f"window.vitrine.display.things.find((one) => one.id === {id!r})"


async def ask(page: Visitor, testid: str, then: str) -> None:
    await page.press(testid)
    await page.until(then)


@pytest.mark.browser
async def test_what_one_shows_the_others_see(demo, api):
    guide, _ = await visit(demo, api, "Nina", await sign_in(api, demo))
    heard: list[tuple[str, dict]] = []
    guide.on("*", lambda event, body: heard.append((event, body)))
    async with chromium() as browser:
        ada = await enter(browser, demo.url, "Ada", **SMALL)
        assert (await guide.call("spotlight", {"object": "chair"}))["ok"]
        assert (await guide.call("point", {"at": {"object": "vase"}}))["ok"]
        assert (await guide.call("pin", {"object": "vase", "pinned": True}))["ok"]
        await ada.until("window.vitrine.display.spotlight === 'chair'")
        await ada.until("window.vitrine.display.pointing.length === 1")
        await ada.until(f"{thing('vase')}.pinned")
        await ada.shoot("shown")

        await ada.press("piece-vase")
        await ada.see("pinned-here")
        assert await ada.page.get_by_test_id("hold").count() == 0

        await ada.press("piece-shoe")
        await ask(ada, "detail-shoe-sole", f"{thing('shoe')}.hotspot === 'sole'")
        await ask(ada, "do-spin", f"{thing('shoe')}.spin > 0")
        await ask(ada, "do-bring", f"{thing('shoe')}.spin === 0")
        await ada.see("put-home")
        await ada.shoot("brought")
        await ada.press("put-home")
        await ada.until("!document.querySelector('[data-testid=\"put-home\"]')")
        await ada.press("hold")
        await ada.until("window.vitrine.hold.id === 'shoe'")
        await ask(ada, "larger", "window.vitrine.hold.scale > 1")
        await ada.press("put-back")
        await ada.until(f"{thing('shoe')}.scale === 1")
        assert ada.errors == [], json.dumps(ada.errors)
    await guide.call("spotlight", {"object": None})
    await guide.call("pin", {"object": "vase", "pinned": False})
    names = [event for event, _ in heard]
    assert {"shown", "moved", "held"} <= set(names)
    await guide.disconnect()
