/** Chunks of a stream -> whole lines. A line beyond `maxChars` is dropped and counted, so that memory stays bounded. */
export class LineSplitter {
  readonly #maxChars: number;
  #rest = '';
  #dropping = false;
  #dropped = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** Overlong lines so far. */
  get dropped(): number {
    return this.#dropped;
  }

  push(chunk: string): string[] {
    const pieces = chunk.split('\n');
    const lines: string[] = [];
    pieces.forEach((piece, index) => {
      this.#take(piece);
      if (index < pieces.length - 1) {
        if (!this.#dropping) lines.push(this.#rest);
        this.#rest = '';
        this.#dropping = false;
      }
    });
    return lines;
  }

  /** What came after the last line end. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }

  #take(piece: string): void {
    if (this.#dropping) return;
    if (this.#rest.length + piece.length <= this.#maxChars) {
      this.#rest += piece;
      return;
    }
    this.#dropped += 1;
    this.#dropping = true;
    this.#rest = '';
  }
}
