import { cellName } from './plan.js';
import type { Cell, Row } from './types.js';

/** Seconds that a cell takes beside its window, until some have been measured: agent, guests, resetting. */
const OVERHEAD_SEC = 8;
/** One live line at most so often. */
const LIVE_EVERY_MS = 1_000;

/** Where a cell is: for the machine, for guests and agent, the window, putting everything back. */
export type Stage = 'waiting' | 'preparing' | 'measuring' | 'clearing';

/** Tells how far a run is: one line for each cell, and on a terminal a live one below them. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #live: boolean;
  /** Window lengths of the cells to come, this one included, in seconds. */
  readonly #toDo: number[];
  readonly #total: number;
  readonly #overheads: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #startedMs = 0;
  #stage: Stage = 'waiting';
  #name = '';

  constructor(options: {
    readonly write: (text: string) => void;
    readonly isTTY: boolean;
    readonly windows: readonly number[];
  }) {
    this.#write = options.write;
    this.#live = options.isTTY;
    this.#toDo = [...options.windows];
    this.#total = this.#toDo.length;
  }

  begin(cell: Cell): void {
    this.#startedMs = performance.now();
    this.#name = cellName(cell);
    this.#stage = 'waiting';
    if (this.#live) this.#timer = setInterval(() => this.#showLive(), LIVE_EVERY_MS);
  }

  stage(stage: Stage): void {
    // Waiting for others to be done is no part of what a cell takes.
    if (this.#stage === 'waiting') this.#startedMs = performance.now();
    this.#stage = stage;
    if (this.#live) this.#showLive();
  }

  /** The cell has ended, with a row or with the reason why there is none. */
  end(result: Row | string): void {
    this.stop();
    const window = this.#toDo.shift() ?? 0;
    const tookSec = (performance.now() - this.#startedMs) / 1000;
    if (typeof result !== 'string') this.#overheads.push(Math.max(0, tookSec - window));
    const place = `[${String(this.#total - this.#toDo.length).padStart(String(this.#total).length)}/${this.#total}]`;
    const text = typeof result === 'string' ? `${this.#name}: FAILED: ${result}` : rowLine(result);
    const left = this.#toDo.length === 0 ? '' : `  left ${duration(this.leftSec())}`;
    this.#write(`${place} ${text}${left}\n`);
  }

  /** A line between those of the cells. */
  say(text: string): void {
    this.#clear();
    this.#write(`${text}\n`);
  }

  /** Estimated from the windows to come and the median of what cells took beside theirs. */
  leftSec(): number {
    const sorted = this.#overheads.toSorted((a, b) => a - b);
    const overhead = sorted[Math.floor(sorted.length / 2)] ?? OVERHEAD_SEC;
    return this.#toDo.reduce((sum, window) => sum + window + overhead, 0);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#clear();
  }

  #showLive(): void {
    const sec = Math.round((performance.now() - this.#startedMs) / 1000);
    this.#clear();
    this.#write(`      ${this.#name}: ${this.#stage} (${sec} s)`);
  }

  #clear(): void {
    if (this.#live) this.#write('\r\u001b[K');
  }
}

/** What a cell came to, in one line: net in core-seconds, at its own price or at all three. */
export function rowLine(row: Row): string {
  const nets = [
    [4, row.net_4],
    [8, row.net_8],
    [16, row.net_16],
  ] as const;
  const own = nets.find(([price]) => price === row.price);
  const net =
    own === undefined
      ? `net ${nets.map(([price, value]) => `${signed(value)} (${price})`).join(' ')}`
      : `net ${signed(own[1])} core-s`;
  const t95 = row.t95_s === null ? '' : `, 95 % after ${row.t95_s.toFixed(1)} s`;
  const foreign = row.foreign_load >= 0.1 ? `, others' load ${row.foreign_load.toFixed(2)}` : '';
  return (
    `${cellName(row).padEnd(32)} ${net}; saved ${row.saved_gib_s.toFixed(2)} of ${row.reachable_gib_s.toFixed(2)} GiB s, ` +
    `ksmd ${row.ksmd_cpu_s.toFixed(2)} s${t95}${foreign}`
  );
}

/** `3 h 5 min`, `12 min`, `40 s`. */
export function duration(sec: number): string {
  const minutes = Math.round(sec / 60);
  if (sec < 90) return `${Math.round(sec)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(2)}`;
}
