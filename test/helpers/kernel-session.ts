import { afterAll, beforeAll, beforeEach } from 'vitest';
import { guestObstacle } from './guest.js';
import { enterKernel } from './kernel-lock.js';
import { saveKnobs } from './knobs.js';

export interface KernelSession {
  /** Why this host is not fit for kernel tests; known once the hooks have run. */
  readonly obstacle: string | undefined;
}

/**
 * Registers the hooks of a file that turns KSM's knobs: the machine-wide lock, every knob saved and put back. Where the
 * host is not fit for kernel tests, says so aloud and skips each test.
 */
export function useKernel(): KernelSession {
  let obstacle: string | undefined;
  const undo: (() => void | Promise<void>)[] = [];
  beforeAll(async () => {
    const entered = await enterKernel();
    undo.push(entered.leave);
    obstacle = entered.obstacle ?? guestObstacle();
    if (obstacle !== undefined) return;
    const knobs = saveKnobs();
    undo.push(() => knobs.restore());
  }, 700_000);
  beforeEach(({ skip }) => {
    if (obstacle !== undefined) skip(obstacle);
  });
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });
  return {
    get obstacle(): string | undefined {
      return obstacle;
    },
  };
}
