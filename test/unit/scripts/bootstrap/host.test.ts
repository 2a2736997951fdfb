import { describe, expect, it } from 'vitest';
import { HOST_TOOLS, hasTracefs, planTools } from '../../../../scripts/bootstrap/host.mjs';

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

describe('hasTracefs', () => {
  it.each([
    ['nodev /sys/kernel/tracing tracefs rw,relatime 0 0\n', true],
    ['sysfs /sys sysfs rw 0 0\ntracefs /sys/kernel/debug/tracing tracefs rw 0 0\n', true],
    ['sysfs /sys sysfs rw 0 0\ntracefs /srv/root/sys/kernel/tracing tracefs rw 0 0\n', false],
  ])('%j: %j', (mounts, there) => {
    expect(hasTracefs(mounts)).toBe(there);
  });
});
