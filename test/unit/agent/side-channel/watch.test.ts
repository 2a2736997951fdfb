import { describe, expect, it } from 'vitest';
import type { ProbeSnapshot } from '../../../../src/agent/model/probe.js';
import type { SuspicionStep } from '../../../../src/agent/model/side-channel.js';
import { SideChannelWatch } from '../../../../src/agent/side-channel/watch.js';
import { testGuest, testGuests } from '../../../helpers/agent-port.js';

const IDLE: ProbeSnapshot = {
  processes: [{ pid: 9, comm: 'stray\x1b', merges: 0, zeroMerges: 0, cowBreaks: 0, zeroBreaks: 0 }],
  lostEvents: 0,
  states: [],
};

class Rig {
  readonly steps: SuspicionStep[] = [];
  clockMs = 1e6;
  snapshot = IDLE;
  readonly watch: SideChannelWatch;

  constructor(enabled = true) {
    this.watch = new SideChannelWatch({
      enabled,
      probes: () => this.snapshot,
      table: () => testGuests([testGuest({ kind: 'qemu', key: 'qemu/web#1.7', name: 'web', pids: [7] })]),
      emit: (step) => this.steps.push(step),
      kernelMs: () => this.clockMs,
      now: () => this.clockMs + 5e11,
    });
  }

  /** Five seconds, at whose start `pid` sweeps pages that come back. */
  round(pid: number, pages = 10, oneIn = 1): void {
    const breaks = Array.from({ length: pages }, (_, page) => ({
      page: `mm${pid},${page}`,
      number: page,
      pid,
      content: 1_000 * pid + page,
      monoMs: this.clockMs + page / 100,
    }));
    this.watch.takeFrame({ breaks, oneIn, missed: 0 });
    this.clockMs += 5_000;
    this.watch.tick();
  }
}

describe('a guest that probes', () => {
  it('is told of once, with its name, when it becomes suspicious and when that is over', () => {
    const rig = new Rig();
    for (let round = 0; round < 6; round += 1) rig.round(7);
    expect(rig.steps).toMatchObject([{ key: 'qemu/web#1.7', name: 'web', what: 'suspicious', score: 1 }]);
    expect(rig.watch.report()).toMatchObject({
      state: 'on',
      oneIn: 1,
      foundFrom: 4,
      pages: 10,
      suspects: [{ name: 'web', suspicious: true, sinceMs: 5e11 + 1e6 + 20_000 }],
    });
    rig.clockMs += 480_000;
    rig.watch.tick();
    expect(rig.steps.map(({ what }) => what)).toEqual(['suspicious', 'over']);
    expect(rig.steps[1]).toMatchObject({ name: 'web', score: 0 });
  });

  it('that is no known guest goes by its process, whose name is made fit to be shown', () => {
    const rig = new Rig();
    for (let round = 0; round < 4; round += 1) rig.round(9);
    expect(rig.steps).toMatchObject([{ key: 'pid:9', name: 'stray%1B', what: 'suspicious' }]);
  });

  it('is told of with what the sample stands for', () => {
    const rig = new Rig();
    for (let round = 0; round < 4; round += 1) rig.round(7, 10, 16);
    expect(rig.steps[0]?.text).toMatch(/^10 pages were \(about 160 in all/);
    expect(rig.watch.report()).toMatchObject({ oneIn: 16, detail: 'one page in 16 is looked at' });
  });
});

describe('where no breaks of single pages come', () => {
  it('it is off and says why', () => {
    expect(new Rig(false).watch.report()).toMatchObject({
      state: 'off',
      detail: expect.stringContaining('sideChannel.enabled') as string,
    });
    const rig = new Rig();
    rig.snapshot = { ...IDLE, states: [{ name: 'cow', state: 'starting', detail: '', restarts: 0 }] };
    expect(rig.watch.report().state).toBe('starting');
    rig.snapshot = { ...IDLE, states: [{ name: 'cow', state: 'failed', detail: 'no bpftrace', restarts: 0 }] };
    expect(rig.watch.report()).toMatchObject({
      state: 'off',
      detail: expect.stringContaining('no bpftrace') as string,
    });
  });

  it('it is off again when they stop', () => {
    const rig = new Rig();
    rig.round(7);
    expect(rig.watch.report().state).toBe('on');
    rig.clockMs += 10_001;
    expect(rig.watch.report().state).toBe('off');
  });
});
