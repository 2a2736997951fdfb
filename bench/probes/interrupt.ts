const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** The first signal aborts what goes on, so that everything is put back; later ones wait for that as well. */
export class Interrupt {
  readonly #controller = new AbortController();
  /** Exit code of the signal that came. */
  code: number | undefined;
  readonly #listeners = Object.entries(SIGNALS).map(([name, code]) => {
    const listener = (): void => {
      this.code ??= code;
      this.#controller.abort(new Error(name));
    };
    process.on(name, listener);
    return { name, listener };
  });

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  release(): void {
    for (const { name, listener } of this.#listeners) process.off(name, listener);
  }
}
