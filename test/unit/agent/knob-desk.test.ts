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
/** Pages that ksmd knows, of the 51,200 offered. */
let knownPages = 0;

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
    pages_unshared: knownPages,
    pages_volatile: 0,
    ksm_zero_pages: 0,
    pages_scanned: 0,
    pages_skipped: 0,
    full_scans: knownPages > 0 ? 9 : 0,
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
  knownPages = 0;
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

  it('answers for a `run` of 0 in auto mode only, and not when paused or hands off', async () => {
    const subject = desk();
    expect(subject.pilot.steersRun).toBe(false);
    await subject.setMode('auto');
    expect(subject.pilot.steersRun).toBe(true);
    tick(subject, 3);
    expect(subject.pilot.steersRun).toBe(true);
    subject.pilot.pause();
    expect(subject.pilot.steersRun).toBe(false);
    subject.pilot.resume();
    tick(subject);
    tree.set('run', 0);
    tick(subject, 2);
    expect(subject.pilot.steersRun).toBe(false);
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

  const FOUND = { run: 1, pages_to_scan: 100, sleep_millisecs: 20, smart_scan: 1 };

  /** In auto mode, with a look at memory that ksmd knows, for which smart_scan is held at 0. */
  async function looking(found: typeof FOUND): Promise<KnobDesk> {
    tree.remove();
    tree = makeKsmTree(found);
    knownPages = 51_200;
    const subject = desk();
    await subject.setMode('auto');
    tick(subject, 3);
    expect(tree.knobs()).toMatchObject({ run: 1, smart_scan: 0 });
    return subject;
  }

  describe('when a setting goes off', () => {
    it('gives smart_scan back at once, and goes on', async () => {
      const subject = await looking(FOUND);
      subject.watch(tree.ksm());
      subject.changeSettings({ ...DEFAULT_TUNER_SETTINGS, smartScan: false });
      expect(tree.knobs().smart_scan).toBe(1);
      expect(events.at(-1)).toMatchObject({ change: { knob: 'smart_scan', from: '0', to: '1', by: 'ksmpilot' } });
      subject.watch(tree.ksm());
      tick(subject, 3);
      subject.changeSettings(DEFAULT_TUNER_SETTINGS);
      tick(subject, 3);
      expect(subject.pilot.decisions(99).map(({ decision }) => decision.phase)).not.toContain('hands-off');
      expect(events.filter((e) => e.kind === 'knob' && e.change.by !== 'ksmpilot')).toEqual([]);
      await subject.setMode('observe');
      expect(tree.knobs()).toEqual(FOUND);
    });

    it('leaves smart_scan alone where somebody else moved it', async () => {
      const subject = await looking(FOUND);
      tree.set('smart_scan', 1);
      subject.changeSettings({ ...DEFAULT_TUNER_SETTINGS, smartScan: false });
      tree.set('smart_scan', 0);
      subject.changeSettings({ ...DEFAULT_TUNER_SETTINGS, smartScan: false, gibPerCore: 4 });
      expect(tree.knobs().smart_scan).toBe(0);
    });

    it('keeps the settings as they were when the knob cannot be given back', async () => {
      const subject = await looking(FOUND);
      writeFileSync(join(tree.root, 'sys/kernel/mm/ksm/smart_scan'), 'unreadable\n');
      expect(() => subject.changeSettings({ ...DEFAULT_TUNER_SETTINGS, smartScan: false })).toThrow('smart_scan');
      expect(subject.pilot.settings.smartScan).toBe(true);
    });

    it('writes nothing outside auto mode', async () => {
      const subject = await looking(FOUND);
      await subject.setMode('advise');
      tree.set('smart_scan', 0);
      subject.changeSettings({ ...DEFAULT_TUNER_SETTINGS, smartScan: false, mayStart: false });
      expect(tree.knobs()).toEqual({ ...FOUND, smart_scan: 0 });
    });
  });

  describe('when it yields', () => {
    it('puts back what still holds its values, and leaves what was moved', async () => {
      const subject = await looking(FOUND);
      tree.set('pages_to_scan', 77);
      tick(subject, 3);
      expect(tree.knobs()).toEqual({ ...FOUND, pages_to_scan: 77 });
      expect(subject.baseline()).toBeUndefined();
      tick(subject, 60);
      expect(tree.knobs()).toEqual({ ...FOUND, pages_to_scan: 77 });
    });

    it('takes a smart_scan that was put back for the operator’s when it is handed the knobs again', async () => {
      const subject = await looking(FOUND);
      tree.set('pages_to_scan', 77);
      tick(subject, 3);
      tree.set('smart_scan', 0);
      await subject.setMode('auto');
      tick(subject, 60);
      expect(tree.knobs().smart_scan).toBe(0);
    });

    it('starts nothing for a setting that goes off meanwhile', async () => {
      const subject = await looking(FOUND);
      subject.pilot.pause();
      tree.set('run', 0);
      subject.changeSettings({ ...DEFAULT_TUNER_SETTINGS, mayStart: false });
      expect(tree.knobs().run).toBe(0);
    });
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
