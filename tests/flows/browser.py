"""A real Chromium, drawing WebGL in software, and people who use the pages in it."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Page, async_playwright

NAMES = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 90.0  # seconds: a frame of the room takes seconds without a graphics card
DESKTOP = {"viewport": {"width": 960, "height": 600}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "locale": "it-IT",
}
PRESS = """(() => {
  const button = document.querySelector('[data-testid="TESTID"]');
  const able = button !== null && !button.disabled;
  if (able) button.click();
  return able;
})()"""
MOVING = (
    "document.getAnimations().some((one) => one.playState === 'running'"
    " && one.effect.getComputedTiming().iterations !== Infinity)"
)
TABLET = {"viewport": {"width": 1180, "height": 820}}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = next((found for name in NAMES if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium here; `make test` installs one, or says how")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@dataclass
class Visitor:
    """Somebody at a page; `errors` are the page's own, and there should be none."""

    page: Page
    errors: list[str]

    async def until(self, condition: str, what: str = "") -> object:
        """Until a JavaScript expression is true; the page's own policy forbids to eval in it."""
        ends = time.monotonic() + PATIENCE
        while not (found := await self._ask(condition)):
            if time.monotonic() > ends:
                shot = await self._picture("stuck")
                raise AssertionError(f"{what or condition}: never; see {shot}; {self.errors}")
            await asyncio.sleep(0.1)
        return found

    async def _ask(self, condition: str) -> object:
        """Nothing, of a page that is just being left for another one."""
        try:
            return await self.page.evaluate(condition)
        except Error as error:
            if "Execution context was destroyed" not in error.message:
                raise
            return None

    async def see(self, testid: str, text: str | None = None) -> None:
        """Until it is on the page, and reads as given."""
        shown = f"document.querySelector('[data-testid=\"{testid}\"]')"
        wanted = f"?.textContent?.includes({text!r})" if text else " !== null"
        await self.until(f"{shown}{wanted}", f"{testid} {text or ''}")

    async def press(self, testid: str) -> None:
        """As a click or a tap does, whatever is still moving on the page.

        Found and clicked in one go: a page may draw itself anew in between, and a button that is no
        longer in it does nothing.
        """
        await self.until(PRESS.replace("TESTID", testid), f"{testid} to be pressed")

    async def write(self, testid: str, text: str) -> None:
        await self.see(testid)
        await self.page.get_by_test_id(testid).fill(text)

    async def shoot(self, name: str) -> None:
        """For people to look at, when SHOTS says where: a picture of what has come to rest."""
        if "SHOTS" in os.environ:
            await self.until(f"!{MOVING}")
            await self._picture(name)

    async def _picture(self, name: str) -> Path:
        path = Path(os.environ.get("SHOTS", "/tmp/vitrine-shots"), f"{name}.png")
        await self.page.screenshot(path=path, timeout=PATIENCE * 1000)
        return path


async def visitor(browser: Browser, url: str, script: str = "", **context) -> Visitor:
    """A fresh browser profile at an address; `script` runs before the page's own."""
    page = await (await browser.new_context(**context)).new_page()
    await page.add_init_script(script or "0")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: errors.append(message.text) if message.type == "error" else None,
    )
    page.set_default_timeout(PATIENCE * 1000)
    await page.goto(url)
    return Visitor(page, errors)


async def enter(browser: Browser, url: str, name: str, **context) -> Visitor:
    """Inside the showroom, with everything on show; `context` as for visitor."""
    person = await visitor(browser, url, **context)
    await person.write("name", name)
    await person.press("enter")
    await person.until("window.vitrine?.joined && window.vitrine.ready", f"{name} is inside")
    return person
