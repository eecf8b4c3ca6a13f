// What one can do together, one file each. None knows another; all know the house.

import * as broadcasts from './features/broadcasts.js';
import * as continuity from './features/continuity.js';
import * as doors from './features/doors.js';
import * as objects from './features/objects.js';
import * as occasions from './features/occasions.js';
import * as poses from './features/poses.js';
import * as safety from './features/safety.js';
import * as together from './features/together.js';
import * as voice from './features/voice.js';

/**
 * The page's parts, for a feature to build on.
 *
 * @typedef {object} House
 * @property {string} showroomId @property {import('./api.js').Api} api
 * @property {import('./visit.js').Visit} visit @property {import('./world.js').World} world
 * @property {import('./shield.js').Shield} shield whom one keeps away
 * @property {import('./buying.js').Buying} buying
 * @property {import('./connection.js').Connection} connection
 * @property {import('./hearing.js').Hearing} hearing @property {import('./acts.js').Acts} acts
 * @property {import('./opening.js').Opening} opening
 * @property {(name: string, message: any) => Promise<any>} ask the room; the acknowledgement
 * @property {(promise: Promise<unknown>) => Promise<boolean>} attempt says what went wrong
 * @property {import('./scene/stage.js').Stage} stage
 * @property {import('./scene/models.js').Models} models
 * @property {import('./scene/showroom.js').Showroom} room
 * @property {import('./scene/products.js').Products} products
 * @property {import('./scene/avatars.js').Avatars} avatars
 * @property {import('./scene/controls.js').Controls} controls
 * @property {import('./scene/hold.js').Hold} hold
 * @property {import('./scene/presence.js').Presence} presence
 * @property {import('./scene/piece-card.js').PieceCard} pieceCard
 * @property {import('./scene/xr.js').Headset} headset
 * @property {import('./ui/sheet.js').Sheet} sheet @property {import('./ui/bar.js').Bar} bar
 * @property {import('./ui/foot.js').Foot} foot @property {import('./ui/notices.js').Notices} notices
 * @property {import('./ui/welcome.js').Welcome} welcome
 * @property {import('./ui/hover-label.js').HoverLabel} label
 * @property {import('./ui/product-panel.js').ProductPanel} productPanel
 * @property {import('./ui/people-panel.js').PeoplePanel} peoplePanel
 * @property {import('./people-menu.js').PeopleMenu} peopleMenu
 * @property {{extend: (name: string, get: () => unknown) => void}} debug `window.vitrine`
 */

/** @type {{install: (house: House) => void}[]} in the order of their offers */
export const FEATURES = [
  objects,
  together,
  voice,
  doors,
  occasions,
  safety,
  poses,
  continuity,
  broadcasts,
];
