import { describe, expect, it } from 'vitest';
import type { ProbeSnapshot, ProcessProbeTotals, ScannerTotals } from '../../../../src/agent/model/probe.js';
import { ProcessTable } from '../../../../src/agent/model/process-table.js';
import type { ProcessRaw, Sample } from '../../../../src/agent/model/raw.js';
import { testCow } from '../../../helpers/agent-port.js';

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

const scanner: ScannerTotals = {
  fullScans: 1,
  mergesNew: 0,
  mergesInto: 0,
  mergesZero: 0,
  failures: {},
  removedRmapItems: 0,
  removedKsmPages: 0,
  entered: 0,
  exited: 0,
};
const cow = testCow();

/** All programs have told something, of these processes this. */
function told(...processes: ProcessProbeTotals[]): Pick<ProbeSnapshot, 'scanner' | 'cow' | 'processes'> {
  return { scanner, cow, processes };
}

describe('ProcessTable', () => {
  it('scales merging pages so that the rows add up to the saving of the host', () => {
    const rows = new ProcessTable().update({
      sample: at(0, proc(1, 1, { ksm_merging_pages: 20 }), proc(2, 1, { ksm_merging_pages: 20 })),
      probes: { processes: [] },
      pageSize,
    });
    expect(rows.reduce((sum, row) => sum + (row.savedBytes ?? 0), 0)).toBe(30 * pageSize);
  });

  it('shows unknown, not 0, without probes and without ksm_stat', () => {
    const [row] = new ProcessTable().update({ sample: at(0, proc(1)), probes: { processes: [] }, pageSize });
    expect(row).toMatchObject({ mergesTotal: null, cowBreaksTotal: null, rmapItems: null, savedBytes: null });
  });

  it('knows merges, and no breaks, where only the scanner is followed', () => {
    const probes = { scanner, processes: [probed(1, 0, 7)] };
    const [row] = new ProcessTable().update({ sample: at(0, proc(1)), probes, pageSize });
    expect(row).toMatchObject({ mergesTotal: 7, cowBreaksTotal: null, cowBreaksSeen: null, zeroBreaksTotal: null });
  });

  it('knows breaks, and no merges, where only the COW program runs', () => {
    const [row] = new ProcessTable().update({
      sample: at(0, proc(1)),
      probes: { cow, processes: [probed(1, 3)] },
      pageSize,
    });
    expect(row).toMatchObject({ mergesTotal: null, cowBreaksTotal: 3, cowBreaksSeen: 3, zeroBreaksTotal: 0 });
  });

  it('keeps counted breaks apart from estimated ones, also for the next process with that pid', () => {
    const table = new ProcessTable();
    const row = (sec: number, start: number, cowBreaks: number, cowBreaksSeen: number) =>
      table.update({
        sample: at(sec, proc(1, start)),
        probes: told({ ...probed(1, cowBreaks), cowBreaksSeen }),
        pageSize,
      })[0];
    expect(row(0, 1, 1_000, 80)).toMatchObject({ cowBreaksTotal: 1_000, cowBreaksSeen: 80 });
    expect(row(1, 2, 1_000, 80)).toMatchObject({ cowBreaksTotal: 0, cowBreaksSeen: 0 });
    expect(row(2, 2, 1_500, 90)).toMatchObject({ cowBreaksTotal: 500, cowBreaksSeen: 10 });
  });

  it('keeps an ended process for a minute, with its counts and without memory', () => {
    const table = new ProcessTable();
    table.update({ sample: at(0, proc(1, 1, { ksm_merging_pages: 4 })), probes: told(probed(1, 3)), pageSize });
    expect(table.update({ sample: at(1), probes: told(probed(1, 5)), pageSize })).toMatchObject([
      { pid: 1, ended: true, cowBreaksTotal: 5, savedBytes: 0 },
    ]);
    expect(table.update({ sample: at(61), probes: told(probed(1, 5)), pageSize })).toHaveLength(1);
    expect(table.update({ sample: at(62), probes: told(probed(1, 5)), pageSize })).toHaveLength(0);
    expect(table.update({ sample: at(63), probes: told(probed(1, 5)), pageSize })).toHaveLength(0);
  });

  it('does not charge a process with the counts of an earlier one with the same pid', () => {
    const table = new ProcessTable();
    table.update({ sample: at(0, proc(1, 1)), probes: told(probed(1, 100)), pageSize });
    const [row] = table.update({ sample: at(1, proc(1, 2)), probes: told(probed(1, 100)), pageSize });
    expect(row?.cowBreaksTotal).toBe(0);
    expect(table.update({ sample: at(2, proc(1, 2)), probes: told(probed(1, 107)), pageSize })[0]?.cowBreaksTotal).toBe(
      7,
    );
  });

  it('remembers what a dropped process had when its pid comes back', () => {
    const table = new ProcessTable();
    table.update({ sample: at(0, proc(1, 1)), probes: told(probed(1, 100)), pageSize });
    table.update({ sample: at(1), probes: told(probed(1, 100)), pageSize });
    table.update({ sample: at(100), probes: told(probed(1, 100)), pageSize });
    const [row] = table.update({ sample: at(101, proc(1, 9)), probes: told(probed(1, 103)), pageSize });
    expect(row).toMatchObject({ cowBreaksTotal: 3, ended: false });
  });

  it('lists a process that lived between two samples, by the name that the kernel gave', () => {
    const table = new ProcessTable();
    const rows = table.update({ sample: at(0), probes: told(probed(7, 11)), pageSize });
    expect(rows).toMatchObject([{ pid: 7, comm: 'probed', cowBreaksTotal: 11, ended: true }]);
    expect(table.update({ sample: at(1, proc(7)), probes: told(probed(7, 12)), pageSize })).toMatchObject([
      { comm: 'p7', cowBreaksTotal: 12, ended: false },
    ]);
  });

  it('keeps the last counts while the probes are silent', () => {
    const table = new ProcessTable();
    table.update({ sample: at(0, proc(1)), probes: told(probed(1, 5)), pageSize });
    expect(table.update({ sample: at(1, proc(1)), probes: { processes: [] }, pageSize })[0]?.cowBreaksTotal).toBe(5);
  });
});
