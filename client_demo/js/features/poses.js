// How often poses go out and come in, and by which clock what moves by itself is drawn.

import { AGAIN_MS, clock } from '../clock.js';

const HIDDEN_HZ = 2; // frames a second for a page that nobody sees
const ALL_HZ = 60;

/** @param {import('../features.js').House} house */
export function install({ hearing, presence, ask, debug }) {
  let measuredAt = Number.NEGATIVE_INFINITY;
  let wished = ALL_HZ;

  /** @param {{send_hz?: number} | undefined} pace */
  function keep(pace) {
    if (pace?.send_hz && pace.send_hz >= 1) presence.hz = Math.min(60, pace.send_hz);
  }

  async function measure() {
    if (performance.now() - measuredAt < AGAIN_MS || document.hidden) return;
    measuredAt = performance.now();
    if (!(await clock.measure(ask))) measuredAt = Number.NEGATIVE_INFINITY;
  }

  /** Whoever does not look need not be told of every step. */
  function wish() {
    const hz = document.hidden ? HIDDEN_HZ : ALL_HZ;
    if (hz === wished) return;
    wished = hz;
    ask('pace', { hz }).catch(() => {
      wished = 0; // asked again with the next welcome
    });
  }

  /** @param {{server_time: number, pace?: {send_hz?: number}}} message of a new connection */
  function begin({ server_time, pace }) {
    clock.guess(server_time);
    keep(pace);
    wished = ALL_HZ; // a new connection gets all
    wish();
    measuredAt = Number.NEGATIVE_INFINITY;
    measure();
  }

  hearing.on('welcome', begin);
  hearing.on('resumed', begin);
  hearing.on('pace', keep);
  document.addEventListener('visibilitychange', wish);
  setInterval(measure, AGAIN_MS / 4);
  debug.extend('clock', () => ({ now: clock.now(), roundTrip: clock.roundTrip }));
}
