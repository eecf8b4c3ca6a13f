// How loaded a room is: figures of two readings, made into rates.

/** @typedef {Record<string, any>} Figures as GET /api/rooms has them */
/** @typedef {{items: Figures[], server: Figures}} Reading */
/**
 * @typedef {object} Load
 * @property {number} bytes a second @property {number} tickMs for one frame
 * @property {number} lateMs mean @property {number} skipped since the former reading
 */

/**
 * @param {Figures} room @param {Reading} now @param {Reading | null} before
 * @returns {Load | null} null until there are two readings with the room in both
 */
export function loadOf(room, now, before) {
  const former = before?.items.find((one) => one.room === room.room);
  const seconds = before ? now.server.at - before.server.at : 0;
  // A room that everybody left counts from nothing when somebody comes again.
  if (!former || seconds <= 0 || room.ticks < former.ticks) return null;
  const ticks = Math.max(1, room.ticks - former.ticks);
  return {
    bytes: (room.frame_bytes - former.frame_bytes) / seconds,
    tickMs: ((room.tick_seconds - former.tick_seconds) / ticks) * 1000,
    lateMs: ((room.late_seconds - former.late_seconds) / ticks) * 1000,
    skipped: room.skipped - former.skipped,
  };
}

/** @param {Reading} now @param {Reading | null} before @returns {number | null} share of one core */
export function busyOf(now, before) {
  const seconds = before ? now.server.at - before.server.at : 0;
  if (!before || seconds <= 0) return null;
  return Math.max(0, (now.server.cpu_seconds - before.server.cpu_seconds) / seconds);
}
