/** What a report recommends, each from figures of the report. Pure. */

import { formatBytes, formatCores, formatCount, formatPct, printable } from '../format.js';
import type { ReportGuest, ReportHost } from './past.js';
import type { Advice, Cost, GuestFigures, Risk, Worth } from './report.js';

export interface AdviceFacts {
  readonly host: ReportHost;
  readonly present: readonly ReportGuest[];
  readonly guests: readonly GuestFigures[];
  readonly cost: Cost;
  readonly worth: Worth;
  readonly gibPerCore: number;
  readonly risk: Risk;
  /** Part of the sampled time in which run was 0; null: not known. */
  readonly stoppedShare: number | null;
}

/** As the policy's own defaults (docs/guest-policy.md): breaks for each merge, and breaks that say something. */
const BAD_BREAK_RATIO = 0.7;
const LEAST_BREAKS = 100;
/** Named one by one; the rest is counted. */
const NAMES_MAX = 5;
/** The price is so near to the point where KSM stops to pay that it decides. */
const NEAR_BREAK_EVEN = 2;

/** Most weighty first. */
export function adviceFor(facts: AdviceFacts): Advice[] {
  return [
    ...unmergeRisk(facts),
    ...suspicious(facts),
    ...stopped(facts),
    ...negative(facts),
    ...notPaying(facts),
    ...offersNothing(facts),
    ...rivals(facts),
    ...price(facts),
    ...hugePages(facts),
    ...onTheHost(facts),
  ];
}

function unmergeRisk({ risk }: AdviceFacts): Advice[] {
  const { worstRatio, worstNeededBytes, worstUsableBytes, hoursAbove, knownHours } = risk;
  if (worstRatio === null || worstRatio <= 1) return [];
  return [
    {
      code: 'UNMERGE_WOULD_NOT_FIT',
      sentence: 'If guests rewrote all that is merged at once, this host could not hold it.',
      evidence: [
        `at worst ${formatBytes(worstNeededBytes)} were needed and ${formatBytes(worstUsableBytes)} could be used`,
        `so on average for ${hoursAbove.toFixed(1)} of ${knownHours.toFixed(1)} hours`,
      ],
      cure: 'Move guests away or add memory; do not count the saving as room for more guests.',
    },
  ];
}

function suspicious({ present }: AdviceFacts): Advice[] {
  return present.flatMap(({ name, suspicion }) =>
    suspicion === null
      ? []
      : [
          {
            code: 'GUEST_SUSPICIOUS',
            sentence: `${printable(name)} may be reading other guests by the timing of its writes.`,
            evidence: [printable(suspicion)],
            cure: `Look into it; "ksmpilot guest ${printable(name)} merge off" takes it out of merging.`,
          },
        ],
  );
}

function stopped({ host, stoppedShare }: AdviceFacts): Advice[] {
  if (host.run !== 0 || stoppedShare === null || stoppedShare < 0.5 || host.mode === 'auto') return [];
  return [
    {
      code: 'KSM_STOPPED',
      sentence: 'KSM is stopped: nothing new merges.',
      evidence: ['run is 0', `so for ${formatPct(100 * stoppedShare)} of the sampled time`],
      cure: '"ksmpilot estimate --all" tells what it would save, "ksmpilot tune auto" starts it when that pays.',
    },
  ];
}

function negative({ worth, cost, host, gibPerCore }: AdviceFacts): Advice[] {
  if (worth.netCoreHours === null || worth.netCoreHours >= 0) return [];
  return [
    {
      code: 'KSM_COSTS_MORE',
      sentence: 'Merging cost more than it was worth.',
      evidence: [
        `${coreHours(worth.ksmdCoreHours)} of CPU for a saving worth ${coreHours(worth.savingCoreHours)} at ${gibPerCore} GiB a core`,
        `ksmd took ${formatCores(cost.ksmdCores).replace('+', '')} on average`,
      ],
      cure:
        host.mode === 'auto'
          ? '"ksmpilot tune explain" tells why it scans; lower tuner.maxCpuPct, or let it stop (tuner.mayStop).'
          : '"ksmpilot tune auto" scans only while it pays.',
    },
  ];
}

