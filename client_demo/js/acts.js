// What the visitor does in the room: point, walk, take, turn, choose a finish, put back.

/** @typedef {import('three').Raycaster} Raycaster */
/**
 * @typedef {object} Parts
 * @property {import('./visit.js').Visit} visit @property {import('./world.js').World} world
 * @property {import('./scene/stage.js').Stage} stage
 * @property {import('./scene/showroom.js').Showroom} room
 * @property {import('./scene/products.js').Products} products
 * @property {import('./scene/avatars.js').Avatars} avatars
 * @property {import('./scene/controls.js').Controls} controls
 * @property {import('./scene/hold.js').Hold} hold @property {import('./scene/hold.js').Hand} hand
 * @property {import('./ui/sheet.js').Sheet} sheet
 * @property {import('./ui/hover-label.js').HoverLabel} label @property {import('./ui/foot.js').Foot} foot
 * @property {import('./ui/notices.js').Notices} notices
 * @property {import('./ui/product-panel.js').ProductPanel} productPanel
 * @property {import('./ui/people-panel.js').PeoplePanel} peoplePanel
 * @property {(name: string, message: any) => Promise<any>} ask the room
 * @property {(promise: Promise<unknown>) => Promise<boolean>} attempt says what went wrong
 */

const TURN = 0.003; // radians per pixel of the wheel
const RESIZE = 0.0012; // natural logarithm of the factor per pixel

export class Acts {
  /** Something small on a piece, before the piece itself. @type {(ray: Raycaster) => boolean} */
  spots = () => false;

  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /** @param {Raycaster} ray */
  tap(ray) {
    const { products, productPanel, peoplePanel, sheet, room, controls, hold } = this.parts;
    if (hold.id) {
      this.putDown();
      return;
    }
    if (this.spots(ray)) return;
    const id = products.pick(ray);
    if (id) {
      productPanel.show(id);
      return;
    }
    const person = this.#person(ray);
    if (person) {
      peoplePanel.show(person);
      return;
    }
    sheet.close();
    const hit = room.hit(ray);
    if (hit) controls.stroll({ x: hit.x, z: hit.z });
  }

  /** Somebody with whom there is something to do. @param {Raycaster} ray @returns {string | null} */
  #person(ray) {
    const { avatars, world, peoplePanel } = this.parts;
    const avatar = world.avatars.get(avatars.pick(ray) ?? '');
    return avatar && peoplePanel.menu.offersFor(avatar).length > 0 ? avatar.id : null;
  }

  /** @param {Raycaster | null} ray */
  hover(ray) {
    const { products, label, stage, hold } = this.parts;
    const id = ray && !hold.id ? products.pick(ray) : null;
    products.hover(id);
    label.show(id);
    stage.canvas.style.cursor = id ? 'pointer' : '';
  }

  /** @param {string} id @param {import('./scene/hold.js').Hand} [hand] */
  async take(id, hand = this.parts.hand) {
    const { world, notices, visit, stage, sheet, hold, attempt } = this.parts;
    const thing = world.things.get(id);
    const name = thing?.held_by && thing.held_by !== world.me ? world.nameOf(thing.held_by) : '';
    if (name) notices.say(visit.say('held_by_other', { name }), 'sorry');
    else if ((await attempt(hold.take(id, hand))) && !stage.renderer.xr.isPresenting) sheet.close();
  }

  putDown() {
    const { hold, attempt } = this.parts;
    if (hold.id) attempt(hold.putDown());
  }

  /** Nobody leaves a piece in mid-air: who looks away puts it down. */
  lookAway() {
    if (document.visibilityState === 'hidden') this.putDown();
  }

  putBack() {
    const { hold, attempt } = this.parts;
    attempt(hold.putBack());
  }

  /** For what somebody left lying about. @param {string} id */
  putHome(id) {
    const { hold, attempt } = this.parts;
    attempt(hold.bringHome(id));
  }

  /** The hand has filled or emptied. @param {string | null} id */
  holds(id) {
    const { stage, products, foot, visit } = this.parts;
    stage.patient = id === null;
    foot.holding(id ? (products.pieces.get(id)?.product?.names ?? {}) : null);
    visit.tell('hold');
    this.hover(null);
  }

  /** The wheel turns what one holds; with the shift key, or by a pinch, it scales it. @param {WheelEvent} event */
  turn(event) {
    const { hold, stage } = this.parts;
    if (!hold.id) return;
    event.preventDefault();
    // With the shift key browsers scroll sideways; a pinch on a touchpad comes as ctrl and wheel.
    const way = event.deltaY || event.deltaX;
    if (event.shiftKey || event.ctrlKey) hold.resize(Math.exp(-way * RESIZE));
    else if (hold.limits.turn !== 'none') hold.turn += way * TURN;
    stage.wake();
  }

  /**
   * A hand of the headset takes what it reaches into or points at, or joins the other one.
   *
   * @param {Raycaster} ray @param {import('./scene/hold.js').Hand} hand
   */
  squeeze(ray, hand) {
    const { products, hold, attempt } = this.parts;
    const id = products.touched(ray.ray.origin) ?? products.pick(ray);
    if (!id) return;
    if (id === hold.id) attempt(hold.join(hand));
    else this.take(id, hand);
  }

  /** A hand of the headset opens. @param {import('./scene/hold.js').Hand} hand */
  letGo(hand) {
    const { hold, attempt } = this.parts;
    if (!hold.has(hand)) return;
    if (hold.both) attempt(hold.letGo(hand));
    else this.putDown();
  }

  /** Shown at once; put back when the room says no. @param {string} id @param {string} variant */
  async chooseVariant(id, variant) {
    const { world, ask, attempt } = this.parts;
    const before = world.things.get(id)?.variant ?? null;
    if (!world.things.has(id) || before === variant) return;
    this.#wear(id, variant);
    if (!(await attempt(ask('variant', { object: id, variant })))) this.#wear(id, before);
  }

  /** @param {string} id @param {string | null} variant */
  #wear(id, variant) {
    const { world, products, visit } = this.parts;
    const thing = world.things.get(id);
    if (!thing) return;
    thing.variant = variant;
    products.sync(id);
    visit.tell('room');
  }
}
