// Voices: heard from where people stand, once one has asked for it.

import { Vector3 } from 'three';
import { addIcons } from '../dom.js';
import { Call } from '../voice/call.js';
import { Microphone, NoMicrophone } from '../voice/devices.js';
import { Meter, MICROPHONE } from '../voice/meter.js';
import { Spatial } from '../voice/spatial.js';

const LOOK_MS = 100; // between two looks at where everybody is
const TALK = 'KeyV'; // held: talk

/** @param {import('../features.js').House} house */
export function install(house) {
  const { hearing, avatars, foot, peopleMenu, world, ask, attempt, debug } = house;
  addIcons({
    voices:
      'M5 14v-2a7 7 0 0 1 14 0v2M5 13.500h2.500v5H6.500A1.500 1.500 0 0 1 5 17zM19 13.500h-2.500v5h1A1.500 1.500 0 0 0 19 17z',
    mic: MICROPHONE,
    stage:
      'M4 18h16M6.500 18v-3h11v3M12 4l1.800 3.600 4 .6-2.900 2.800.7 4L12 13.100 8.400 15l.7-4-2.900-2.800 4-.6z',
  });
  const ears = new Ears(house);
  const call = new Call({
    ask,
    me: () => world.me,
    make: (config) => new RTCPeerConnection(config),
    microphone: new Microphone(),
    heard: (id, track) => ears.add(id, track),
    gone: (id) => ears.remove(id),
    changed: () => foot.show(),
  });
  ears.call = call;
  const trying = (/** @type {Promise<unknown> | undefined} */ work) =>
    work && attempt(inWords(work, house));

  foot.offer({
    id: 'voice',
    icon: 'voices',
    label: () => (call.on ? 'voice_leave' : 'voice_join'),
    pressed: () => call.on,
    act: () => {
      ears.wake(); // browsers let a page sound after a press only
      return trying(call.on ? call.leave() : call.join());
    },
  });
  foot.offer({
    id: 'mic',
    icon: 'mic',
    label: () => (call.mic ? 'mic_shut' : 'mic_open'),
    shown: () => call.on,
    pressed: () => call.mic,
    act: () => trying(call.setMic(!call.mic)),
  });
  peopleMenu.offer({
    id: 'stage',
    icon: 'stage',
    label: ({ id }) => (call.stage.has(id) ? 'stage_off' : 'stage_on'),
    shown: () => ['staff', 'designer', 'moderator'].includes(world.you?.role ?? ''),
    pressed: ({ id }) => call.stage.has(id),
    act: ({ id }) => attempt(ask('stage', { avatar: id, on: !call.stage.has(id) })),
  });
  pushToTalk(call, (on) => trying(call.setMic(on, true)));

  hearing.on('welcome', ({ voice }) => {
    ears.heed();
    trying(call.welcomed(voice));
  });
  hearing.on('resumed', () => call.on && trying(call.join()));
  hearing.on('called', (message) => trying(call.called(message)));
  hearing.on('voiced', (message) => {
    call.voiced(message);
    ears.look();
  });
  hearing.on('staged', (message) => {
    trying(call.staged(message));
    peopleMenu.changed();
  });
  hearing.on('signalled', (message) => call.signalled(message));
  for (const name of ['shielded', 'silenced']) hearing.on(name, () => ears.heed());
  avatars.on('left', ({ id }) => ears.remove(id));
  debug.extend('voice', () => ({
    on: call.on,
    mic: call.mic,
    mode: call.mode,
    present: [...call.present],
    speaking: [...call.speaking],
    stage: [...call.stage],
    states: call.states,
    voices: ears.voices,
  }));
}

/** Whom one hears, and from where. */
class Ears {
  /** @type {Call | null} */ call = null;
  /** @type {Spatial | null} until the first press */ #spatial = null;
  /** @type {Set<string>} */ #here = new Set();
  /** @type {Map<string, Meter>} */ #meters = new Map();
  #at = new Vector3();
  #ahead = new Vector3();
  #up = new Vector3();
  #head = new Vector3();
  #looked = 0;

