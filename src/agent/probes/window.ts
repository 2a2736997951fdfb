/**
 * Messages of one bpftrace run -> the cumulative counts of its last complete frames. A frame is what a program prints
 * between `tick` and `tock` once a second; counts are never cleared, so the newest frame says all and a lost one loses
 * nothing. What bpftrace prints outside of frames (all maps, when it is told to end) is final and taken as it comes.
 */

import { BARS } from '../model/lifetime.js';
import type { LifetimeBars } from '../model/probe.js';
import type { HistEntry, ProbeMessage } from './line.js';

type MapEntries = ReadonlyMap<string, number | string>;

/** Counts of one process: the kinds of @merge, @cow and @guest in the programs of bpf/. */
export interface ProcessCounts {
  mergesNew: number;
  mergesInto: number;
  mergesZero: number;
  user: number;
  kernel: number;
  zero: number;
  /** By do_wp_page, here and in the next three: the virtual machine's own writes. */
  guestWrite: number;
  remote: number;
  unmerge: number;
  pin: number;
  /** By kvm_unmap_hva_range: every break in a process with a VM, those in `user` and `kernel` among them. */
  guest: number;
  guestZero: number;
}

/** Everything counted since this run of bpftrace began. */
export interface EpochCounts {
  /** bpf/scanner.bt's @ksm: 0 full scans, 1 without a line, 2 rmap items removed, 3 KSM pages, 4 entries, 5 exits. */
  readonly ksm: MapEntries;
  readonly merge: MapEntries;
  /** By negative errno. */
  readonly fail: MapEntries;
  readonly cow: MapEntries;
  readonly guest: MapEntries;
  readonly comm: MapEntries;
  readonly timed: MapEntries;
  /** By process and bar of LifetimeBars; process 0: those without a row of their own. */
  readonly lifetime: MapEntries;
  /** Nanoseconds; only the breaks of KSM pages that were timed. */
  readonly serviceNs: readonly HistEntry[];
}

export class EpochWindow {
  readonly #maps = new Map<string, MapEntries>();
  readonly #histograms = new Map<string, readonly HistEntry[]>();
  #frame: string | undefined;
  /** What the open frame brought so far. */
  #pending: ProbeMessage[] = [];

  /** Takes one message; returns the program's name when it completes a frame. */
  accept(message: ProbeMessage): string | undefined {
    switch (message.kind) {
      case 'tick':
        this.finish(); // a frame cut short by the next one: its maps are whole lines, so they are true
        this.#frame = message.program;
        return undefined;
      case 'tock':
        this.finish();
        return message.program;
      case 'map':
      case 'hist':
        if (this.#frame === undefined) this.#commit(message);
        else this.#pending.push(message);
        return undefined;
      default:
        return undefined;
    }
  }

  /** The run is over: takes what an unfinished frame brought. */
  finish(): void {
    for (const message of this.#pending) this.#commit(message);
    this.#pending = [];
    this.#frame = undefined;
  }

  counts(): EpochCounts {
    const map = (name: string): MapEntries => this.#maps.get(name) ?? new Map();
    return {
      ksm: map('@ksm'),
      merge: map('@merge'),
      fail: map('@fail'),
      cow: map('@cow'),
      guest: map('@guest'),
      comm: map('@comm'),
      timed: map('@timed'),
      lifetime: map('@lifetime'),
      serviceNs: this.#histograms.get('@service_ns') ?? [],
    };
  }

  #commit(message: ProbeMessage): void {
    if (message.kind === 'map') this.#maps.set(message.name, message.entries);
    else if (message.kind === 'hist') this.#histograms.set(message.name, message.entries);
  }
}

/** `counts` by process. */
export function countsByProcess(counts: EpochCounts): Map<number, ProcessCounts> {
  const rows = new Map<number, ProcessCounts>();
  const add = (entries: MapEntries, fields: Readonly<Record<string, keyof ProcessCounts>>): void => {
    for (const [key, value] of entries) {
      const [pid = '', kind = ''] = key.split(',');
      const field = fields[kind.trim()];
      if (field === undefined) continue;
      const row = rows.get(Number(pid)) ?? emptyCounts();
      row[field] += numberOf(value);
      rows.set(Number(pid), row);
    }
  };
  add(counts.merge, { '0': 'mergesNew', '1': 'mergesInto', '2': 'mergesZero' });
  add(counts.cow, {
    '0': 'user',
    '1': 'kernel',
    '2': 'guestWrite',
    '3': 'zero',
    '5': 'remote',
    '6': 'unmerge',
    '7': 'pin',
  });
  add(counts.guest, { '2': 'guest', '4': 'guestZero' });
  return rows;
}

/** Merge lifetimes of `counts` by process. */
export function lifetimesByProcess({ lifetime }: Pick<EpochCounts, 'lifetime'>): Map<number, LifetimeBars> {
  const processes = new Map<number, number[]>();
  for (const [key, value] of lifetime) {
    const [pid, bar] = key.split(',').map(Number);
    if (pid === undefined || bar === undefined || !(bar >= 0 && bar < BARS)) continue;
    const bars = processes.get(pid) ?? Array.from({ length: BARS }, () => 0);
    bars[bar] = numberOf(value);
    processes.set(pid, bars);
  }
  return processes;
}

export function emptyCounts(): ProcessCounts {
  return {
    mergesNew: 0,
    mergesInto: 0,
    mergesZero: 0,
    user: 0,
    kernel: 0,
    zero: 0,
    guestWrite: 0,
    remote: 0,
    unmerge: 0,
    pin: 0,
    guest: 0,
    guestZero: 0,
  };
}

/** A map's value for `key`; 0 where the map has none yet, since bpftrace shows a count from its first event on. */
export function countAt(entries: MapEntries, key: number): number {
  return numberOf(entries.get(String(key)) ?? 0);
}

function numberOf(value: number | string): number {
  const number = Number(value);
  return Number.isFinite(number) ? number : 0;
}
