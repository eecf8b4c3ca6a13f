import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESK_TEXTS } from '../js/desk/texts.js';
import { chooseLanguage, LANGUAGES, Words } from '../js/i18n.js';
import { Quality } from '../js/quality.js';
import { PARTS, TEXTS } from '../js/texts.js';
import { World } from '../js/world.js';

for (const [page, texts] of Object.entries({ showroom: TEXTS, desk: DESK_TEXTS })) {
  test(`${page}: every language has every text, with the same facts in it`, () => {
    const facts = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const language of LANGUAGES) {
      assert.deepEqual(Object.keys(texts[language]).sort(), Object.keys(texts.en).sort());
      for (const [key, text] of Object.entries(texts[language])) {
        assert.deepEqual(facts(text), facts(texts.en[key]), `${language} ${key}`);
      }
    }
  });
}

test('a key belongs to one feature', () => {
  const keys = Object.values(PARTS).flatMap((part) => Object.keys(part.en));
  assert.equal(new Set(keys).size, keys.length);
});

test('the first language of the browser that is spoken here wins', () => {
  assert.equal(chooseLanguage(['de-CH', 'it-CH', 'fr']), 'it');
  assert.equal(chooseLanguage(['de']), 'en');
});

test('a fact that is missing stays visible', () => {
  assert.equal(new Words('en').say('order', { code: 'X' }), 'Order X');
  assert.equal(new Words('en').say('order'), 'Order {code}');
});

test('slow frames lower the pixel ratio, and it does not swing back for ever', () => {
  const quality = new Quality(2);
  for (let i = 0; i < 8; i++) quality.measured(80);
  assert.equal(quality.ratio, 1.5);
  for (let i = 0; i < 2000; i++) quality.measured(8);
  assert.equal(quality.ratio, 2);
});

test('a message older than the room is not applied', () => {
  const world = new World();
  world.welcome({ rev: 5, you: { avatar_id: 'a' }, avatars: [], objects: [] });
  const avatar = { id: 'b', index: 1, name: 'Bo', role: 'shopper', color: '#fff' };
  assert.equal(world.apply('joined', { rev: 5, avatar }), false);
  assert.equal(world.apply('joined', { rev: 6, avatar }), true);
  assert.equal(world.nameOf('b'), 'Bo');
  assert.equal(world.apply('left', { rev: 7, avatar_id: 'b' }), true);
  assert.equal(world.byIndex.has(1), false);
});
