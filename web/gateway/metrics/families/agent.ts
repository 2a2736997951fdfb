/** Metrics of the agent itself: is it there, what does it see, what does it lack. Pure. */

import type { Host__Output } from '../../../../proto/generated/ksmpilot/v1/Host.js';
import { dividedBy, flag, labelled, single, states, type Family, type Point } from '../family.js';
import { CALLS, sampleOf, type AgentReading } from '../reading.js';

const PROBE_STATES = ['off', 'starting', 'running', 'backoff', 'failed', 'unavailable'] as const;

export const AGENT_FAMILIES: readonly Family[] = [
  single('gauge', 'ksmpilot_up', '1: the agent answers, 0: it does not, and all else of it is absent.', ({ status }) =>
    flag(status !== undefined),
  ),
  labelled(
    'gauge',
    'ksmpilot_agent_read_success',
    'Whether the agent answered each of the calls that the metrics come from; an older agent lacks some.',
    ['call'],
    (reading) => CALLS.map((call) => ({ labels: { call }, value: flag(reading[call] !== undefined) })),
  ),
  labelled(
    'info',
    'ksmpilot_build_info',
    'Version of the agent, and of the bpftrace that it uses; empty where there is none.',
    ['version', 'bpftrace'],
    ({ host }) => info(host, (it) => ({ version: it.ksmpilot_version, bpftrace: it.bpftrace_version ?? '' })),
  ),
  labelled(
    'info',
    'ksmpilot_host_info',
    'The host by its own name, its kernel release and its architecture (uname).',
    ['hostname', 'kernel', 'machine'],
    ({ host }) => info(host, (it) => ({ hostname: it.hostname, kernel: it.kernel_release, machine: it.machine })),
  ),
  single(
    'gauge',
    'ksmpilot_agent_start_time_seconds',
    'When the agent was started, seconds since the epoch. Counters below begin at 0 then, unless they say otherwise.',
    ({ host }) => dividedBy(host?.agent_started_ms, 1e3),
  ),
  single(
    'gauge',
    'ksmpilot_sample_timestamp_seconds',
    'When the newest sample was taken, seconds since the epoch.',
    (reading) => dividedBy(sampleOf(reading)?.time_ms, 1e3),
  ),
  single(
    'gauge',
    'ksmpilot_problems',
    'How many things the host lacks or has wrong; `ksmpilot doctor` lists them with their cures.',
    ({ host }) => host?.problems.length,
  ),
  labelled(
    'gauge',
    'ksmpilot_problem',
    'One series for each kind of problem that there is; codes are those of docs/errors.md.',
    ['code'],
    ({ host }) => [...new Set(host?.problems.map(({ code }) => code))].map((code) => ({ labels: { code }, value: 1 })),
  ),
  single(
    'gauge',
    'ksmpilot_rivals',
    "Other tuners seen alive: ksmtuned, mom, the kernel's advisor and their like.",
    ({ host }) => host?.rivals.length,
  ),
  labelled(
    'gauge',
    'ksmpilot_probe_state',
    'State of each BPF program: 1 for the present one, 0 for the others.',
    ['probe', 'state'],
    (reading) => probesOf(reading).flatMap(({ name, state }) => states('state', PROBE_STATES, state, { probe: name })),
  ),
  labelled(
    'counter',
    'ksmpilot_probe_restarts_total',
    'Restarts of bpftrace by BPF program, since the start of the agent.',
    ['probe'],
    (reading) => probesOf(reading).map(({ name, restarts }) => ({ labels: { probe: name }, value: restarts })),
  ),
  labelled(
    'gauge',
    'ksmpilot_probe_startup_seconds',
    'From the start of bpftrace to its first figures, by BPF program.',
    ['probe'],
    (reading) =>
      probesOf(reading).map(({ name, startup_ms }) => ({ labels: { probe: name }, value: dividedBy(startup_ms, 1e3) })),
  ),
  single(
    'counter',
    'ksmpilot_lost_events_total',
    'Events that bpftrace lost because the kernel had no room for them; counts of the probes are that much too low.',
    (reading) => sampleOf(reading)?.lost_events_total,
  ),
];

function info(host: Host__Output | undefined, labels: (host: Host__Output) => NonNullable<Point['labels']>): Point[] {
  return host === undefined ? [] : [{ labels: labels(host), value: 1 }];
}

function probesOf({ status, host }: AgentReading): Host__Output['probes'] {
  return status?.probes ?? host?.probes ?? [];
}
