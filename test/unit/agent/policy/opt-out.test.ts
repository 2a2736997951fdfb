import { describe, expect, it } from 'vitest';
import { judgeOptOut, type OptOutWatch } from '../../../../src/agent/policy/opt-out.js';
import { NO_POLICY, policyGuest } from '../../../helpers/policy-guests.js';

const SETTINGS = { ...NO_POLICY.optOut, enabled: true };
const HOUR = 3_600_000;

/** Costs more than it saves; breaks as fast as it merges. */
const CHURN = policyGuest({ name: 'churn', worthCores: -0.02, mergesTotal: 1000, cowBreaksTotal: 900 });
const later = (merges: number, breaks: number) => ({
  ...CHURN,
  mergesTotal: 1000 + merges,
  cowBreaksTotal: 900 + breaks,
});
const SINCE: OptOutWatch = { sinceMs: 0, merges: 1000, breaks: 900 };

describe('a guest whose merging does not pay', () => {
  it('is watched first, said so before the time is over, and switched off then', () => {
    const first = judgeOptOut(CHURN, undefined, SETTINGS, 0);
    expect(first).toMatchObject({ verdict: 'watched', watch: SINCE, dueMs: undefined });
    const half = judgeOptOut(later(500, 480), first.watch, SETTINGS, HOUR / 2);
    expect(half).toMatchObject({ verdict: 'watched', watch: SINCE, dueMs: HOUR });
    const soon = judgeOptOut(later(900, 880), half.watch, SETTINGS, HOUR - 600_000);
    expect(soon).toMatchObject({ verdict: 'soon', dueMs: HOUR });
    expect(soon.reason).toBe(
      'in 50 min 880 COW breaks came on 900 merges, and merging is worth -0.020 cores; how long its merges live is not known',
    );
    expect(judgeOptOut(later(1000, 980), soon.watch, SETTINGS, HOUR)).toMatchObject({ verdict: 'now', watch: SINCE });
  });

  it('is let go when it is worth something', () => {
    expect(judgeOptOut({ ...later(900, 880), worthCores: 0.01 }, SINCE, SETTINGS, HOUR)).toMatchObject({
      verdict: 'pays',
      watch: undefined,
    });
  });

  it('is not let go for a trifle', () => {
    expect(judgeOptOut({ ...later(900, 880), worthCores: 0.001 }, SINCE, SETTINGS, HOUR).verdict).toBe('now');
    expect(judgeOptOut({ ...CHURN, worthCores: 0.001 }, undefined, SETTINGS, 0).verdict).toBe('pays');
  });

  it('is watched anew where few of its merges broke in the whole time', () => {
    expect(judgeOptOut(later(900, 300), SINCE, SETTINGS, HOUR)).toMatchObject({
      verdict: 'watched',
      watch: { sinceMs: HOUR, merges: 1900, breaks: 1200 },
    });
  });

  it('is watched anew where the counters were reset', () => {
    expect(judgeOptOut({ ...CHURN, mergesTotal: 3, cowBreaksTotal: 2 }, SINCE, SETTINGS, HOUR)).toMatchObject({
      verdict: 'watched',
      watch: { sinceMs: HOUR, merges: 3, breaks: 2 },
    });
  });

  it('needs breaks enough to tell', () => {
    expect(judgeOptOut(later(99, 99), SINCE, SETTINGS, HOUR).verdict).toBe('watched');
    expect(judgeOptOut(later(100, 100), SINCE, SETTINGS, HOUR).verdict).toBe('now');
  });

  it('is not one whose merges live long, where that is measured', () => {
    expect(judgeOptOut({ ...later(900, 880), mergeLifetimeP50Sec: 601 }, SINCE, SETTINGS, HOUR).verdict).toBe('pays');
    expect(judgeOptOut({ ...later(900, 880), mergeLifetimeP50Sec: 4 }, SINCE, SETTINGS, HOUR)).toMatchObject({
      verdict: 'now',
      reason: expect.stringContaining('half of them end within 4 s') as unknown,
    });
  });

  it.each([{ worthCores: null }, { mergesTotal: null }, { cowBreaksTotal: null }])(
    'is never one of which that is not known: %o',
    (unknown) => {
      expect(judgeOptOut({ ...later(900, 880), ...unknown }, SINCE, SETTINGS, HOUR).verdict).toBe('pays');
    },
  );

  it('is none while the setting is off', () => {
    expect(judgeOptOut(later(900, 880), SINCE, NO_POLICY.optOut, HOUR).verdict).toBe('pays');
  });
});
