import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { ProbeSnapshot } from '../../src/agent/model/probe.js';
import { ProbeHub, type ProbeHubOptions } from '../../src/agent/probes/hub.js';
import { guestObstacle } from './guest.js';
import { enterKernel } from './kernel-lock.js';
import { readVmstat, saveKnobs, until } from './knobs.js';

/** The lock, the saved knobs and running probes for all tests of one file. */
export interface ProbeSession {
  readonly hub: ProbeHub;
  /** Totals of a frame that began after this call. */
  fresh(): Promise<ProbeSnapshot>;
}

/** Registers the hooks; where the host is not fit for kernel tests, says so aloud and skips each test. */
export function useProbes(options: Partial<ProbeHubOptions> = {}): ProbeSession {
  let obstacle: string | undefined;
  let hub: ProbeHub | undefined;
  const undo: (() => void | Promise<void>)[] = [];
  const session = {
    get hub(): ProbeHub {
      if (hub === undefined) throw new Error('the probes run within tests only');
      return hub;
    },
    async fresh(): Promise<ProbeSnapshot> {
      for (let frame = 0; frame < 2; frame += 1) {
        const before = session.hub.snapshot().cow;
        await until('another frame of the probes', () => session.hub.snapshot().cow !== before);
      }
      return session.hub.snapshot();
    },
  };
  beforeAll(async () => {
    const entered = await enterKernel();
    undo.push(entered.leave);
    obstacle = entered.obstacle ?? guestObstacle();
    if (obstacle !== undefined) return;
    const knobs = saveKnobs();
    undo.push(() => knobs.restore());
    hub = new ProbeHub({ readCowKsm: () => readVmstat('cow_ksm'), estimatePages: () => 0, ...options });
    undo.push(() => hub?.stop());
    await hub.start();
  }, 700_000);
  beforeEach(({ skip }) => {
    if (obstacle !== undefined) skip(obstacle);
  });
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });
  return session;
}
