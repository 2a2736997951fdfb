import { describe, expect, it } from 'vitest';
import { HOST_TOOLS, planTools } from '../../../../scripts/bootstrap/host.mjs';

const { bpftrace, chromium } = HOST_TOOLS;

describe('planTools', () => {
  it('does nothing when nothing is missing', () => {
    expect(planTools([], { root: true, apt: true, allowed: true })).toEqual({ install: [], advice: undefined });
  });

  it('installs as root on Debian', () => {
    expect(planTools([bpftrace, chromium], { root: true, apt: true, allowed: true })).toEqual({
      install: ['bpftrace', 'chromium'],
      advice: undefined,
    });
  });

  it.each([
    [{ root: false, apt: true, allowed: true }, 'sudo apt-get install -y bpftrace'],
    [{ root: true, apt: true, allowed: false }, 'apt-get install -y bpftrace'],
    [{ root: true, apt: false, allowed: true }, "install bpftrace with this distribution's package manager"],
  ])('otherwise gives the one command: %j', (host, advice) => {
    expect(planTools([bpftrace], host)).toEqual({ install: [], advice });
  });
});
