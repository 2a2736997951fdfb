/** The sentences that operators read. Figures first, then why; each ends with a full stop. */

import type { BurstCause, BurstEnd } from './burst.js';
import { bytes, digits, duration, percent } from './format.js';

const STARTS =
  ' run goes from 0 to 1; merging lets tenants learn of each other by timing (mayStart: false forbids it).';

export interface FlowFacts {
  readonly arrivals: number;
  readonly lifetimeSec: number;
  /** Seconds between rounds that pay best; null: none pays. */
  readonly everySec: number | null;
  readonly ended: BurstEnd | null;
}

export function burst(
  f: FlowFacts & {
    readonly cause: BurstCause;
    readonly growingBytesPerSec: number;
    readonly offeredBytes: number;
    readonly share: number;
    readonly fullScanSec: number;
    readonly unskips: boolean;
    readonly starting: boolean;
  },
): string {
  const pace = `a full scan every ${duration(f.fullScanSec)}, ${percent(f.share)} of a core`;
  const what =
    f.growingBytesPerSec > 0
      ? `Burst: mergeable memory grows by ${bytes(f.growingBytesPerSec)} a second; ${pace}, until it settles.`
      : `${occasion(f)}; ${pace}, until each page was visited twice, which costs the same CPU at any rate.`;
  const unskips = f.unskips ? ' smart_scan is 0 for that long, so that pages it passes over meet their like.' : '';
  return what + unskips + (f.starting ? STARTS : '');
}

function occasion(f: FlowFacts & { readonly cause: BurstCause; readonly offeredBytes: number }): string {
  const offered = bytes(f.offeredBytes);
  switch (f.cause) {
    case 'growth':
      return `Burst: new mergeable memory (${offered} offered in all)`;
    case 'round':
      return `Track: ${mergeable(f)}, for which a round every ${duration(f.everySec ?? 0)} pays best, and one is due`;
    case 'look':
      return `Probe: a look whether any of the ${offered} offered has become mergeable unseen`;
  }
}

type Waiting = FlowFacts & { readonly nextSec: number };

/** Between rounds, with `run` at 0. */
export function rest(f: Waiting & { readonly scanning: boolean }): string {
  const what = f.scanning ? 'run goes to 0, and what is merged stays merged' : 'run stays 0';
  return `${after(f.ended)}${between(f)}; ${what}. ${next(f)}`;
}

const WATCHES = {
  tidy: 'for one full scan, so that ksmd drops its books of memory that is gone',
  told: 'until then, since the settings keep run at 1',
  blind: 'until then, since this kernel (before 6.14) shows new guests only as ksmd comes by them',
} as const;

/** Between rounds where ksmd may not stand still, or has to clear books. */
export function watch(
  f: Waiting & { readonly share: number; readonly why: keyof typeof WATCHES; readonly offers: boolean },
): string {
  const pace = `${percent(f.share)} of a core ${WATCHES[f.why]}`;
  if (!f.offers) return `Stop: no guest seen yet; ${pace}.`;
  return `${after(f.ended)}${between(f)}; ${pace}. ${next(f)}`;
}

function between(f: FlowFacts): string {
  return f.everySec === null
    ? `Stop: no scanning pays for itself: ${mergeable(f)}`
    : `Hold: a round every ${duration(f.everySec)} pays best: ${mergeable(f)}`;
}

function next(f: Waiting): string {
  const what = f.everySec === null ? 'look' : 'round';
  return `The next ${what} is in ${duration(f.nextSec)}, sooner when guests start or grow.`;
}

export function idle(running: boolean): string {
  return running
    ? 'Stop: no process offers memory to KSM, so ksmd sleeps; the knobs stay as they are.'
    : 'Stop: no process offers memory to KSM, so run stays 0 until one does.';
}

export function learning(broken: boolean): string {
  return broken
    ? 'Learning: the clock or a counter jumped, so nothing is compared across it; the next reading goes on from here.'
    : 'Learning: the first reading; rates need a second one.';
}

export const PAUSED = 'Paused on request: the knobs stay where they are until `ksmpilot tune resume`.';

/** Remarks that go with any reason, each with a word that makes it part of the reason class. */
export interface Remark {
  readonly kind: string;
  readonly text: string;
}

export const BLIND_CPU: Remark = {
  kind: 'blind',
  text: ' CPU time of ksmd cannot be read, so a page is taken to cost 50 us, the most ever reported, to keep the cap.',
};

export const HELD_BACK: Remark = {
  kind: 'held back',
  text: ' New memory would be worth a burst, but bursts have used up their budget; it fills by two full scans in ten minutes.',
};

export function rivalsInAdvise(names: readonly string[]): Remark {
  const who = names.join(' and ');
  return { kind: `beside ${who}`, text: ` Advice only: in auto mode ksmpilot would keep its hands off beside ${who}.` };
}

function mergeable(f: FlowFacts): string {
  return `${digits(f.arrivals)} pages/s become mergeable and stay so for ${duration(f.lifetimeSec)}`;
}

function after(ended: BurstEnd | null): string {
  switch (ended) {
    case null:
      return '';
    case 'done':
      return 'Done. ';
    case 'budget spent':
      return 'Ended: the budget of bursts is spent. ';
    case 'stalled':
      return 'Ended: ksmd walks no pages. ';
    case 'nothing left':
      return 'Ended: the memory is gone. ';
  }
}
