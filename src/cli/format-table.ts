/** Aligned text tables. */

export interface Column {
  readonly head: string;
  /** Numbers go right. */
  readonly align?: 'left' | 'right';
}

/** Lines of equal columns, two blanks apart, without blanks at line ends. Cells must be printable. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ head }, index) =>
    Math.max(...[head, ...rows.map((row) => row[index] ?? '')].map(width)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        const gap = ' '.repeat(Math.max(0, (widths[index] ?? 0) - width(cell)));
        return align === 'right' ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ head }) => head)), ...rows.map(line)];
}

/** Characters, not UTF-16 units. */
export function width(text: string): number {
  return Array.from(text).length;
}

/** At most `most` characters; a cut shows as `…`. */
export function clip(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, Math.max(0, most - 1)).join('')}…`;
}
