/** A small curve without axes. Pure. */

export interface Box {
  readonly width: number;
  readonly height: number;
}

/** Half of the line's width, so that it is not cut at the edge. */
const MARGIN = 1;

/**
 * The data of an SVG path: from 0 at the foot of the box to the greatest value at its top, so that a guest that saves
 * half of what it did is drawn at half the height. NaN breaks the line; a value alone is a short stroke. Empty where
 * nothing is known.
 */
export function sparkline(values: ArrayLike<number>, { width, height }: Box): string {
  const known = Array.from(values).filter((value) => !Number.isNaN(value));
  const greatest = Math.max(0, ...known);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  const y = (value: number): string => {
    const share = greatest === 0 ? 0 : Math.max(0, value) / greatest;
    return short(height - MARGIN - share * (height - 2 * MARGIN));
  };
  let path = '';
  let isDown = false;
  for (let place = 0; place < values.length; place += 1) {
    const value = values[place] ?? NaN;
    const x = short(place * step);
    if (Number.isNaN(value)) {
      isDown = false;
      continue;
    }
    const isAlone = !isDown && Number.isNaN(values[place + 1] ?? NaN);
    path += `${isDown ? 'L' : 'M'}${x} ${y(value)}${isAlone ? 'h1.5' : ''}`;
    isDown = true;
  }
  return path;
}

/** Less than this share of the greatest value is no change. */
const STEADY = 0.05;

/** The curve in a word, for who does not see it. */
export function trendOf(values: ArrayLike<number>): 'rising' | 'falling' | 'steady' | 'not known' {
  const known = Array.from(values).filter((value) => !Number.isNaN(value));
  const [first] = known;
  const last = known.at(-1);
  if (first === undefined || last === undefined || known.length < 2) return 'not known';
  const change = last - first;
  if (Math.abs(change) <= STEADY * Math.max(...known)) return 'steady';
  return change > 0 ? 'rising' : 'falling';
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
