/** A quantity over time: straight lines between points, seconds strictly ascending. */
export type Curve = readonly Point[];

export interface Point {
  readonly sec: number;
  readonly value: number;
}

/** The value at a moment; before the first point that of the first, after the last that of the last. 0 for no points. */
export function valueAt(curve: Curve, sec: number): number {
  let [low, high] = [0, curve.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((curve[middle]?.sec ?? 0) < sec) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [curve[low - 1], curve[low]];
  if (after === undefined) return 0;
  if (before === undefined || sec >= after.sec) return after.value;
  return before.value + ((after.value - before.value) * (sec - before.sec)) / (after.sec - before.sec);
}

/** The area below it, by trapezoids, from the first point to the last. */
export function integral(curve: Curve): number {
  let [area, before] = [0, curve[0]];
  for (const point of curve) {
    area += ((point.value + (before?.value ?? 0)) / 2) * (point.sec - (before?.sec ?? 0));
    before = point;
  }
  return area;
}

/** How fast a counter rose at most over any `seconds`, per second; over all of it where it is shorter. */
export function steepest(counter: Curve, seconds: number): number {
  const [first, last] = [counter[0], counter.at(-1)];
  if (first === undefined || last === undefined || last.sec <= first.sec) return 0;
  const length = Math.min(seconds, last.sec - first.sec);
  // The rise over a sliding window is straight between the moments at which one of its ends meets a point.
  const starts = counter.flatMap(({ sec }) => [sec, sec - length]);
  const inside = starts.filter((sec) => sec >= first.sec && sec + length <= last.sec + 1e-9);
  return Math.max(0, ...inside.map((sec) => valueAt(counter, sec + length) - valueAt(counter, sec))) / length;
}

/** The first moment from `fromSec` on at which it is `level` or more and stays so for `staySec`; null: never. */
export function reaches(curve: Curve, level: number, fromSec: number, staySec: number): number | null {
  let since: number | null = null;
  for (const { sec, value } of curve) {
    if (sec < fromSec || value < level) {
      since = null;
      continue;
    }
    since ??= sec;
    if (sec - since >= staySec - 1e-9) return since;
  }
  return null;
}
