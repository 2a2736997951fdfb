import type { Io } from './io.js';
import { clipStyled } from './format-colour.js';

// xterm control sequences, understood by every terminal of the last decades (`man 4 console_codes`).
const ALTERNATE_SCREEN = '\u001b[?1049h\u001b[?25l';
const BACK_TO_NORMAL = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_TO_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

const CTRL_C = '\u0003';

/** A full-screen view: one screen of lines at a time, keys one by one; `close` leaves the terminal as it was. */
export class Screen {
  readonly #io: Io;
  readonly #onKey: (chunk: Buffer | string) => void;

  /** @param onKey Called for each key pressed; Ctrl-C arrives as `q`. */
  constructor(io: Io, onKey: (key: string) => void) {
    this.#io = io;
    this.#onKey = (chunk) => {
      for (const key of chunk.toString()) onKey(key === CTRL_C ? 'q' : key);
    };
  }

  open(): void {
    const { stdin, stdout } = this.#io;
    stdout.write(ALTERNATE_SCREEN);
    if (stdin.isTTY !== true) return;
    stdin.setRawMode?.(true);
    stdin.on('data', this.#onKey);
    stdin.resume();
  }

  /** Cuts to the terminal's size; rewrites in place, so nothing flickers. */
  draw(lines: readonly string[]): void {
    const { columns = 80, rows = 24 } = this.#io.stdout;
    const shown = lines.slice(0, Math.max(1, rows)).map((line) => clipStyled(line, columns) + CLEAR_TO_LINE_END);
    this.#io.stdout.write(HOME + shown.join('\r\n') + CLEAR_BELOW);
  }

  close(): void {
    const { stdin, stdout } = this.#io;
    if (stdin.isTTY === true) {
      stdin.off('data', this.#onKey);
      stdin.setRawMode?.(false);
      stdin.pause();
    }
    stdout.write(BACK_TO_NORMAL);
  }
}
