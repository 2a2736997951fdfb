const EMPTY = 0xffffffff;

/** Columns of 32-bit words; see `Column`. */
const COLUMNS = [
  /** The hash. */
  'h0',
  'h1',
  'h2',
  'h3',
  /** What was selected by: contents with equal words here were selected or left out together. */
  'cluster',
  /** 1: would have been looked at whatever the rate. */
  'certain',
  /** Pages with this content, of all processes that were read to the end. */
  'copies',
  /** Of these, in memory offered to KSM. */
  'offered',
  /** Page frames that these pages take now. */
  'frames',
  /** Pages that would be saved if each process merged by itself. */
  'savedWithin',
  /** The same of the process being read. */
  'ownCopies',
  'ownOffered',
  'ownFrames',
] as const;

export type Column = (typeof COLUMNS)[number];

/**
 * Contents by hash, with their counts. 60 bytes a content, in columns, since a million objects would take four times as
 * much.
 */
export class ContentTable {
  readonly #columns: Record<Column, Uint32Array>;
  #slots: Uint32Array;
  #size = 0;

  constructor(capacity = 1024) {
    this.#columns = Object.fromEntries(COLUMNS.map((name) => [name, new Uint32Array(capacity)])) as Record<
      Column,
      Uint32Array
    >;
    this.#slots = new Uint32Array(capacity * 2).fill(EMPTY);
  }

  get size(): number {
    return this.#size;
  }

  get(row: number, column: Column): number {
    return this.#columns[column][row] ?? 0;
  }

  add(row: number, column: Column, amount: number): void {
    const values = this.#columns[column];
    values[row] = (values[row] ?? 0) + amount;
  }

  set(row: number, column: Column, value: number): void {
    this.#columns[column][row] = value;
  }

  /** The row of a content, made where there is none. Rows keep their number until `retain`. */
  row(hash: Uint32Array, cluster: number, certain: boolean): number {
    const [a = 0, b = 0, c = 0, d = 0] = hash;
    const { h0, h1, h2, h3 } = this.#columns;
    const mask = this.#slots.length - 1;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const row = this.#slots[slot] ?? EMPTY;
      if (row === EMPTY) return this.#append(slot, [a, b, c, d, cluster, certain ? 1 : 0]);
      if (h0[row] === a && h1[row] === b && h2[row] === c && h3[row] === d) return row;
    }
  }

  /** Drops the rows that are not to stay; the others get new numbers, in the same order. */
  retain(stays: (row: number) => boolean): void {
    let kept = 0;
    for (let row = 0; row < this.#size; row += 1) {
      if (!stays(row)) continue;
      for (const values of Object.values(this.#columns)) values[kept] = values[row] ?? 0;
      kept += 1;
    }
    for (const values of Object.values(this.#columns)) values.fill(0, kept, this.#size);
    this.#size = kept;
    this.#index();
  }

  #append(slot: number, first: readonly number[]): number {
    const row = this.#size;
    this.#size += 1;
    const full = row === this.#columns.h0.length;
    if (full) {
      for (const name of COLUMNS) {
        const wider = new Uint32Array(row * 2);
        wider.set(this.#columns[name]);
        this.#columns[name] = wider;
      }
      this.#slots = new Uint32Array(row * 4);
    }
    first.forEach((value, index) => (this.#columns[COLUMNS[index] ?? 'h0'][row] = value));
    if (full) this.#index();
    else this.#slots[slot] = row;
    return row;
  }

  #index(): void {
    this.#slots.fill(EMPTY);
    const mask = this.#slots.length - 1;
    for (let row = 0; row < this.#size; row += 1) {
      let slot = (this.#columns.h0[row] ?? 0) & mask;
      while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      this.#slots[slot] = row;
    }
  }
}
