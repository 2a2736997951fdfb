/** The host and its agent in figures. Pure. */

import type { Host__Output } from '../../../../proto/generated/ksmpilot/v1/Host.js';
import type { SampleFrame__Output } from '../../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { bytes, count, duration, orUnknown, percent, UNKNOWN } from '../../format.js';

export interface HostFact {
  readonly title: string;
  readonly value: string;
  /** What it means, or what follows from it. */
  readonly more?: string;
  /** Needs a look. */
  readonly isBad?: boolean;
}

export function machineFacts(host: Host__Output | undefined): readonly HostFact[] {
  return [
    { title: 'Name', value: orUnknown(host?.hostname) },
    { title: 'Kernel', value: host === undefined ? UNKNOWN : `Linux ${host.kernel_release}` },
    { title: 'Machine', value: orUnknown(host?.machine) },
    { title: 'CPUs', value: count(host?.cpus) },
    { title: 'Page size', value: bytes(host?.page_size) },
    { title: 'Memory', value: bytes(host?.mem_total_bytes) },
  ];
}

export function memoryFacts(
  host: Host__Output | undefined,
  sample: SampleFrame__Output | undefined,
): readonly HostFact[] {
  const { mem_available_bytes: available, unmerge_needed_bytes: needed, unmerge_usable_bytes: usable } = sample ?? {};
  const total = host?.mem_total_bytes;
  const share = available === undefined || total === undefined ? undefined : (100 * available) / total;
  const isShort = needed !== undefined && usable !== undefined && needed > usable;
  return [
    { title: 'Available', value: bytes(available), more: share === undefined ? '' : `${percent(share)} of the memory` },
    {
      title: 'If all unmerged at once',
      value: bytes(needed),
      more: isShort
        ? `more than the ${bytes(usable)} that the host has for it: guests would be killed`
        : usable === undefined
          ? ''
          : `of ${bytes(usable)} that the host has for it`,
      isBad: isShort,
    },
    {
      title: 'Memory pressure',
      value: percent(sample?.memory_pressure_pct),
      more: 'of the last 10 s some task waited',
    },
    { title: 'CPU pressure', value: percent(sample?.cpu_pressure_pct), more: 'of the last 10 s some task waited' },
  ];
}

export function agentFacts(
  host: Host__Output | undefined,
  sample: SampleFrame__Output | undefined,
  nowMs: number,
): readonly HostFact[] {
  const lost = sample?.lost_events_total;
  const dropped = sample?.dropped;
  return [
    { title: 'ksmpilot', value: orUnknown(host?.ksmpilot_version) },
    { title: 'bpftrace', value: host === undefined ? UNKNOWN : (host.bpftrace_version ?? 'not installed') },
    {
      title: 'Has run for',
      value: host === undefined ? UNKNOWN : duration(Math.max(0, nowMs - host.agent_started_ms)),
    },
    {
      title: 'Runs as',
      value: host === undefined ? UNKNOWN : host.root ? 'root' : 'another user',
      ...(host !== undefined && !host.root && { more: 'knobs, probes and most of /proc need root', isBad: true }),
    },
    {
      title: 'Events lost by bpftrace',
      value: count(lost),
      more: 'since the agent started; counts are too low by so many',
      isBad: lost !== undefined && lost > 0,
    },
    {
      title: 'Samples lost by this page',
      value: count(dropped),
      more: 'this browser read too slowly',
      isBad: dropped !== undefined && dropped > 0,
    },
  ];
}
