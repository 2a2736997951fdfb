/**
 * The accounts of a duty cycle: every break that `cow_ksm` tells is counted in a window, or falls between two and is
 * charged by GapScaling, or stays the unattributed rest. Told all readings and frames in their order. Pure.
 */

import { GapScaling } from './duty-scaling.js';
import { totalOf, type WindowFrame, WindowTally } from './duty-tally.js';

export class DutyLedger {
  readonly #scaling: GapScaling;
  #tally: WindowTally | undefined;
  /** Of the open window: was the gap before it settled? */
  #isSettled = false;
  /** `cow_ksm` at the first reading. */
  #origin: number | undefined;
  #newest = 0;
  /** Of the growth since then: counted in windows that ended, left over in them, and fallen between windows. */
  #counted = 0;
  #rest = 0;
  #between = 0;
  #inWindows = 0;
  #windows = 0;

  /** `maxProcesses`: of how many processes the estimate is kept one by one; the sum keeps all. */
  constructor(maxProcesses: number) {
    this.#scaling = new GapScaling(maxProcesses);
  }

  /** Windows that told a rate. */
  get windows(): number {
    return this.#windows;
  }

  /** Breaks charged though nobody saw them. undefined: the kernel does not count breaks, so nothing can be scaled. */
  get estimated(): number | undefined {
    return this.#origin === undefined ? undefined : this.#scaling.total;
  }

  /** `estimated` by pid. */
  get given(): ReadonlyMap<number, number> {
    return this.#scaling.given;
  }

  /** Processes that growth between windows would be charged to. */
  get candidates(): Iterable<number> {
    return this.#scaling.candidates;
  }

  /** Of the growth so far, the part that fell into windows, 0 to 1; undefined: no growth. */
  get coverage(): number | undefined {
    const growth = this.#newest - (this.#origin ?? this.#newest);
    if (growth <= 0) return undefined;
    return Math.min(1, (this.#inWindows + (this.#tally?.growth ?? 0)) / growth);
  }

  processEnded(pid: number, sec: number): void {
    this.#scaling.processEnded(pid, sec);
  }

  processBegan(pid: number, sec: number): void {
    this.#scaling.processBegan(pid, sec);
  }

  /** Others count all breaks up to here; only later growth is this ledger's. To be told before the first window only. */
  beginAt(cowKsm: number | undefined): void {
    if (cowKsm === undefined || this.#tally !== undefined || this.#counted + this.#between > 0) return;
    this.#origin = cowKsm;
    this.#newest = cowKsm;
  }

  /** A reading while no window's bpftrace runs. */
  between(sec: number, cowKsm: number | undefined): void {
    if (cowKsm === undefined) return;
    this.#note(cowKsm);
    this.#grow(sec);
  }

  /** A window's bpftrace is about to start: what grows until its first frame is split when that has come. */
  begin(): void {
    this.#tally = new WindowTally();
    this.#isSettled = false;
  }

  frame(frame: WindowFrame): void {
    const tally = this.#tally;
    if (tally === undefined) return;
    const isFirst = tally.first === undefined;
    tally.add(frame);
    if (frame.cowKsm !== undefined) {
      this.#note(frame.cowKsm);
      if (isFirst) this.#grow(frame.sec);
    }
    if (tally.isHeadWhole) this.#settle(tally);
  }

  /** The window's bpftrace has ended, with these final counts by pid. `cowKsm`: read after that. */
  end(final: ReadonlyMap<number, number>, cowKsm: number | undefined): void {
    const tally = this.#tally;
    this.#tally = undefined;
    this.#counted += totalOf({ breaks: final });
    if (cowKsm !== undefined) this.#note(cowKsm);
    const last = tally?.last;
    if (tally === undefined || last === undefined) return;
    this.#rest += tally.rest;
    this.#inWindows += tally.growth + Math.max(0, totalOf({ breaks: final }) - totalOf(last));
    this.#settle(tally);
    if (tally.tail !== undefined) this.#scaling.open(last.sec, tally.tail);
  }

  #note(cowKsm: number): void {
    this.#origin ??= cowKsm;
    this.#newest = Math.max(this.#newest, cowKsm);
  }

  /**
   * What is neither counted nor left over fell between windows. By sums over all the time, so that reading `cow_ksm` a
   * little later than the counts adds up to nothing: what is too much here is missing at the next call.
   */
  #grow(sec: number): void {
    const growth = Math.floor(this.#room() - this.#rest) - this.#between;
    if (growth <= 0) return;
    this.#between += growth;
    this.#scaling.grow(sec, growth, this.#room());
  }

  #settle(tally: WindowTally): void {
    const { first, head } = tally;
    if (this.#isSettled || first === undefined || head === undefined) return;
    this.#isSettled = true;
    this.#windows += 1;
    this.#scaling.settle(first.sec, head, this.#room());
  }

  /** The most that may be given: growth that was not counted. */
  #room(): number {
    const last = this.#tally?.last;
    return this.#newest - (this.#origin ?? this.#newest) - this.#counted - (last === undefined ? 0 : totalOf(last));
  }
}
