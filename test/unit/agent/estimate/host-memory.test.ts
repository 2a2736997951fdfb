import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  freshRandom,
  otherPids,
  readMemoryHost,
  readPlacedZeroPages,
} from '../../../../src/agent/estimate/host-memory.js';

it('draws anew for each run', () => {
  expect([freshRandom()(), freshRandom()()]).not.toEqual([freshRandom()(), freshRandom()()]);
});

it('lists all processes but itself', () => {
  const pids = otherPids();
  expect(pids.length).toBeGreaterThan(0);
  expect(pids).not.toContain(process.pid);
});

it('knows the zero pages that KSM placed, or that the kernel does not tell', () => {
  const root = mkdtempSync(join(tmpdir(), 'ksmpilot-host-'));
  try {
    for (const [pid, text] of Object.entries({
      1: 'ksm_rmap_items 0\nksm_zero_pages 17\n',
      2: 'ksm_rmap_items 0\n',
    })) {
      mkdirSync(join(root, 'proc', pid), { recursive: true });
      writeFileSync(join(root, 'proc', pid, 'ksm_stat'), text);
    }
    expect([1, 2, 3].map((pid) => readPlacedZeroPages(pid, root))).toEqual([17, undefined, undefined]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

it('reads the switches that decide, as root', ({ skip }) => {
  if (process.geteuid?.() !== 0) {
    expect(() => readMemoryHost()).toThrow(expect.objectContaining({ code: 'NOT_ROOT' }) as Error);
    skip('the rest needs root');
  }
  const { pageSize, rules } = readMemoryHost();
  expect(pageSize).toBeGreaterThanOrEqual(4096);
  expect(rules.maxPageSharing).toBeGreaterThanOrEqual(2);
});
