import { describe, expect, it } from 'vitest';
import type { Host__Output } from '../../../../../../proto/generated/ksmpilot/v1/Host.js';
import type { SampleFrame__Output } from '../../../../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { agentFacts, machineFacts, memoryFacts } from '../../../../../../web/page/views/host/facts.js';

const GIB = 1024 ** 3;
const HOST = {
  hostname: 'hv-7',
  kernel_release: '6.1.0',
  machine: 'x86_64',
  page_size: 4096,
  cpus: 4,
  mem_total_bytes: 8 * GIB,
  ksmpilot_version: '0.1.0',
  ksm_present: true,
  ksm_features: ['run', 'use_zero_pages'],
  probes: [],
  rivals: [],
  problems: [],
  root: true,
  agent_started_ms: 1_000,
} as Host__Output;

describe('facts', () => {
  it('are dashes before the agent has spoken', () => {
    const values = [
      ...machineFacts(undefined),
      ...memoryFacts(undefined, undefined),
      ...agentFacts(undefined, undefined, 5),
    ];
    expect(new Set(values.map(({ value }) => value))).toEqual(new Set(['–']));
    expect(values.some(({ isBad }) => isBad === true)).toBe(false);
  });

  it('warn where the host could not hold what would unmerge', () => {
    const sample = { unmerge_needed_bytes: 4 * GIB, unmerge_usable_bytes: GIB } as SampleFrame__Output;
    expect(memoryFacts(HOST, sample)[1]).toMatchObject({ value: '4.00 GiB', isBad: true });
    expect(memoryFacts(HOST, { ...sample, unmerge_usable_bytes: 5 * GIB })[1]?.isBad).toBe(false);
  });

  it('warn of losses and of an agent that is not root', () => {
    const sample = { lost_events_total: 3, dropped: 0 } as SampleFrame__Output;
    const facts = agentFacts({ ...HOST, root: false }, sample, 61_000);
    expect(facts.filter(({ isBad }) => isBad === true).map(({ title }) => title)).toEqual([
      'Runs as',
      'Events lost by bpftrace',
    ]);
    expect(facts.find(({ title }) => title === 'Has run for')?.value).toBe('1 min');
    expect(facts.find(({ title }) => title === 'bpftrace')?.value).toBe('not installed');
  });
});
