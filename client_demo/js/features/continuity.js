// Coming back after a lost line without missing a thing.

/** @param {import('../features.js').House} house */
export function install(house) {
  const { hearing, connection, world, visit, buying, notices, presence, bar, debug, ask } = house;
  // The missed changes follow; what is told here is all the rest of a welcome.
  hearing.on('resumed', ({ cart }) => {
    notices.banner(null);
    buying.merge(cart, true);
    visit.loadOrders().catch(() => {}); // the chips come with the next answer
    presence.again();
    bar.setPeople(world.present);
    visit.tell('people');
  });
  // The room has ended the visit, and said why.
  hearing.on('ended', (problem) => notices.banner(problem.detail ?? problem.title));
  // To compare what several clients believe, and to have them act without a hand.
  debug.extend('told', () => ({
    ...connection.sequence.standing,
    me: world.me,
    avatars: Object.fromEntries(
      [...world.avatars.values(), ...(world.you ? [world.you] : [])].map((avatar) => [
        avatar.id,
        { index: avatar.index, name: avatar.name, color: avatar.color, figure: avatar.figure },
      ]),
    ),
    things: Object.fromEntries([...world.things].map(([id, thing]) => [id, shown(thing)])),
  }));
  debug.extend('ask', () => ask);
}

/** What is seen of a piece. @param {import('../world.js').Thing} thing */
function shown({ position, rotation, scale, variant, held_by, pinned, spin, at, hotspot }) {
  return { position, rotation, scale, variant, held_by, pinned, spin, at, hotspot };
}
