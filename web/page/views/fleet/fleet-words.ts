/** The fleet in words. Pure. */

import type { FleetAnswer, FleetRow, FleetSums, Outlier } from './fleet-answer.js';
import { bytes, cores, count, duration, percent, short, signedCores } from '../../format.js';

/** `12 of 14 hosts save 1.21 TiB, worth +38.2 cores. 1 costs more than it saves.` */
export function summaryOf({ sums, hosts }: Pick<FleetAnswer, 'sums' | 'hosts'>): string {
  if (hosts.length === 0) return 'No hosts.';
  const { connected, saved_bytes: saved, net_cores: net } = sums;
  const who = connected === hosts.length ? hostsWord(connected) : `${count(connected)} of ${hostsWord(hosts.length)}`;
  const losing = hosts.filter(({ net_cores: one }) => isKnown(one) && one < -EVEN_CORES).length;
  const parts = [
    isKnown(saved)
      ? `${who} ${connected === 1 && hosts.length === 1 ? 'saves' : 'save'} ${bytes(saved)}${isKnown(net) ? `, worth ${signedCores(net)} cores` : ''}.`
      : `${who} ${connected === 1 ? 'answers' : 'answer'}; what they save is not known.`,
    losing === 0 ? '' : `${count(losing)} ${losing === 1 ? 'costs more than it saves' : 'cost more than they save'}.`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** A loss smaller than this, in cores, is none. */
const EVEN_CORES = 0.0005;

/** What a host stands out by, after its name. */
export function outlierWords({ measure, value, median }: Outlier, hosts: number): string {
  const crowd = `the median of ${hostsWord(hosts)}`;
  switch (measure) {
    case 'cost_per_gib':
      return `spends ${perCore(value)} of a core on each GiB saved; ${crowd} is ${perCore(median)}.`;
    case 'breaks_per_gib':
      return `breaks ${short(value)} merged pages a second for each GiB saved; ${crowd} is ${short(median)}.`;
    case 'cost_without_saving':
      return `spends ${perCore(value)} of a core on scanning and saves next to nothing.`;
  }
}

/** Of a core, as a share. */
function perCore(value: number | null | undefined): string {
  return percent(isKnown(value) ? value * 100 : undefined);
}

/** The state of a host's agent and of its data, in a word or two. */
export function stateWords({ state, age_ms: age, saved_bytes: saved }: FleetRow): string {
  if (state !== 'connected') return state;
  if (isKnown(age) && age > OLD_MS) return `no sample for ${duration(age)}`;
  return isKnown(age) || isKnown(saved) ? 'live' : 'no sample yet';
}

/** Data older than this are called old: four scrapes of Prometheus' usual interval. */
export const OLD_MS = 60_000;

export function modeWords({ mode, paused }: FleetRow): string {
  if (mode === undefined || mode === '') return '–';
  return paused === true ? `${mode}, paused` : mode;
}

/** `3.1 GiB of memory would be missing if all unmerged`. */
export function riskWords({ unmerge_needed_bytes: needed, unmerge_usable_bytes: usable }: FleetRow): string {
  if (!isKnown(needed) || !isKnown(usable) || needed <= usable) return '';
  return `${bytes(needed - usable)} would be missing if all unmerged at once`;
}

export interface SumFigure {
  readonly id: string;
  readonly title: string;
  readonly value: string;
  readonly more: string;
}

/** The figures above the table. */
export function sumFigures(sums: FleetSums | undefined): readonly SumFigure[] {
  const part = (whole: number | null | undefined, of: number | null | undefined): string =>
    isKnown(whole) && isKnown(of) && of > 0 ? percent((whole / of) * 100) : '–';
  return [
    {
      id: 'saved',
      title: 'Memory saved',
      value: bytes(sums?.saved_bytes),
      more: `${part(sums?.saved_bytes, sums?.mem_total_bytes)} of ${bytes(sums?.mem_total_bytes)}`,
    },
    {
      id: 'cost',
      title: 'CPU spent by ksmd',
      value: `${cores(sums?.ksmd_cores)} cores`,
      more: `${short(sums?.cow_breaks_per_sec)} COW breaks a second`,
    },
    {
      id: 'net',
      title: 'Net worth',
      value: `${signedCores(sums?.net_cores)} cores`,
      more: 'the saving less the CPU, each at its own price',
    },
    {
      id: 'hosts',
      title: 'Hosts',
      value: sums === undefined ? '–' : `${count(sums.connected)} of ${count(sums.hosts)}`,
      more: [
        `${count(sums?.guests)} guests`,
        `${count(sums?.with_problems)} with problems`,
        ...((sums?.at_risk ?? 0) > 0 ? [`${count(sums?.at_risk)} could not unmerge all`] : []),
      ].join(' · '),
    },
  ];
}

export function hostsWord(hosts: number): string {
  return `${count(hosts)} ${hosts === 1 ? 'host' : 'hosts'}`;
}

function isKnown(value: number | null | undefined): value is number {
  return typeof value === 'number';
}
