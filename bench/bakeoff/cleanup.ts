/** Undoes in reverse order what was begun, goes on when one part fails, and tells the first failure at the end. */
export class Cleanup {
  readonly #parts: { readonly name: string; readonly undo: () => void | Promise<void> }[] = [];

  add(name: string, undo: () => void | Promise<void>): void {
    this.#parts.push({ name, undo });
  }

  /** @throws Error that names the first part that failed */
  async run(): Promise<void> {
    let failure: Error | undefined;
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      try {
        await part.undo();
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        failure ??= new Error(`${part.name}: ${why}`, { cause: error });
      }
    }
    if (failure !== undefined) throw failure;
  }
}
