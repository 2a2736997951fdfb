import type { Io } from './io.js';

// xterm control sequences, understood by every terminal of the last decades (`man 4 console_codes`).
const ALTERNATE_SCREEN = '\u001b[?1049h\u001b[?25l';
// Styles off, cursor on, the screen as it was.
const BACK_TO_NORMAL = '\u001b[0m\u001b[?25h\u001b[?1049l';
const CLEAR_TO_LINE_END = '\u001b[K';
const CLEAR_ALL = '\u001b[H\u001b[2J';

/**
 * A full-screen view: lines in place of lines, in one write, and only those that changed, so that nothing flickers and a
 * slow line keeps up. `close` leaves the terminal as it was, however often it is called.
 */
export class Screen {
  readonly #io: Io;
  readonly #onInput: (text: string) => void;
  readonly #onData = (chunk: Buffer | string): void => this.#onInput(chunk.toString());
  #isOpen = false;
  /** What is on the screen; undefined: not known. */
  #shown: readonly string[] | undefined;
  #size = '';

  /** @param onInput what is typed, as the terminal sends it */
  constructor(io: Io, onInput: (text: string) => void) {
    this.#io = io;
    this.#onInput = onInput;
  }

  get size(): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = this.#io.stdout;
    // A terminal that does not know its size says 0.
    return {
      columns: columns === undefined || columns === 0 ? 80 : columns,
      rows: rows === undefined || rows === 0 ? 24 : rows,
    };
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#shown = undefined;
    const { stdin, stdout } = this.#io;
    stdout.write(ALTERNATE_SCREEN);
    if (stdin.isTTY !== true) return;
    stdin.setRawMode?.(true);
    stdin.on('data', this.#onData);
    stdin.resume();
  }

  /** The next `draw` writes every line: what is on the screen is not known any more. */
  forget(): void {
    this.#shown = undefined;
  }

  /** @param lines no longer than the screen is wide; those below its end are left out */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    const { columns, rows } = this.size;
    const size = `${columns}x${rows}`;
    if (size !== this.#size) this.#shown = undefined;
    this.#size = size;
    const wanted = Array.from({ length: rows }, (_, index) => lines[index] ?? '');
    const shown = this.#shown;
    let text = shown === undefined ? CLEAR_ALL : '';
    wanted.forEach((line, index) => {
      if (line !== (shown?.[index] ?? '')) text += `\u001b[${index + 1};1H${line}${CLEAR_TO_LINE_END}`;
    });
    this.#shown = wanted;
    if (text !== '') this.#io.stdout.write(text);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { stdin, stdout } = this.#io;
    if (stdin.isTTY === true) {
      stdin.off('data', this.#onData);
      stdin.setRawMode?.(false);
      stdin.pause();
    }
    stdout.write(BACK_TO_NORMAL);
  }
}
