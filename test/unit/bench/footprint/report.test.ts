import { expect, test } from 'vitest';
import type { Row, Window } from '../../../../bench/footprint/measure.js';
import { cells, markdown, misses } from '../../../../bench/footprint/report.js';

function window(cpuPct: number, privateMib: number): Window {
  const cost = { cpuPct, privateMib, dirtyMib: privateMib, pssMib: privateMib };
  return { seconds: 60, hostBusyPct: 10, agent: cost, probes: cost, web: cost };
}

function row(guests: number, quiet: Window): Row {
  return { guests, guestsSeen: guests, nothing: window(0, 0), quiet, page: quiet };
}

test('the agent and its probes together are held against the target of that many guests', () => {
  expect(misses([row(1, window(0.4, 70)), row(100, window(0.4, 70)), row(1000, window(1.9, 200))])).toEqual([]);
  expect(misses([row(100, window(0.6, 80))])).toEqual([
    '100 guests: agent and probes take 1.20 % of a core, wanted 1',
    '100 guests: they hold 160 MiB, wanted 150',
  ]);
  expect(misses([row(1000, window(2.1, 200))])).toEqual([
    '1000 guests: agent and probes take 4.20 % of a core, wanted 4',
  ]);
});

test('what could not be measured is a miss, never a success', () => {
  expect(misses([row(100, window(NaN, 10))])).toHaveLength(1);
});

test('a host without node_exporter has a dash for it', () => {
  const lines = cells([row(1, window(0.5, 70))]);
  expect(lines.find(([, name]) => name === 'node_exporter')).toEqual(['', 'node_exporter', '–', '–', '–', '–']);
  const host = { kernel: '6.18', cpus: 2, cpu: 'a CPU', node: '20', date: '2026-01-01' };
  expect(markdown({ host, kib: 1024, rows: [row(1, window(0.5, 70))] })).toContain('| 1.00 % |');
});
