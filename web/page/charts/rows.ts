/** From thinned columns to what is drawn. Pure. */

export interface DrawnPoint {
  readonly x: number;
  readonly y: number | null;
}

/**
 * Areas on top of each other. Done here and not by Chart.js, which keeps a record of every time ever stacked. An unknown
 * part counts as no height while any other part is known; where all are unknown there is a gap.
 */
export function stackUp(values: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const length = values[0]?.length ?? 0;
  const sums = new Array<number>(length).fill(0);
  const isGap = Array.from({ length }, (_, row) => values.every((column) => (column[row] ?? null) === null));
  return values.map((column) =>
    column.map((value, row) => {
      sums[row] = (sums[row] ?? 0) + (value ?? 0);
      return isGap[row] === true ? null : (sums[row] ?? null);
    }),
  );
}

export function pointsOf(times: readonly number[], values: readonly (number | null)[]): DrawnPoint[] {
  return times.map((x, row) => ({ x, y: values[row] ?? null }));
}

/** Least and greatest known value; Infinity and -Infinity where none is known. */
export function extentOf(values: readonly (readonly (number | null)[])[]): { least: number; greatest: number } {
  let least = Infinity;
  let greatest = -Infinity;
  for (const column of values) {
    for (const value of column) {
      if (value === null) continue;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
  }
  return { least, greatest };
}
