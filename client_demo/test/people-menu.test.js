import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeopleMenu } from '../js/people-menu.js';

const ada = { id: 'a', index: 1, name: 'Ada', role: 'staff', color: '#fff' };
const bo = { ...ada, id: 'b', name: 'Bo', role: 'shopper' };

test('everybody is offered what suits them, in the order of the offers', () => {
  const menu = new PeopleMenu();
  menu.offer({ id: 'follow', label: 'follow', act() {} });
  menu.offer({ id: 'ask', label: 'ask', shown: ({ role }) => role === 'staff', act() {} });
  const ids = (avatar) => menu.offersFor(avatar).map(({ id }) => id);
  assert.deepEqual([ids(ada), ids(bo)], [['follow', 'ask'], ['follow']]);
});

test('who shows the menu hears that it has changed', () => {
  const menu = new PeopleMenu();
  let times = 0;
  menu.onChange(() => times++);
  menu.offer({ id: 'follow', label: 'follow', act() {} });
  menu.changed();
  assert.equal(times, 2);
});
