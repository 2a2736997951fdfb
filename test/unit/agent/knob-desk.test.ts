import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BaselineStore } from '../../../src/agent/baseline.js';
import { KsmpilotError } from '../../../src/agent/errors.js';
import { type KnobClaim, KnobDesk } from '../../../src/agent/knob-desk.js';
import { KsmWriter } from '../../../src/agent/kernel/ksm-writer.js';
import { silentLog } from '../../../src/agent/log.js';
import type { AgentEventBody } from '../../../src/agent/model/event.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../src/tuner/settings.js';
import type { Observation } from '../../../src/tuner/types.js';
import { makeKsmTree, type KsmTree } from '../../helpers/ksm-tree.js';

let tree: KsmTree;
let stateDir: string;
let claim: TestClaim;
let events: AgentEventBody[];
let monoMs = 0;

/** Held while a desk may move knobs. */
class TestClaim implements KnobClaim {
  held = false;
  takenByOther = false;

  acquire(): Promise<void> {
    if (this.takenByOther) return Promise.reject(new KsmpilotError('AGENT_RUNNING', 'another ksmpilot, pid 7'));
    this.held = true;
    return Promise.resolve();
  }

  release(): void {
    this.held = false;
  }
}

function desk(options: { root?: boolean; bootId?: string } = {}): KnobDesk {
  return new KnobDesk({
    claim,
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
  claim = new TestClaim();
  monoMs = 0;
});

afterEach(() => {
  rmSync(stateDir, { recursive: true, force: true });
  tree.remove();
});

describe('KnobDesk', () => {
  it('observes and advises without a single write', async () => {
    const subject = desk();
    for (const mode of ['observe', 'advise'] as const) {
      await subject.setMode(mode);
      tick(subject, 5);
    }
    expect(tree.knobs()).toEqual({ run: 0, pages_to_scan: 100, sleep_millisecs: 20 });
    expect(subject.baseline()).toBeUndefined();
    expect(events.filter(({ kind }) => kind === 'knob')).toEqual([]);
    expect(subject.pilot.decisions(9).some(({ decision }) => decision.changes.length > 0)).toBe(true);
  });

  it('writes in auto mode, with the baseline saved and each write told', async () => {
    const subject = desk();
    await subject.setMode('auto');
    tick(subject, 3);
    expect(tree.knobs().run).toBe(1);
    expect(subject.baseline()?.knobs).toMatchObject({ run: 0, pages_to_scan: 100, sleep_millisecs: 20 });
    expect(events).toContainEqual({ kind: 'knob', change: { knob: 'run', from: '0', to: '1', by: 'ksmpilot' } });
  });

  it('does not take its own writes for those of somebody else', async () => {
    const subject = desk();
    await subject.setMode('auto');
    subject.watch(tree.ksm());
    tick(subject, 3);
    subject.watch(tree.ksm());
    expect(events.filter((e) => e.kind === 'knob' && e.change.by !== 'ksmpilot')).toEqual([]);
    tree.set('sleep_millisecs', 5);
    subject.watch(tree.ksm());
    expect(events.at(-1)).toMatchObject({ kind: 'knob', change: { knob: 'sleep_millisecs', by: 'somebody else' } });
  });

  it('puts the knobs back when it leaves auto, and holds them while paused', async () => {
    const subject = desk();
    await subject.setMode('auto');
    tick(subject, 3);
    const held = tree.knobs();
    subject.pilot.pause();
    tick(subject, 5);
    expect(tree.knobs()).toEqual(held);
    await subject.setMode('observe');
    expect(tree.knobs()).toEqual({ run: 0, pages_to_scan: 100, sleep_millisecs: 20 });
    expect(subject.baseline()).toBeUndefined();
  });

  it('goes to observe when told to restore, so that the knobs stay restored', async () => {
    const subject = desk();
    await subject.setMode('auto');
    tick(subject, 3);
    expect(subject.restoreNow().restored.map(({ knob }) => knob)).toContain('run');
    tick(subject, 5);
    expect(subject.pilot.mode).toBe('observe');
    expect(tree.knobs().run).toBe(0);
  });

  it('tries once more at the end what could not be put back when it left auto', async () => {
    const subject = desk();
    await subject.setMode('auto');
    tick(subject, 3);
    const held = tree.knobs();
    writeFileSync(join(tree.root, 'sys/kernel/mm/ksm/run'), 'unreadable\n');
    await expect(subject.setMode('observe')).rejects.toThrow('not put back: run');
    expect(subject.pilot.mode).toBe('observe');
    expect(subject.baseline()?.knobs.run).toBe(0);
    await expect(subject.leave()).rejects.toThrow('not put back: run');
    tree.set('run', held.run);
    await subject.leave();
    expect(tree.knobs()).toEqual({ run: 0, pages_to_scan: 100, sleep_millisecs: 20 });
    expect(subject.baseline()).toBeUndefined();
  });

  it('refuses auto without root, and without a knob that it would need', async () => {
    await expect(desk({ root: false }).setMode('auto')).rejects.toThrow(
      expect.objectContaining({ code: 'MODE_REFUSED' }),
    );
    tree.drop('sleep_millisecs');
    await expect(desk().setMode('auto')).rejects.toThrow('sleep_millisecs');
  });

  it('refuses auto over a baseline that it cannot read', async () => {
    writeFileSync(join(stateDir, 'baseline.json'), '{');
    const subject = desk();
    await expect(subject.setMode('auto')).rejects.toThrow(expect.objectContaining({ code: 'BASELINE_UNREADABLE' }));
    expect((await subject.recover())?.failed).toEqual(['baseline']);
    expect(tree.knobs()).toEqual({ run: 0, pages_to_scan: 100, sleep_millisecs: 20 });
  });

  it('restores what a killed agent left, and nothing of another boot', async () => {
    const killed = desk();
    await killed.setMode('auto');
    tick(killed, 3);
    const left = tree.knobs();
    expect(desk({ bootId: 'boot-2' }).restore().restored).toEqual([]);
    expect(tree.knobs()).toEqual(left);

    tree.set('run', 0);
    tree.set('pages_to_scan', 100);
    tree.set('sleep_millisecs', 20);
    const again = desk();
    await again.setMode('auto');
    tick(again, 3);
    expect((await desk().recover())?.restored.map(({ knob }) => knob)).toContain('run');
    expect(tree.knobs()).toEqual({ run: 0, pages_to_scan: 100, sleep_millisecs: 20 });
    expect(await desk().recover()).toBeUndefined();
  });

  it('lets one agent of the host move the knobs, and touches nothing of another that lives', async () => {
    const other = desk();
    await other.setMode('auto');
    tick(other, 3);
    const held = tree.knobs();
    expect(claim.held).toBe(true);

    claim.takenByOther = true;
    const second = desk();
    expect(await second.recover()).toBeUndefined();
    await expect(second.setMode('auto')).rejects.toThrow(expect.objectContaining({ code: 'AGENT_RUNNING' }));
    expect(second.pilot.mode).toBe('observe');
    expect(tree.knobs()).toEqual(held);

    await other.setMode('advise');
    expect(claim.held).toBe(false);
  });
});
