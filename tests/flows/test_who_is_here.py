"""Features offer what one can do, and visitors find it: with keys, with a finger."""

import pytest

from tests.flows.browser import DESKTOP, PHONE, Visitor, chromium, visitor

# What a feature's file may do, in one that stands in for an empty one.
WAVING = """
import { Group, Vector3 } from 'three';
import { addIcons } from '../dom.js';

export function install({ bar, foot, peopleMenu, avatars, hearing, debug }) {
  const done = [];
  const waved = new Set();
  addIcons({ wave: 'M4 12c3-6 5 6 8 0s5 6 8 0' });
  bar.offer({ id: 'share', icon: 'people', label: 'people', act: () => done.push('share') });
  foot.offer({ id: 'wave', icon: 'wave', label: 'hold', act: () => done.push('wave') });
  peopleMenu.offer({
    id: 'greet',
    icon: 'wave',
    label: 'joined',
    pressed: ({ id }) => waved.has(id),
    act: ({ id, name }) => {
      done.push(name);
      waved.add(id);
      avatars.above(id).add(new Group());
      avatars.opacity(id, 0.5);
      avatars.remake(id);
      peopleMenu.changed();
    },
  });
  hearing.on('welcome', () => done.push('welcome'));
  avatars.on('entered', ({ name }) => done.push(`${name} entered`));
  avatars.on('left', ({ name }) => done.push(`${name} left`));
  debug.extend('done', () => [...done]);
  debug.extend('heads', () =>
    [...avatars.people.keys()].map((id) => avatars.headOf(id, new Vector3())?.toArray() ?? null),
  );
}
"""
NAME = "document.activeElement?.dataset.testid"


async def enter_waving(browser, url: str, name: str, **context) -> Visitor:
    person = await visitor(browser, "about:blank", **context)
    await person.page.route(
        "**/js/features/voice.js",
        lambda route: route.fulfill(body=WAVING, content_type="text/javascript"),
    )
    await person.page.goto(url)
    await person.write("name", name)
    await person.press("enter")
    await person.until("window.vitrine?.joined && window.vitrine.ready", f"{name} is inside")
    return person


@pytest.mark.browser
async def test_a_visitor_finds_what_to_do_with_the_others(demo):
    async with chromium() as browser:
        ada = await enter_waving(browser, demo.url, "Ada", **DESKTOP)
        bea = await enter_waving(browser, demo.url, "Bea", **PHONE)
        await ada.until("window.vitrine.heads.some((head) => head !== null)")
        await with_keys_only(ada)
        await with_a_finger(bea)
        await ada.press("people")
        await bea.page.context.close()
        await ada.until("window.vitrine.done.includes('Bea left')")
        await ada.until("document.querySelectorAll('.person').length === 1", "only Ada is left")
        assert (ada.errors, bea.errors) == ([], [])


async def with_a_finger(bea: Visitor) -> None:
    await bea.shoot("offers-on-a-phone")
    await bea.page.get_by_test_id("people").tap()
    await bea.page.locator("button.person").tap()
    await bea.page.locator("[data-testid^=greet-]").tap()
    await bea.until("window.vitrine.done.includes('Ada')")
    await bea.shoot("who-is-here-on-a-phone")


async def with_keys_only(ada: Visitor) -> None:
    keyboard = ada.page.keyboard
    await ada.page.get_by_test_id("people").focus()
    await keyboard.press("Enter")
    await ada.see("sheet-people", "Bea")
    while not str(await ada.page.evaluate(NAME)).startswith("person-"):
        await keyboard.press("Tab")
    await keyboard.press("Enter")
    assert str(await ada.page.evaluate(NAME)).startswith("person-")  # drawn again, still there
    while not str(await ada.page.evaluate(NAME)).startswith("greet-"):
        await keyboard.press("Tab")
    await keyboard.press("Enter")
    greet = "document.activeElement?.getAttribute('aria-pressed') === 'true'"
    await ada.until(f"{NAME}.startsWith('greet-') && {greet}")
    await ada.shoot("who-is-here")
    await keyboard.press("Escape")
    await ada.until(f"{NAME} === 'people'", "the focus is back where it was")
    for offer in ("share", "wave"):
        await ada.press(offer)
    done = await ada.page.evaluate("window.vitrine.done")
    assert sorted(done) == ["Bea", "Bea entered", "share", "wave", "welcome"]
    await ada.shoot("offers")
