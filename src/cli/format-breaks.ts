/** COW breaks in words: how many, to whom they are charged, how exactly, and how long they take. Pure. */

import type { CowBreaks__Output } from '../../proto/generated/ksmpilot/v1/CowBreaks.js';
import type { DutyCycle__Output } from '../../proto/generated/ksmpilot/v1/DutyCycle.js';
import type { Guest__Output } from '../../proto/generated/ksmpilot/v1/Guest.js';
import type { Probe__Output } from '../../proto/generated/ksmpilot/v1/Probe.js';
import type { Process__Output } from '../../proto/generated/ksmpilot/v1/Process.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Status__Output } from '../../proto/generated/ksmpilot/v1/Status.js';
import { formatCount, formatDuration, formatNs, formatPct, formatRate, type Maybe } from './format.js';

/** What a row of processes or of guests has of them. */
type Breaks = Process__Output | Guest__Output;

type Line = readonly [name: string, value: string];

/** For `status` and `top`: what there is nothing to tell of has no line. */
export function breakLines({ sample, probes }: Status__Output): readonly Line[] {
  const total = sample?.cow_breaks_total;
  const lines: Line[] = [
    [
      'COW breaks',
      `${formatCount(total)} since the agent's start, now ${formatRate(sample?.cow_breaks_per_sec)}; ` +
        `zero-page breaks ${formatCount(sample?.zero_breaks_total)}`,
    ],
    ['charged', chargedText(sample, probes)],
  ];
  if (sample === null) return lines;
  const service = sample.cow?.service_time ?? null;
  if (service !== null) {
    const { buckets, by, p50_ns, p99_ns } = service;
    const timed = buckets.reduce((sum, { count }) => sum + count, 0);
    lines.push([
      'break takes',
      `half below ${formatNs(p50_ns)}, 99 % below ${formatNs(p99_ns)}; ${formatCount(timed)} timed by ${by}`,
    ]);
  }
  if (sample.merge_lifetime_p50_ms !== undefined) {
    const sampled = sample.lifetime_sampled_one_in ?? 1;
    const rest = sampled > 1 ? `; one page in ${formatCount(sampled)} is timed` : '';
    lines.push([
      'merges last',
      `half of those that ended, below ${formatDuration(sample.merge_lifetime_p50_ms)}${rest}`,
    ]);
  }
  return lines;
}

/** Who wrote, of the breaks that were counted one by one; for `status`. */
export function writerLines({ sample }: Status__Output): readonly Line[] {
  const cow = sample?.cow;
  return cow === null || cow === undefined ? [] : [['counted, by', writersText(cow)]];
}

/** Does the figure stand for more than was counted? */
export function isEstimated({ cow_breaks_seen: seen, cow_breaks_total: total }: Breaks): boolean {
  return seen !== undefined && total !== undefined && seen < total;
}

/** `~1,234`: scaled; `1,234`: counted one by one. */
export function formatBreaks(breaks: Breaks): string {
  return `${isEstimated(breaks) ? '~' : ''}${formatCount(breaks.cow_breaks_total)}`;
}

/** Said beside a table in which figures carry a `~`. */
export function estimateNote(rows: readonly Breaks[], cow: CowBreaks__Output | null | undefined): string | undefined {
  if (!rows.some(isEstimated)) return undefined;
  return `~ is scaled to the exact total; ${countedShare(cow?.duty?.coverage)} of the breaks were counted one by one`;
}

function chargedText(sample: SampleFrame__Output | null, probes: readonly Probe__Output[]): string {
  const cow = sample?.cow;
  if (cow === null || cow === undefined) {
    const state = probes.find(({ name }) => name === 'cow')?.state;
    return state === 'running' || state === 'starting'
      ? 'to nobody yet: the first counts are to come'
      : 'to nobody: counters only, the kernel tells no more than the total';
  }
  const attributed = sample?.cow_breaks_attributed_total;
  const charged = attributed === undefined ? undefined : attributed + (sample?.cow_breaks_estimated_total ?? 0);
  return (
    `${formatCount(charged)} to processes, ${formatCount(sample?.cow_breaks_unattributed_total)} to nobody; ` +
    `${cow.tier} tier, ${cow.duty === null ? 'counted' : dutyText(cow.duty)}`
  );
}

function dutyText(duty: DutyCycle__Output): string {
  return `scaled to the exact total (${countedShare(duty.coverage)} counted, ${windowText(duty)})`;
}

function windowText({ open, next_in_sec: next }: DutyCycle__Output): string {
  if (open) return 'window open';
  if (next === undefined) return 'no window open';
  return next > 0 ? `next window in ${formatDuration(next * 1000)}` : 'next window when pages break';
}

function countedShare(coverage: Maybe): string {
  return coverage === null || coverage === undefined ? '-' : formatPct(coverage * 100);
}

function writersText(cow: CowBreaks__Output): string {
  const kinds: readonly (readonly [name: string, count: number | undefined])[] = [
    ['user', cow.by_user],
    ['kernel', cow.by_kernel],
    ['guest', cow.by_guest],
    ['remote', cow.by_remote],
    ['unmerge', cow.by_unmerge],
    ['pin', cow.by_pin],
  ];
  const seen = kinds.filter(([, count]) => count !== undefined).map(([name, count]) => `${name} ${formatCount(count)}`);
  const unseen = kinds.filter(([, count]) => count === undefined).map(([name]) => name);
  return `${seen.join(', ')}${unseen.length === 0 ? '' : `; this tier does not see ${unseen.join(', ')}`}`;
}
