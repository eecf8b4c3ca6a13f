// The JavaScript client at the far end of a bad network: does what each line of its input says.

import { createInterface } from 'node:readline';
import { Company } from '../../client_demo/js/company.js';
import { Display } from '../../client_demo/js/display.js';
import { RoomClient } from '../../client_demo/js/vitrine-room.js';

const [url, name] = process.argv.slice(2);
const room = new RoomClient({ url, name });
const { world, connection } = room;
const display = new Display(world);
const company = new Company(world);
let lines = 0;

/** As `told` of soak_client.py. */
function told() {
  const here = [...world.avatars.values(), ...(world.you ? [world.you] : [])];
  return {
    ...connection.sequence.standing,
    lines,
    me: world.me,
    avatars: Object.fromEntries(
      here.map(({ id, index, name, color, figure }) => [id, { index, name, color, figure }]),
    ),
    things: Object.fromEntries(
      [...world.things].map(([id, { id: _, sku, ...thing }]) => [
        id,
        Object.fromEntries(MEMBERS.map((member) => [member, thing[member]])),
      ]),
    ),
    hands: company.hands,
    following: Object.fromEntries(company.following),
    spotlight: display.spotlight,
    pointing: Object.fromEntries(
      [...display.pointing.values()].map(({ by, object }) => [by, object ?? null]),
    ),
  };
}

const MEMBERS = [
  ...['position', 'rotation', 'scale', 'variant', 'held_by', 'pinned', 'spin', 'at', 'hotspot'],
];

for (const name of ['welcome', 'resumed']) room.on(name, () => lines++);
await room.enter();
console.log('inside');
for await (const line of createInterface({ input: process.stdin })) {
  const [event, payload] = JSON.parse(line);
  const answer =
    event === 'told'
      ? told()
      : await room.ask(event, payload).then(
          () => true,
          () => false,
        );
  console.log(JSON.stringify(answer));
}
process.exit(0);
