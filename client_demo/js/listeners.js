// Who wants to hear of what.

export class Listeners {
  /** @type {Map<string, ((fact: any) => void)[]>} by topic */ #listeners = new Map();

  /** @param {string} topic @param {(fact: any) => void} listener */
  on(topic, listener) {
    this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), listener]);
  }

  /** Allocates nothing: it may be called in every frame. @param {string} topic @param {unknown} [fact] */
  tell(topic, fact) {
    const listeners = this.#listeners.get(topic);
    if (!listeners) return;
    for (let i = 0; i < listeners.length; i++) listeners[i](fact);
  }
}
