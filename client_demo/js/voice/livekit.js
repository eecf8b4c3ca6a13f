// Calls that are too large for browsers alone, through a LiveKit server. Loaded when one needs it.

/**
 * @typedef {object} Outside as of the mesh
 * @property {(id: string, track: MediaStreamTrack) => void} heard
 * @property {(id: string) => void} gone
 * @property {() => void} lost the server has ended it
 */

export class LargeCall {
  /** @type {import('livekit-client').Room | null} */ #room = null;
  /** @type {MediaStreamTrack | null} */ #track = null;
  #publishing = Promise.resolve();

  /** @param {Outside} outside */
  constructor(outside) {
    this.outside = outside;
  }

  /** Throws what the library throws. @param {{url: string, token: string}} pass */
  async join({ url, token }) {
    const { Room, RoomEvent, Track } = await import('livekit-client');
    const room = new Room({ adaptiveStream: false, dynacast: false });
    this.#room = room;
    room.on(RoomEvent.TrackSubscribed, (track, _publication, { identity }) => {
      if (track.kind === Track.Kind.Audio) this.outside.heard(identity, track.mediaStreamTrack);
    });
    room.on(RoomEvent.TrackUnsubscribed, (_track, _publication, { identity }) =>
      this.outside.gone(identity),
    );
    room.on(RoomEvent.Disconnected, () => this.#room === room && this.outside.lost());
    await room.connect(url, token);
    await this.#publish();
  }

  /** @param {MediaStreamTrack | null} track */
  setTrack(track) {
    const former = this.#track;
    this.#track = track;
    this.#publishing = this.#publishing
      .then(async () => {
        if (former) await this.#room?.localParticipant.unpublishTrack(former, false);
        await this.#publish();
      })
      .catch(() => {}); // the connection is going; joining again publishes
  }

  /** @param {string} _id a server's call has no connection to one person */
  drop(_id) {}

  close() {
    const room = this.#room;
    this.#room = null;
    room?.disconnect(false);
  }

  async #publish() {
    if (!this.#track || this.#room?.state !== 'connected') return;
    const { Track } = await import('livekit-client');
    await this.#room.localParticipant.publishTrack(this.#track, {
      source: Track.Source.Microphone,
    });
  }
}
