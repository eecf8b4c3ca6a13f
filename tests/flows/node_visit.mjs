// A visit with the JavaScript client: says who it is each time it comes in.
//
//   node node_visit.mjs URL

import { RoomClient } from '../../client_demo/js/vitrine-room.js';

const room = new RoomClient({ url: process.argv[2], name: 'Jo' });
let visits = 0;
room.on('welcome', (welcome) => {
  console.log(visits++ ? 'again' : 'in', welcome.you.avatar_id, welcome.epoch);
});
await room.enter();
