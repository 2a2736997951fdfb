/** Is the host healthy, as far as KSM goes: a short list of answers, the worst first. Pure. */

import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { bytes, count, percent } from './format.js';

/** `unknown` is told apart from `good`: what is not measured may be wrong. */
export type Look = 'bad' | 'notice' | 'unknown' | 'good';

export interface Check {
  readonly id: 'problems' | 'probes' | 'cpu' | 'memory' | 'unmerge' | 'rivals';
  readonly look: Look;
  readonly text: string;
  /** Address of the view that says more; absent: none does. */
  readonly href?: string;
}

/** Share of time in which some task waited, per cent of the last 10 s: worth a look, and bad. */
const CPU_PRESSURE = { notice: 20, bad: 50 } as const;
const MEMORY_PRESSURE = { notice: 5, bad: 20 } as const;
/** Share of the usable memory that unmerging everything would take. */
const UNMERGE_NOTICE = 0.8;

const ORDER: readonly Look[] = ['bad', 'notice', 'unknown', 'good'];

/** @returns the same checks in any order of looks, so that the list keeps its length; without rivals that check is left out */
export function checksOf(host: Host__Output | undefined, sample: SampleFrame__Output | undefined): readonly Check[] {
  if (host === undefined) return [];
  const checks = [
    problemsCheck(host),
    ...rivalsCheck(host),
    probesCheck(host),
    unmergeCheck(sample),
    pressureCheck('memory', sample?.memory_pressure_pct, MEMORY_PRESSURE),
    pressureCheck('cpu', sample?.cpu_pressure_pct, CPU_PRESSURE),
  ];
  return checks.sort((a, b) => ORDER.indexOf(a.look) - ORDER.indexOf(b.look));
}

function problemsCheck({ problems }: Host__Output): Check {
  const [first] = problems;
  if (first === undefined)
    return { id: 'problems', look: 'good', text: 'Nothing is missing on this host', href: '#/host' };
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return { id: 'problems', look: 'notice', text: `${first.what.replaceAll('`', '')}${more}`, href: '#/host' };
}

function rivalsCheck({ rivals }: Host__Output): readonly Check[] {
  if (rivals.length === 0) return [];
  return [{ id: 'rivals', look: 'bad', text: `${rivals.join(', ')} moves the same knobs`, href: '#/host' }];
}

function probesCheck({ probes }: Host__Output): Check {
  // Not needed: another program sees the same.
  const wanted = probes.filter(({ detail, state }) => state === 'running' || !detail.startsWith('not needed'));
  const running = wanted.filter(({ state }) => state === 'running').length;
  const failed = wanted.filter(({ state }) => state === 'failed' || state === 'backoff');
  const text = `${count(running)} of ${count(wanted.length)} probes run`;
  const look = failed.length > 0 ? 'bad' : running === wanted.length && running > 0 ? 'good' : 'notice';
  return { id: 'probes', look, text, href: '#/host' };
}

function pressureCheck(
  id: 'cpu' | 'memory',
  pressure: number | undefined,
  limit: { readonly notice: number; readonly bad: number },
): Check {
  const what = id === 'cpu' ? 'CPU pressure' : 'Memory pressure';
  if (pressure === undefined) return { id, look: 'unknown', text: `${what} is not known` };
  const look = pressure >= limit.bad ? 'bad' : pressure >= limit.notice ? 'notice' : 'good';
  return { id, look, text: `${what} ${percent(pressure)}` };
}

function unmergeCheck(sample: SampleFrame__Output | undefined): Check {
  const needed = sample?.unmerge_needed_bytes;
  const usable = sample?.unmerge_usable_bytes;
  if (needed === undefined || usable === undefined) {
    return { id: 'unmerge', look: 'unknown', text: 'Whether the host could hold all unmerged is not known' };
  }
  if (needed > usable) {
    const text = `Unmerging all needs ${bytes(needed)}, ${bytes(usable)} can be used`;
    return { id: 'unmerge', look: 'bad', text };
  }
  const text = `Unmerging all fits: ${bytes(needed)} of ${bytes(usable)}`;
  return { id: 'unmerge', look: needed > usable * UNMERGE_NOTICE ? 'notice' : 'good', text };
}
