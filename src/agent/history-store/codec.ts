/**
 * Rows as bytes. Figures are whole numbers of a small unit; a column is stored as the steps from row to row, each in as
 * few bytes as it needs, and all of it is deflated. zlib's checksum at the end tells a damaged chunk from a whole one.
 *
 * Before deflate: count of rows; series of each row; time of each row in milliseconds; then column by column. A number
 * is LEB128 (7 bits a byte, least first) of the zigzag form of its difference; within figures 0 is "not known" and the
 * rest is one more.
 */

import { deflateSync, inflateSync } from 'node:zlib';
import type { Layout } from './layout.js';

export interface Row {
  /** Whose: 0 the host, else a guest's number in the file. */
  readonly series: number;
  /** Wall clock: when it was sampled, or when the time that it rolls up began. Milliseconds. */
  readonly timeMs: number;
  /** NaN: not known. In the order of the layout's columns. */
  readonly values: Float64Array;
}

/** Beyond it a double has no whole steps any more; half of it, as the difference of two must fit. */
const LARGEST = 2 ** 51;

/** A chunk that claims to hold more is damaged. */
const MAX_PLAIN_BYTES = 64 * 2 ** 20;

export function encodeRows(layout: Layout, rows: readonly Row[]): Uint8Array {
  const out = new Writer();
  out.count(rows.length);
  out.steps(rows.map(({ series }) => series));
  out.steps(rows.map(({ timeMs }) => Math.round(timeMs)));
  layout.columns.forEach(({ per, base }, column) => {
    const basePer = base === undefined ? 1 : (layout.columns[base]?.per ?? 1);
    let before = 0;
    for (const { values } of rows) {
      const figure = toSteps(values[column], per);
      if (figure === undefined) {
        out.count(0);
        continue;
      }
      if (base !== undefined) before = toSteps(values[base], basePer) ?? 0;
      out.count(zigzag(figure - before) + 1);
      before = figure;
    }
  });
  return deflateSync(out.bytes());
}

/**
 * @param series only rows of this one; absent: all
 * @throws Error where the bytes are not what {@link encodeRows} made
 */
export function decodeRows(layout: Layout, data: Uint8Array, series?: number): Row[] {
  const input = new Reader(inflateSync(data, { maxOutputLength: MAX_PLAIN_BYTES }));
  const count = input.count();
  // A row takes a byte a column at least.
  if (count > input.left) throw new RangeError(`a chunk of ${input.left} bytes claims ${count} rows`);
  const all = input.steps(count);
  const times = input.steps(count);
  const rows = all.map((one, index): Row | undefined =>
    series === undefined || one === series
      ? { series: one, timeMs: times[index] ?? 0, values: new Float64Array(layout.columns.length) }
      : undefined,
  );
  const columns = layout.columns.map(() => new Float64Array(count));
  layout.columns.forEach(({ per, base }, column) => {
    const steps = columns[column] ?? new Float64Array(count);
    const bases = base === undefined ? undefined : columns[base];
    let before = 0;
    for (let index = 0; index < count; index += 1) {
      const code = input.count();
      if (code === 0) {
        steps[index] = Number.NaN;
      } else {
        if (bases !== undefined) before = bases[index] ?? 0;
        if (Number.isNaN(before)) before = 0;
        before += unzigzag(code - 1);
        steps[index] = before;
      }
      const row = rows[index];
      if (row !== undefined) row.values[column] = (steps[index] ?? Number.NaN) / per;
    }
  });
  if (input.left > 0) throw new RangeError(`${input.left} bytes too many in a chunk`);
  return rows.filter((row) => row !== undefined);
}

function toSteps(value: number | undefined, per: number): number | undefined {
  const steps = Math.round((value ?? Number.NaN) * per);
  return Math.abs(steps) <= LARGEST ? steps : undefined;
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(code: number): number {
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
}

class Writer {
  #bytes = new Uint8Array(1024);
  #length = 0;

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @param value whole, 0 to 2^53 - 1 */
  count(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow();
    let rest = value;
    // Beyond 31 bits the operators on bits do not reach.
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  steps(values: readonly number[]): void {
    let before = 0;
    for (const value of values) {
      this.count(zigzag(value - before));
      before = value;
    }
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  count(): number {
    let value = 0;
    let unit = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || unit > 2 ** 49) throw new RangeError('a chunk ends within a number');
      value += (byte % 0x80) * unit;
      if (byte < 0x80) return value;
      unit *= 0x80;
    }
  }

  steps(count: number): number[] {
    let before = 0;
    return Array.from({ length: count }, () => (before += unzigzag(this.count())));
  }
}
