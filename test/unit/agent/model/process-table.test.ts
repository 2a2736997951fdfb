import { describe, expect, it } from 'vitest';
import type { ProcessProbeTotals } from '../../../../src/agent/model/probe.js';
import { ProcessTable } from '../../../../src/agent/model/process-table.js';
import type { ProcessRaw, Sample } from '../../../../src/agent/model/raw.js';

const pageSize = 4096;
const ksm = { pages_shared: 10, pages_sharing: 30 };

function at(sec: number, ...processes: ProcessRaw[]): Sample {
  return { seq: sec, timeMs: sec * 1000, monoMs: sec * 1000, ksm, processes, sources: [] };
}
function proc(pid: number, startTicks = 1, rest: Partial<ProcessRaw> = {}): ProcessRaw {
  return { pid, startTicks, comm: `p${String(pid)}`, ...rest };
}
function probed(pid: number, cowBreaks: number, merges = 0): ProcessProbeTotals {
  return { pid, comm: 'probed', merges, zeroMerges: 0, cowBreaks, zeroBreaks: 0 };
}

describe('ProcessTable', () => {
  it('scales merging pages so that the rows add up to the saving of the host', () => {
    const rows = new ProcessTable().update({
      sample: at(0, proc(1, 1, { ksm_merging_pages: 20 }), proc(2, 1, { ksm_merging_pages: 20 })),
      probed: undefined,
      pageSize,
    });
    expect(rows.reduce((sum, row) => sum + (row.savedBytes ?? 0), 0)).toBe(30 * pageSize);
  });

  it('shows unknown, not 0, without probes and without ksm_stat', () => {
    const [row] = new ProcessTable().update({ sample: at(0, proc(1)), probed: undefined, pageSize });
    expect(row).toMatchObject({ mergesTotal: null, cowBreaksTotal: null, rmapItems: null, savedBytes: null });
  });

  it('keeps an ended process for a minute, with its counts and without memory', () => {
    const table = new ProcessTable();
    table.update({ sample: at(0, proc(1, 1, { ksm_merging_pages: 4 })), probed: [probed(1, 3)], pageSize });
    expect(table.update({ sample: at(1), probed: [probed(1, 5)], pageSize })).toMatchObject([
      { pid: 1, ended: true, cowBreaksTotal: 5, savedBytes: 0 },
    ]);
    expect(table.update({ sample: at(61), probed: [probed(1, 5)], pageSize })).toHaveLength(1);
    expect(table.update({ sample: at(62), probed: [probed(1, 5)], pageSize })).toHaveLength(0);
    expect(table.update({ sample: at(63), probed: [probed(1, 5)], pageSize })).toHaveLength(0);
  });

  it('does not charge a process with the counts of an earlier one with the same pid', () => {
    const table = new ProcessTable();
    table.update({ sample: at(0, proc(1, 1)), probed: [probed(1, 100)], pageSize });
    const [row] = table.update({ sample: at(1, proc(1, 2)), probed: [probed(1, 100)], pageSize });
    expect(row?.cowBreaksTotal).toBe(0);
    expect(table.update({ sample: at(2, proc(1, 2)), probed: [probed(1, 107)], pageSize })[0]?.cowBreaksTotal).toBe(7);
  });

  it('remembers what a dropped process had when its pid comes back', () => {
    const table = new ProcessTable();
    table.update({ sample: at(0, proc(1, 1)), probed: [probed(1, 100)], pageSize });
    table.update({ sample: at(1), probed: [probed(1, 100)], pageSize });
    table.update({ sample: at(100), probed: [probed(1, 100)], pageSize });
    const [row] = table.update({ sample: at(101, proc(1, 9)), probed: [probed(1, 103)], pageSize });
    expect(row).toMatchObject({ cowBreaksTotal: 3, ended: false });
  });

  it('lists a process that lived between two samples, by the name that the kernel gave', () => {
    const table = new ProcessTable();
    const rows = table.update({ sample: at(0), probed: [probed(7, 11)], pageSize });
    expect(rows).toMatchObject([{ pid: 7, comm: 'probed', cowBreaksTotal: 11, ended: true }]);
    expect(table.update({ sample: at(1, proc(7)), probed: [probed(7, 12)], pageSize })).toMatchObject([
      { comm: 'p7', cowBreaksTotal: 12, ended: false },
    ]);
  });

  it('keeps the last counts while the probes are silent', () => {
    const table = new ProcessTable();
    table.update({ sample: at(0, proc(1)), probed: [probed(1, 5)], pageSize });
    expect(table.update({ sample: at(1, proc(1)), probed: undefined, pageSize })[0]?.cowBreaksTotal).toBe(5);
  });
});
