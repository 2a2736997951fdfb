/** Work asked for again while it is under way is done once more afterwards, not once per request. */

export class Coalesced {
  readonly #work: () => Promise<void>;
  #running = false;
  #again = false;

  /** A rejection of `work` is dropped: whoever asks, asks again with the next change. */
  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  ask(): void {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    this.#work()
      .catch(() => undefined)
      .finally(() => {
        this.#running = false;
        if (!this.#again) return;
        this.#again = false;
        this.ask();
      });
  }
}