function notPaying({ guests }: AdviceFacts): Advice[] {
  const bad = guests.filter(
    ({ netCoreHours, cowBreaks, breaksPerMerge }) =>
      (netCoreHours ?? 0) < 0 && (cowBreaks ?? 0) >= LEAST_BREAKS && (breaksPerMerge ?? 0) >= BAD_BREAK_RATIO,
  );
  const [first] = bad;
  if (first === undefined) return [];
  const are = bad.length === 1 ? 'guest does' : 'guests do';
  return [
    {
      code: 'GUESTS_DO_NOT_PAY',
      sentence: `Merging ${bad.length} ${are} not pay: what merges is soon written again.`,
      evidence: named(
        bad,
        ({ name, netCoreHours, cowBreaks, merges }) =>
          `${printable(name)}: ${formatCount(cowBreaks)} breaks on ${formatCount(merges)} merges, ${coreHours(netCoreHours)}`,
      ),
      cure: `"ksmpilot guest ${printable(first.name)} merge off --dry-run" tells what it takes; guests.optOut does it by itself (docs/guest-policy.md).`,
    },
  ];
}

function offersNothing({ present }: AdviceFacts): Advice[] {
  const none = present.filter(
    ({ kind, mergeableBytes, merge }) => isMachine(kind) && (mergeableBytes === 0 || merge === 'off'),
  );
  const [first] = none;
  if (first === undefined) return [];
  return [
    {
      code: 'MACHINES_OFFER_NOTHING',
      sentence: `${none.length === 1 ? 'One machine offers' : `${none.length} machines offer`} no memory to KSM.`,
      evidence: named(none, ({ name, merge }) => `${printable(name)}: merge ${merge ?? 'not known'}`),
      cure: `"ksmpilot why ${printable(first.name)}" tells the reason; leave it so where tenants must not share.`,
    },
  ];
}

function rivals({ host }: AdviceFacts): Advice[] {
  if (host.rivals.length === 0) return [];
  return [
    {
      code: 'RIVAL_ALIVE',
      sentence: 'Another tuner moves the same knobs.',
      evidence: host.rivals.map(printable),
      cure: 'Let one of them do it: stop the other, or keep ksmpilot in observe.',
    },
  ];
}

function price({ worth, gibPerCore }: AdviceFacts): Advice[] {
  const { breakEvenGibPerCore: limit } = worth;
  if (limit === null || limit / gibPerCore > NEAR_BREAK_EVEN || gibPerCore / limit > NEAR_BREAK_EVEN) return [];
  return [
    {
      code: 'PRICE_DECIDES',
      sentence: 'Whether merging pays here depends on the price.',
      evidence: [`it pays up to ${limit.toFixed(1)} GiB a core; the price is ${gibPerCore} GiB a core`],
      cure: 'Set tuner.gibPerCore to what memory and cores cost you; "ksmpilot report --price" shows another.',
    },
  ];
}

function hugePages({ host, guests }: AdviceFacts): Advice[] {
  const offered = guests.reduce((sum, { mergeableBytes }) => sum + (mergeableBytes ?? 0), 0);
  const saved = guests.reduce((sum, { averageBytes }) => sum + (averageBytes ?? 0), 0);
  if (host.hugePages !== 'always' || offered === 0 || saved / offered > 0.05) return [];
  return [
    {
      code: 'HUGE_PAGES',
      sentence: 'Little merges, and transparent huge pages are always on: a merge has to split one first.',
      evidence: [
        'transparent_hugepage/enabled is always',
        `${formatBytes(Math.round(saved))} saved of ${formatBytes(Math.round(offered))} offered`,
      ],
      cure: 'Whether there is more to save tells "ksmpilot estimate --all"; madvise in place of always leaves the choice to each program.',
    },
  ];
}

/** What the agent itself has found, use_zero_pages above all; told above are some of it. */
function onTheHost({ host }: AdviceFacts): Advice[] {
  const told = new Set(['KSM_STOPPED', 'RIVAL_ALIVE']);
  return host.problems
    .filter(({ code }) => !told.has(code))
    .map(({ code, what, cure }) => ({ code, sentence: printable(what), evidence: [], cure: printable(cure) }));
}

function isMachine(kind: string | null): boolean {
  return /^(libvirt|openstack|kubevirt|proxmox|qemu|cloud-hypervisor|firecracker|kata)$/.test(kind ?? '');
}

function named<T>(all: readonly T[], text: (one: T) => string): string[] {
  const more = all.length - NAMES_MAX;
  return [...all.slice(0, NAMES_MAX).map(text), ...(more > 0 ? [`and ${more} more`] : [])];
}

function coreHours(value: number | null): string {
  return value === null ? 'not known' : `${value.toFixed(2)} core-hours`;
}
