/** Memory that ksmd does not look at, or not yet. Pure. */

import { bytes, duration, percent } from '../../tuner/format.js';
import type { Evidence } from './evidence.js';
import { because, type Fact, type Reason } from './reason.js';
import { isWorthTelling, unmergedPages, unvisitedPages } from './share.js';

const RUN = '/sys/kernel/mm/ksm/run';

export function ksmAbsent({ ksm, memory, pageSize }: Evidence): Reason | undefined {
  if (ksm !== undefined) return undefined;
  return because('ksm_absent', {
    sentence: 'This kernel has no KSM: nothing merges on this host.',
    evidence: [{ what: 'files of KSM', value: 'absent', source: '/sys/kernel/mm/ksm' }],
    cure: 'Boot a kernel with CONFIG_KSM=y (distribution kernels have it); in a container, mount sysfs.',
    bytes: (memory.offered + memory.unoffered) * pageSize,
    bound: 'at most',
  });
}

export function ksmStopped(evidence: Evidence): Reason | undefined {
  const { ksm, memory, pageSize } = evidence;
  const run = ksm?.run;
  if (run === undefined || run === 1) return undefined;
  const left = unmergedPages(evidence) * pageSize;
  const merged = memory.offered * pageSize - left;
  const kept = merged === 0 ? '' : ` What is merged stays merged (${bytes(merged)} here).`;
  const waiting = memory.offered === 0 ? '' : ` ${bytes(left)} of what this guest offers wait.`;
  return because('ksm_stopped', {
    sentence:
      run === 2
        ? `KSM was told to unmerge everything (run is 2) and merges nothing.${waiting}`
        : `KSM does not scan (run is 0).${kept}${waiting}`,
    evidence: [{ what: 'run', value: run, source: RUN }],
    cure:
      `echo 1 > ${RUN}, or \`ksmpilot run --mode auto\`. Where an agent tunes this host already, it rests between ` +
      'rounds: `ksmpilot tune explain`.',
    ...(memory.offered === 0 ? {} : { bytes: left, bound: 'at most' }),
  });
}

/** How fast ksmd walks, pages a second; null: it stands still, or nobody can say. */
interface Walk {
  readonly perSec: number;
  readonly fact: Fact;
}

/**
 * Measured while the evidence was gathered; where ksmd slept through that, what the knobs allow at most. Skipped pages
 * are walked past, too.
 */
function walkOf({ ksm, pace }: Evidence): Walk | undefined {
  const measured = pace.scanned === null ? 0 : pace.scanned + (pace.skipped ?? 0);
  if (measured > 0 && pace.seconds > 0) {
    const perSec = measured / pace.seconds;
    const source = `pages_scanned, _skipped, ${duration(pace.seconds)}`;
    return { perSec, fact: { what: 'pace of ksmd', value: Math.round(perSec), unit: 'pages/s', source } };
  }
  const { pages_to_scan: batch, sleep_millisecs: sleep } = ksm ?? {};
  if (batch === undefined || sleep === undefined || sleep === 0) return undefined;
  const perSec = (batch * 1000) / sleep;
  const source = 'pages_to_scan / sleep_millisecs';
  return { perSec, fact: { what: 'pace of ksmd at most', value: Math.round(perSec), unit: 'pages/s', source } };
}

/** Pages in ksmd's records of all processes: one walk over them is a full scan. */
function recordedPages({ ksm }: Evidence): number {
  const { pages_shared = 0, pages_sharing = 0, pages_unshared = 0, pages_volatile = 0 } = ksm ?? {};
  return pages_shared + pages_sharing + pages_unshared + pages_volatile;
}

