import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Buying } from '../js/buying.js';

const SHOE = { sku: 'SHOE-01', variant: 'red', quantity: 1 };
const LAMP = { sku: 'LAMP-01', variant: null, quantity: 1 };
const settle = () => new Promise((done) => setImmediate(done));

/** A visit with these lines, at a room that hears of them or not. */
function visit(lines) {
  const told = [];
  const room = { there: true, told };
  const own = {
    lines,
    setLines: (news) => {
      own.lines = news;
    },
  };
  const tellRoom = async (news) => room.there && told.push(news) > 0;
  return { room, own, buying: new Buying({ visit: own, tellRoom }) };
}

test('coming in, the cart of the house wins, unless only this browser kept one', () => {
  const { own, room, buying } = visit([SHOE]);
  buying.merge({ lines: [LAMP] });
  assert.deepEqual([own.lines, room.told], [[LAMP], []]);
  buying.merge({ lines: [] });
  assert.deepEqual([own.lines, room.told], [[LAMP], [[LAMP]]]);
});

test('coming back, what was chosen without a line is told, and not forgotten', async () => {
  const { own, room, buying } = visit([]);
  room.there = false;
  buying.setLines([SHOE]);
  await settle();
  room.there = true;
  buying.merge({ lines: [] }, true);
  await settle();
  assert.deepEqual([own.lines, room.told], [[SHOE], [[SHOE]]]);
  buying.merge({ lines: [LAMP] }, true); // changed on another device meanwhile
  assert.deepEqual(own.lines, [LAMP]);
});

test('coming back after another device has emptied the cart, it is empty here too', async () => {
  const { own, room, buying } = visit([]);
  buying.setLines([SHOE]);
  await settle();
  buying.merge({ lines: [] }, true);
  assert.deepEqual([own.lines, room.told], [[], [[SHOE]]]);
});

test('an order that was placed without a line leaves no cart behind', async () => {
  const { own, room, buying } = visit([SHOE]);
  room.there = false;
  buying.setLines([]);
  await settle();
  room.there = true;
  buying.merge({ lines: [SHOE] }, true);
  assert.deepEqual([own.lines, room.told], [[], [[]]]);
});
