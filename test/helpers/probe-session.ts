import { afterAll, beforeAll } from 'vitest';
import type { ProbeSnapshot } from '../../src/agent/model/probe.js';
import { ProbeHub, type ProbeHubOptions } from '../../src/agent/probes/hub.js';
import { useKernel } from './kernel-session.js';
import { readVmstat, until } from './knobs.js';

/** The lock, the saved knobs and running probes for all tests of one file. */
export interface ProbeSession {
  readonly hub: ProbeHub;
  /** Totals of a frame that began after this call. */
  fresh(): Promise<ProbeSnapshot>;
}

/**
 * Registers the hooks. Without other options every break is counted (`exact`), because most tests are about exactness;
 * where the host is not fit for kernel tests, says so aloud and skips each test.
 */
export function useProbes(options: Partial<ProbeHubOptions> = {}): ProbeSession {
  const kernel = useKernel();
  let hub: ProbeHub | undefined;
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
    if (kernel.obstacle !== undefined) return;
    hub = new ProbeHub({ readCowKsm: () => readVmstat('cow_ksm'), estimatePages: () => 0, exact: true, ...options });
    await hub.start();
  });
  // Hooks end in reverse order: the probes stop before the knobs are put back.
  afterAll(() => hub?.stop());
  return session;
}
