/** Which rows of a long table are drawn. Pure. */

export interface Scroll {
  /** Pixels scrolled from the first row. */
  readonly top: number;
  /** Height of what is seen, pixels. */
  readonly height: number;
  /** Height of each row, pixels. */
  readonly rowHeight: number;
}

export interface RowWindow {
  readonly first: number;
  /** One past the last row drawn. */
  readonly end: number;
}

/** Rows drawn above and below what is seen, so that scrolling does not show the gap before the next frame. */
const SPARE = 12;

export function rowWindow(rows: number, { top, height, rowHeight }: Scroll): RowWindow {
  if (rowHeight <= 0) return { first: 0, end: Math.min(rows, SPARE) };
  const seen = Math.ceil(height / rowHeight);
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - SPARE, rows - seen - SPARE));
  return { first, end: Math.min(rows, first + seen + 2 * SPARE + 1) };
}