  /** @param {import('../features.js').House} house */
  constructor(house) {
    this.house = house;
    house.stage.parts.push(this);
  }

  /** After a press of the visitor. */
  wake() {
    this.#spatial ??= new Spatial(new AudioContext());
    this.#spatial.context.resume();
  }

  /** @param {string} id @param {MediaStreamTrack} track */
  add(id, track) {
    this.#spatial?.add(id, track);
    this.#here.add(id);
    this.#open(id);
    this.look();
  }

  /** @param {string} id */
  remove(id) {
    this.#spatial?.remove(id);
    this.#here.delete(id);
    this.#unmark(id);
  }

  /** Whom one keeps away has changed, or whom the house asked to be silent. */
  heed() {
    for (const id of this.house.shield.veiled) this.call?.drop(id);
    for (const id of this.#here) this.#open(id);
  }

  /** @returns {Record<string, {level: number, at: number[] | null}>} */
  get voices() {
    const entries = [...this.#here].map((id) => {
      return [id, { level: this.#level(id), at: this.#spatial?.placeOf(id) ?? null }];
    });
    return Object.fromEntries(entries);
  }

  /** @param {number} _seconds @param {number} now ms */
  update(_seconds, now) {
    if (this.#here.size === 0 || now - this.#looked < LOOK_MS) return;
    this.#looked = now;
    this.look();
  }

  /** Allocates nothing while nobody opens or shuts a microphone. */
  look() {
    const { stage, avatars } = this.house;
    const { camera } = stage;
    this.#at.setFromMatrixPosition(camera.matrixWorld);
    camera.getWorldDirection(this.#ahead);
    this.#up.setFromMatrixColumn(camera.matrixWorld, 1);
    this.#spatial?.listen(this.#at, this.#ahead, this.#up);
    for (const id of this.#here) {
      if (avatars.headOf(id, this.#head)) this.#spatial?.place(id, this.#head);
      if (this.call?.speaking.has(id)) this.#mark(id);
      else this.#unmark(id);
    }
  }

  /** @param {string} id */
  #mark(id) {
    let meter = this.#meters.get(id);
    const above = meter ? null : this.house.avatars.above(id);
    if (above) {
      meter = new Meter(above);
      this.#meters.set(id, meter);
      this.house.stage.wake();
    }
    if (meter?.show(this.#level(id))) this.house.stage.wake();
  }

  /** @param {string} id */
  #unmark(id) {
    const meter = this.#meters.get(id);
    if (!meter) return;
    this.#meters.delete(id);
    meter.dispose();
    this.house.stage.wake();
  }

  /** @param {string} id */
  #open(id) {
    this.#spatial?.hear(id, !this.house.shield.deafTo(id));
  }

  /** @param {string} id */
  #level(id) {
    return this.#spatial?.level(id) ?? 0;
  }
}

/** @param {Call} call @param {(on: boolean) => unknown} talk */
function pushToTalk(call, talk) {
  let held = false;
  const typing = (/** @type {EventTarget | null} */ target) =>
    target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]');
  window.addEventListener('keydown', (event) => {
    const other = event.repeat || event.ctrlKey || event.metaKey || event.altKey;
    if (event.code !== TALK || other || typing(event.target) || !call.on || call.mic) return;
    held = true;
    talk(true);
  });
  const release = () => {
    if (!held) return;
    held = false;
    talk(false);
  };
  window.addEventListener('keyup', (event) => event.code === TALK && release());
  window.addEventListener('blur', release);
}

/** What the browser says of its microphone, in the visitor's words. @param {Promise<unknown>} work @param {import('../features.js').House} house */
async function inWords(work, { notices, visit }) {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof NoMicrophone)) throw error;
    notices.say(visit.say(`mic_${error.trouble}`), 'sorry');
  }
}
