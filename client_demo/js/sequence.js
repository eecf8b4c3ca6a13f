// What a client knows of a room's revisions: which is next, and whether one was missed.

/**
 * Changes carry `rev`, each one more than the last. Of another epoch (the room was closed and
 * opened again, as when the server starts) they cannot be compared.
 */
export class Sequence {
  rev = 0;
  epoch = '';
  /** Heard too early: what comes before it has been asked for. */ gap = false;

  /** @param {{rev: number, epoch?: string}} welcome the room as it is */
  begin({ rev, epoch = '' }) {
    this.rev = rev;
    this.epoch = epoch;
    this.gap = false;
  }

  /**
   * @param {any} message
   * @returns {boolean} whether it is to be believed now; what is not comes again, or came already
   */
  takes(message) {
    const rev = message?.rev;
    if (typeof rev !== 'number') return true;
    if (rev > this.rev + 1) this.gap = true;
    if (rev !== this.rev + 1) return false;
    this.rev = rev;
    return true;
  }

  /** What is told of it to the room when one comes back. */
  get standing() {
    return this.epoch ? { rev: this.rev, epoch: this.epoch } : {};
  }
}
