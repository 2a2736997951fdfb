/** The sentences that operators read. Figures first, then why; each ends with a full stop. */

import type { BurstEnd } from './burst.js';
import { bytes, digits, duration, percent } from './format.js';

const STARTS =
  ' run goes from 0 to 1; merging lets tenants learn of each other by timing (mayStart: false forbids it).';

export function burst(f: {
  readonly growingBytesPerSec: number;
  readonly offeredBytes: number;
  readonly share: number;
  readonly fullScanSec: number;
  readonly starting: boolean;
}): string {
  const pace = `a full scan every ${duration(f.fullScanSec)}, ${percent(f.share)} of a core`;
  const what =
    f.growingBytesPerSec > 0
      ? `Burst: mergeable memory grows by ${bytes(f.growingBytesPerSec)} a second; ${pace}, until it settles.`
      : `Burst: new mergeable memory (${bytes(f.offeredBytes)} offered in all); ${pace}, until each page was visited ` +
        'twice, which costs the same CPU at any rate.';
  return what + (f.starting ? STARTS : '');
}

export interface FlowFacts {
  readonly arrivals: number;
  readonly lifetimeSec: number;
  readonly ended: BurstEnd | null;
}

export function track(
  f: FlowFacts & {
    readonly pays: boolean;
    readonly share: number;
    readonly fullScanSec: number;
    readonly slowing: boolean;
    readonly starting: boolean;
  },
): string {
  const pace = `a full scan every ${duration(f.fullScanSec)} (${percent(f.share)} of a core)`;
  const step = f.slowing ? ', a step on the way down' : '';
  const what = f.pays
    ? `Track: ${pace}${step} pays best: ${mergeable(f)}.`
    : `Stop: no scan rate pays for itself: ${mergeable(f)}; ${pace}${step} keeps watch.`;
  return after(f.ended) + what + (f.starting ? STARTS : '');
}

export function hold(
  f: FlowFacts & {
    readonly pays: boolean;
    readonly waiting: boolean;
    readonly presentShare: number;
    readonly presentFullScanSec: number;
    readonly bestFullScanSec: number;
  },
): string {
  const present = `a full scan every ${duration(f.presentFullScanSec)} (${percent(f.presentShare)} of a core)`;
  const best = `every ${duration(f.bestFullScanSec)}`;
  if (f.waiting)
    return `${after(f.ended)}Hold: ${present}; ${best} looks better, and moves once this rate has been seen for long enough.`;
  return f.pays
    ? `${after(f.ended)}Hold: ${present} is near enough to the best, ${best}: ${mergeable(f)}.`
    : `${after(f.ended)}Stop: no scan rate pays for itself: ${mergeable(f)}; ${present} keeps watch.`;
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
      return 'Burst done. ';
    case 'budget spent':
      return 'Burst ended: its budget is spent. ';
    case 'stalled':
      return 'Burst ended: ksmd walks no pages. ';
    case 'nothing left':
      return 'Burst ended: the memory is gone. ';
  }
}
