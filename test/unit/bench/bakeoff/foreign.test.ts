import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mergeableProcesses, otherAgents } from '../../../../bench/bakeoff/foreign.js';

let proc: string;
beforeEach(() => (proc = mkdtempSync(join(tmpdir(), 'bakeoff-proc-'))));
afterEach(() => rmSync(proc, { recursive: true }));

function addProcess(pid: number, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(proc, String(pid)));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(proc, String(pid), name), text);
}

const NOTHING = 'ksm_rmap_items 0\nksm_zero_pages 0\nksm_merging_pages 0\nksm_process_profit 0\n';

describe('mergeableProcesses', () => {
  it.each([
    ['known to ksmd', { ksm_stat: NOTHING.replace('rmap_items 0', 'rmap_items 12') }],
    ['on the zero page', { ksm_stat: NOTHING.replace('zero_pages 0', 'zero_pages 3') }],
    ['marked and not looked at yet', { ksm_stat: `${NOTHING}ksm_merge_any: no\nksm_mergeable: yes\n` }],
    ['marked as a whole', { ksm_stat: `${NOTHING}ksm_merge_any: yes\nksm_mergeable: no\n` }],
    ['merged, on a kernel without ksm_stat', { ksm_merging_pages: '5\n' }],
    ['marked, on a kernel without ksm_stat', { smaps: 'VmFlags: rd wr mr mw me ac mg sd\n' }],
  ])('names a process with memory %s', (_, files) => {
    addProcess(7, { comm: 'guest\n', ...files });
    expect(mergeableProcesses(proc)).toEqual([7]);
  });

  it('names no other', () => {
    addProcess(7, { comm: 'idle\n', ksm_stat: `${NOTHING}ksm_merge_any: no\nksm_mergeable: no\n` });
    addProcess(8, { comm: 'old\n', ksm_merging_pages: '0\n', smaps: 'VmFlags: rd wr mr mw me ac sd\n' });
    addProcess(9, {});
    writeFileSync(join(proc, 'uptime'), '1 1');
    expect(mergeableProcesses(proc)).toEqual([]);
  });
});

describe('otherAgents', () => {
  it('names agents, whatever started them, and no other command of ksmpilot', () => {
    addProcess(7, { cmdline: '/usr/bin/node\0/opt/ksmpilot/bin/ksmpilot\0run\0--mode\0auto\0' });
    addProcess(8, { cmdline: 'node\0ksmpilot\0run\0' });
    addProcess(9, { cmdline: 'node\0/opt/ksmpilot/bin/ksmpilot\0top\0' });
    addProcess(10, { cmdline: 'vi\0/opt/ksmpilot\0' });
    expect(otherAgents(proc).toSorted()).toEqual(['ksmpilot (pid 7)', 'ksmpilot (pid 8)']);
  });
});
