// Coming back after a lost line without missing a thing.

/** @param {import('../features.js').House} house */
export function install({ hearing, connection, world, visit, notices, presence, bar, debug }) {
  // The missed changes follow; what is told here is all the rest of a welcome.
  hearing.on('resumed', ({ cart }) => {
    notices.banner(null);
    visit.setLines(cart.lines);
    visit.loadOrders().catch(() => {}); // the chips come with the next answer
    presence.again();
    bar.setPeople(world.present);
    visit.tell('people');
  });
  // The room has ended the visit, and said why.
  hearing.on('ended', (problem) => notices.banner(problem.detail ?? problem.title));
  debug.extend('standing', () => connection.sequence.standing);
}
