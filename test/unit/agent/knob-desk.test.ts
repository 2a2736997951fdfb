import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BaselineStore } from '../../../src/agent/baseline.js';
import { KnobDesk } from '../../../src/agent/knob-desk.js';
import { KsmWriter } from '../../../src/agent/kernel/ksm-writer.js';
import { silentLog } from '../../../src/agent/log.js';
import type { AgentEventBody } from '../../../src/agent/model/event.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../src/tuner/settings.js';
import type { Observation } from '../../../src/tuner/types.js';
import { makeKsmTree, type KsmTree } from '../../helpers/ksm-tree.js';

let tree: KsmTree;
let stateDir: string;
let events: AgentEventBody[];
let monoMs = 0;

function desk(options: { root?: boolean; bootId?: string } = {}): KnobDesk {
  return new KnobDesk({
    writer: new KsmWriter({ root: tree.root }),
    store: new BaselineStore({ stateDir, bootId: options.bootId ?? 'boot-1' }),
    settings: DEFAULT_TUNER_SETTINGS,
    root: options.root ?? true,
    now: () => 1_000_000 + monoMs,
    monoMs: () => monoMs,
    log: silentLog,
    emit: (event) => events.push(event),
  });
}

/** A host where 200 MiB were offered and nothing is merged yet: a reason to start. */
function observation(): Observation {
  return {
    monoMs,
    ageMs: 0,
    pageSize: 4096,
    memTotalBytes: 8 * 2 ** 30,
    memAvailableBytes: 4 * 2 ** 30,
    knobs: tree.knobs(),
    advisorMode: 'none',
    pages_shared: 0,
    pages_sharing: 0,
    pages_unshared: 0,
    pages_volatile: 0,
    ksm_zero_pages: 0,
    pages_scanned: 0,
    pages_skipped: 0,
    full_scans: 0,
    cow_ksm: 0,
    ksmdCpuNs: 0,
    mergeableBytes: 200 * 2 ** 20,
    mergeableProcesses: 2,
    entered: null,
    cpuPressurePct: 0,
    memoryPressurePct: 0,
    rivals: [],
  };
}

function tick(at: KnobDesk, times = 1): void {
  for (let n = 0; n < times; n += 1) {
    monoMs += 1000;
    at.tick(observation());
  }
}

beforeEach(() => {
  tree = makeKsmTree({ run: 0, pages_to_scan: 100, sleep_millisecs: 20 });
  stateDir = mkdtempSync(join(tmpdir(), 'ksmpilot-desk-'));
  events = [];
  monoMs = 0;
});

afterEach(() => {
  rmSync(stateDir, { recursive: true, force: true });
  tree.remove();
});

describe('KnobDesk', () => {
  it('observes and advises without a single write', () => {
    const subject = desk();
    for (const mode of ['observe', 'advise'] as const) {
      subject.setMode(mode);
      tick(subject, 5);
    }
    expect(tree.knobs()).toEqual({ run: 0, pages_to_scan: 100, sleep_millisecs: 20 });
    expect(subject.baseline()).toBeUndefined();
    expect(events.filter(({ kind }) => kind === 'knob')).toEqual([]);
    expect(subject.pilot.decisions(9).some(({ decision }) => decision.changes.length > 0)).toBe(true);
  });

  it('writes in auto mode, with the baseline saved and each write told', () => {
    const subject = desk();
    subject.setMode('auto');
    tick(subject, 3);
    expect(tree.knobs().run).toBe(1);
    expect(subject.baseline()?.knobs).toMatchObject({ run: 0, pages_to_scan: 100, sleep_millisecs: 20 });
    expect(events).toContainEqual({ kind: 'knob', change: { knob: 'run', from: '0', to: '1', by: 'ksmpilot' } });
  });

  it('does not take its own writes for those of somebody else', () => {
    const subject = desk();
    subject.setMode('auto');
    subject.watch(tree.ksm());
    tick(subject, 3);
    subject.watch(tree.ksm());
    expect(events.filter((e) => e.kind === 'knob' && e.change.by !== 'ksmpilot')).toEqual([]);
    tree.set('sleep_millisecs', 5);
    subject.watch(tree.ksm());
    expect(events.at(-1)).toMatchObject({ kind: 'knob', change: { knob: 'sleep_millisecs', by: 'somebody else' } });
  });

  it('puts the knobs back when it leaves auto, and holds them while paused', () => {
    const subject = desk();
    subject.setMode('auto');
    tick(subject, 3);
    const held = tree.knobs();
    subject.pilot.pause();
    tick(subject, 5);
    expect(tree.knobs()).toEqual(held);
    subject.setMode('observe');
    expect(tree.knobs()).toEqual({ run: 0, pages_to_scan: 100, sleep_millisecs: 20 });
    expect(subject.baseline()).toBeUndefined();
  });

  it('goes to observe when told to restore, so that the knobs stay restored', () => {
    const subject = desk();
    subject.setMode('auto');
    tick(subject, 3);
    expect(subject.restoreNow().restored.map(({ knob }) => knob)).toContain('run');
    tick(subject, 5);
    expect(subject.pilot.mode).toBe('observe');
    expect(tree.knobs().run).toBe(0);
  });

  it('refuses auto without root, and without a knob that it would need', () => {
    expect(() => desk({ root: false }).setMode('auto')).toThrow(expect.objectContaining({ code: 'MODE_REFUSED' }));
    tree.drop('sleep_millisecs');
    expect(() => desk().setMode('auto')).toThrow('sleep_millisecs');
  });

  it('refuses auto over a baseline that it cannot read', () => {
    writeFileSync(join(stateDir, 'baseline.json'), '{');
    const subject = desk();
    expect(subject.hasLeftovers()).toBe(true);
    expect(() => subject.setMode('auto')).toThrow(expect.objectContaining({ code: 'BASELINE_UNREADABLE' }));
    expect(subject.restore().failed).toEqual(['baseline']);
  });

  it('restores what a killed agent left, and nothing of another boot', () => {
    const killed = desk();
    killed.setMode('auto');
    tick(killed, 3);
    const left = tree.knobs();
    expect(desk({ bootId: 'boot-2' }).restore().restored).toEqual([]);
    expect(tree.knobs()).toEqual(left);

    tree.set('run', 0);
    const again = desk();
    again.setMode('auto');
    tick(again, 3);
    expect(desk().hasLeftovers()).toBe(true);
    desk().restore();
    expect(desk().hasLeftovers()).toBe(false);
  });
});
