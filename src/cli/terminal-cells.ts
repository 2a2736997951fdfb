/** Text by the cells of a terminal: wide characters take two, marks that combine none, styles none. Pure. */

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
const NONE = /\p{Mn}|\p{Me}|\p{Cf}/u;
const ASCII_END = 0x7f;

function cellsOf(character: string): number {
  if ((character.codePointAt(0) ?? 0) < ASCII_END) return 1;
  if (NONE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Cells that a text without styles takes. */
export function countCells(text: string): number {
  let cells = 0;
  for (const character of text) cells += cellsOf(character);
  return cells;
}

/** Blanks to the right, up to `cells`. */
export function padCells(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - countCells(text)));
}

/** At most `cells`; styles are all kept. @param showsCut a cut ends with `…` */
export function clipCells(text: string, cells: number, showsCut = false): string {
  if (text.length <= cells && !WIDE.test(text)) return text;
  if (showsCut && countCells(text) > cells) return `${clipCells(text, Math.max(0, cells - 1))}…`;
  let left = cells;
  let inStyle = false;
  let isFull = false;
  let clipped = '';
  for (const character of text) {
    if (character === '\u001b') inStyle = true;
    if (inStyle) {
      clipped += character;
      inStyle = character !== 'm';
      continue;
    }
    const width = cellsOf(character);
    isFull ||= width > left;
    if (isFull) continue;
    clipped += character;
    left -= width;
  }
  return clipped;
}
