/** COW breaks: who wrote, how exactly that is known, and in how many words. Pure. */

import type { DutyCycle__Output } from '../../proto/generated/ksmpilot/v1/DutyCycle.js';
import type { Guest__Output } from '../../proto/generated/ksmpilot/v1/Guest.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { Process__Output } from '../../proto/generated/ksmpilot/v1/Process.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { cores, count, duration, nanoseconds, percent } from './format.js';

type Breaks = Process__Output | Guest__Output;
type Frame = SampleFrame__Output | undefined;

export interface BreakRow {
  readonly title: string;
  readonly means: string;
  readonly value: string;
}

/**
 * Who wrote, and what could not be told: all rows but the last add up to the last. The same rows on every host, so that
 * nothing moves.
 */
export function breakRows(frame: Frame): readonly BreakRow[] {
  const cow = frame?.cow ?? undefined;
  const seen = (breaks: number | undefined): string =>
    cow !== undefined && breaks === undefined ? 'not seen' : count(breaks);
  const estimated = frame?.cow_breaks_estimated_total;
  return [
    { title: 'user', means: 'Written by the process itself', value: seen(cow?.by_user) },
    { title: 'kernel', means: 'Written by the kernel for it, such as read(2)', value: seen(cow?.by_kernel) },
    { title: 'guest', means: 'Written by a KVM guest', value: seen(cow?.by_guest) },
    { title: 'remote', means: 'Written by another process: process_vm_writev, ptrace', value: seen(cow?.by_remote) },
    { title: 'unmerge', means: 'Taken apart on demand: MADV_UNMERGEABLE, run=2', value: seen(cow?.by_unmerge) },
    { title: 'pin', means: 'Taken for writing without a fault: O_DIRECT', value: seen(cow?.by_pin) },
    {
      title: 'estimated',
      means: 'Between windows, charged to processes in proportion to the windows',
      value: cow !== undefined && estimated === undefined ? 'none' : count(estimated),
    },
    {
      title: 'charged to nobody',
      means: 'By writers that are not seen, and while the probes were down',
      value: count(frame?.cow_breaks_unattributed_total),
    },
    { title: 'all', means: 'cow_ksm of /proc/vmstat since the agent started', value: count(frame?.cow_breaks_total) },
  ];
}

/** How many of the COW breaks since the agent's start are charged to processes. */
export function breaksSentence(frame: Frame): string {
  const total = frame?.cow_breaks_total;
  if (frame === undefined || total === undefined) return 'Breaks since the agent started: not known.';
  const start = `${count(total)} breaks since the agent started`;
  const attributed = frame.cow_breaks_attributed_total;
  if (attributed === undefined) return `${start}; without probes none can be charged to a process.`;
  return `${start}, ${count(attributed + (frame.cow_breaks_estimated_total ?? 0))} of them charged to a process.`;
}

/** By which tier the breaks are charged to processes, and whether they are counted or scaled. */
export function tierSentence(frame: Frame, host: Host__Output | undefined): string {
  if (frame === undefined) return 'Waiting for the first sample.';
  const { cow } = frame;
  if (cow === null) {
    const state = host?.probes.find(({ name }) => name === 'cow')?.state;
    if (state === 'starting' || state === 'running') return 'The program that charges breaks to processes is starting.';
    return 'Counters only: the kernel tells the total, and no figures per process.';
  }
  const tier = `${cow.tier.charAt(0).toUpperCase()}${cow.tier.slice(1)} tier`;
  if (cow.duty === null) return `${tier}: every break that it sees is counted, none is scaled.`;
  const { coverage } = cow.duty;
  const counted = coverage === undefined ? 'none broke yet' : `${percent(coverage * 100)} were counted one by one`;
  return `${tier}, scaled to the exact total: ${counted}; ${windowWords(cow.duty)}.`;
}

/** How breaks are watched; the same facts on every host, so that nothing moves. */
export function dutyFacts(frame: Frame): readonly BreakRow[] {
  const cow = frame?.cow ?? undefined;
  const duty = cow?.duty ?? undefined;
  const service = cow?.service_time ?? undefined;
  const always = cow !== undefined && duty === undefined;
  const inWindows = (text: string): string => (always ? 'always on' : text);
  return [
    {
      title: 'tier',
      means: 'How the kernel is asked',
      value: cow?.tier ?? (frame === undefined ? '–' : 'counters only'),
    },
    {
      title: 'window',
      means: 'Programs that tax every page fault run in windows',
      value: inWindows(duty === undefined ? '–' : duty.open ? 'open' : 'closed'),
    },
    {
      title: 'next window',
      means: 'When the budget allows it, and breaks are worth one',
      value: inWindows(duty === undefined ? '–' : nextWindow(duty)),
    },
    { title: 'windows so far', means: 'That delivered counts', value: inWindows(count(duty?.windows)) },
    {
      title: 'counted one by one',
      means: 'Part of the breaks since the agent started that fell into windows',
      value: inWindows(percent(duty?.coverage === undefined ? undefined : duty.coverage * 100)),
    },
    {
      title: 'cost, cores',
      means: 'Of the windows, over the life of the agent',
      value: inWindows(cores(duty?.cost_cores)),
    },
    { title: 'half of the breaks took less than', means: 'Time in the kernel', value: nanoseconds(service?.p50_ns) },
    { title: '99 of 100 took less than', means: 'Time in the kernel', value: nanoseconds(service?.p99_ns) },
  ];
}

function nextWindow({ open, next_in_sec: next }: DutyCycle__Output): string {
  if (open) return 'now';
  if (next === undefined) return '–';
  return next > 0 ? `in ${duration(Math.ceil(next) * 1000)}` : 'when pages break';
}

function windowWords({ open, next_in_sec: next }: DutyCycle__Output): string {
  if (open) return 'a window is open';
  if (next === undefined) return 'no window is open';
  return next > 0 ? `next window in ${duration(Math.ceil(next) * 1000)}` : 'the next window opens when pages break';
}

/** Does the figure stand for more than was counted? */
export function isEstimated({ cow_breaks_seen: seen, cow_breaks_total: total }: Breaks): boolean {
  return seen !== undefined && total !== undefined && seen < total;
}

/** `~1,234`: scaled; `1,234`: counted. */
export function breaksOf(breaks: Breaks): string {
  return `${isEstimated(breaks) ? '~' : ''}${count(breaks.cow_breaks_total)}`;
}
