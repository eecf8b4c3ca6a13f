// The pieces: what the room says of them, in the scene and in one's hand.

/** @param {import('../features.js').House} house */
export function install({ hearing, world, products, hold, visit }) {
  hearing.on('held', ({ object, by }) => {
    if (object === hold.id && by !== world.me) hold.slip();
    products.sync(object);
    visit.tell('room');
  });
  hearing.on('moved', ({ object }) => products.sync(object));
  hearing.on('variant', ({ object }) => {
    products.sync(object);
    visit.tell('room');
  });
}