export function notVisited(evidence: Evidence): Reason | undefined {
  const { memory, tally, pageSize, ksm } = evidence;
  const pages = unvisitedPages(evidence);
  if (pages === null || pages === 0 || ksm === undefined || !isWorthTelling(pages, evidence)) return undefined;
  const walk = walkOf(evidence);
  const fullScan = recordedPages(evidence) + pages;
  const seconds = walk === undefined ? undefined : fullScan / walk.perSec;
  const when =
    ksm.run !== 1
      ? 'It never will while KSM is stopped.'
      : seconds === undefined
        ? 'When it will cannot be told.'
        : `It will within about ${duration(seconds)}, one full scan; equal pages that do not change merge by the next.`;
  return because('not_visited', {
    sentence: `ksmd has not come to ${bytes(pages * pageSize)} of what is offered. ${when}`,
    evidence: [
      { what: 'offered', value: memory.offered, unit: 'pages', source: 'smaps, Anonymous of areas with mg' },
      { what: 'visited', value: tally.visited ?? 0, unit: 'pages', source: 'ksm_stat, ksm_rmap_items' },
      { what: 'a full scan, at least', value: fullScan, unit: 'pages', source: 'pages_shared ... pages_volatile' },
      ...(walk === undefined ? [] : [walk.fact]),
      ...(seconds === undefined || ksm.run !== 1
        ? []
        : [{ what: 'visited within about', value: seconds, unit: 's', source: 'full scan / pace' } as const]),
    ],
    cure:
      ksm.run === 1
        ? 'Wait, or let ksmd walk faster: `ksmpilot run --mode auto`, or by hand a larger pages_to_scan ' +
          `(now ${String(ksm.pages_to_scan ?? 'not told')}).`
        : `Start KSM: echo 1 > ${RUN}.`,
    bytes: pages * pageSize,
    bound: 'about',
  });
}

/** The kernel tells neither which pages it skips nor whose: what was looked at and did not merge bounds it. */
export function smartScan(evidence: Evidence): Reason | undefined {
  const { ksm, tally, pageSize, pace, memory } = evidence;
  if (ksm?.run !== 1 || ksm.smart_scan !== 1 || tally.visited === undefined) return undefined;
  const visited = Math.min(tally.visited, memory.offered);
  const pages = Math.max(0, visited - (tally.merged ?? 0));
  const skippedEver = ksm.pages_skipped ?? 0;
  if (skippedEver === 0 || pages === 0 || !isWorthTelling(pages, evidence)) return undefined;
  const walked = (pace.scanned ?? 0) + (pace.skipped ?? 0);
  const part =
    walked === 0 || pace.skipped === null
      ? ''
      : pace.skipped === 0
        ? ` (none in the last ${duration(pace.seconds)})`
        : ` (now ${percent(pace.skipped / walked)} of what it passes)`;
  return because('smart_scan', {
    sentence:
      `smart_scan is on: pages that did not merge at first are skipped in up to 8 of 9 full scans${part}. Equal ` +
      'pages whose ages are out of step never meet.',
    evidence: [
      { what: 'smart_scan', value: 1, source: '/sys/kernel/mm/ksm/smart_scan' },
      { what: 'visited and not merged', value: pages, unit: 'pages', source: 'ksm_stat' },
      { what: 'skipped on this host', value: skippedEver, unit: 'pages', source: '/sys/kernel/mm/ksm/pages_skipped' },
    ],
    cure:
      '`ksmpilot run --mode auto` switches it off for two full scans now and then. By hand: echo 0 > ' +
      '/sys/kernel/mm/ksm/smart_scan, wait until full_scans has grown by 3, echo 1. See docs/smart-scan.md.',
    bytes: pages * pageSize,
    bound: 'at most',
  });
}

export function rival({ rivals, ksm }: Evidence): Reason | undefined {
  const advisor = ksm?.advisor_mode;
  const advised = advisor !== undefined && advisor !== 'none';
  if (rivals.length === 0 && !advised) return undefined;
  const who = [...rivals, ...(advised ? [`the kernel's own advisor (${advisor})`] : [])];
  return because('rival', {
    sentence: `The knobs of KSM are turned by ${who.join(' and ')}: how much is scanned, and whether, is its decision.`,
    evidence: [
      ...rivals.map((name) => ({ what: 'running', value: name, source: '/proc' })),
      ...(advised ? [{ what: 'advisor_mode', value: advisor, source: '/sys/kernel/mm/ksm/advisor_mode' }] : []),
    ],
    cure:
      rivals.length === 0
        ? 'echo none > /sys/kernel/mm/ksm/advisor_mode, where it scans too little; it sets pages_to_scan to 100.'
        : 'One tuner a host: stop that one (systemctl disable --now ksmtuned, for example), or leave KSM to it.',
  });
}
