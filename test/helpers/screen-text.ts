/** What a terminal shows after what was written to it: the few sequences that src/cli/terminal.ts writes. */

export interface ShownScreen {
  readonly lines: readonly string[];
  readonly isAlternate: boolean;
  readonly isCursorShown: boolean;
}

const SEQUENCE = new RegExp(`^${String.fromCharCode(0x1b)}\\[([?\\d;]*)([A-Za-z])`);

/** @throws Error for a sequence that it does not know */
export function screenText(written: string): ShownScreen {
  let lines: string[] = [];
  let [row, column] = [0, 0];
  let isAlternate = false;
  let isCursorShown = true;
  let rest = written;
  while (rest !== '') {
    const [whole, parameters = '', final = ''] = SEQUENCE.exec(rest) ?? [];
    if (whole === undefined) {
      const [character = ''] = rest;
      rest = rest.slice(character.length);
      if (character === '\n') [row, column] = [row + 1, 0];
      else if (character !== '\r') {
        const line = (lines[row] ?? '').padEnd(column);
        lines[row] = line.slice(0, column) + character + line.slice(column + 1);
        column += 1;
      }
      continue;
    }
    rest = rest.slice(whole.length);
    const sequence = `${parameters}${final}`;
    if (final === 'm') continue;
    if (final === 'H') {
      const [toRow = '1', toColumn = '1'] = parameters.split(';');
      [row, column] = [Number(toRow || 1) - 1, Number(toColumn || 1) - 1];
    } else if (sequence === 'K') lines[row] = (lines[row] ?? '').slice(0, column);
    else if (sequence === '2J') lines = [];
    else if (parameters === '?1049') isAlternate = final === 'h';
    else if (parameters === '?25') isCursorShown = final === 'h';
    else throw new Error(`not known: ESC[${sequence}`);
  }
  return { lines: Array.from(lines, (line: string | undefined) => (line ?? '').trimEnd()), isAlternate, isCursorShown };
}
