import { describe, expect, test } from 'vitest';
import * as explain from '../../../src/tuner/explain.js';

const flow: explain.FlowFacts = { arrivals: 41.2, lifetimeSec: 180, everySec: 108, ended: null };
const burst = {
  ...flow,
  cause: 'growth' as const,
  growingBytesPerSec: 0,
  offeredBytes: 2 ** 30,
  share: 0.45,
  fullScanSec: 1.7,
  unskips: false,
  starting: false,
};
const waiting = { ...flow, nextSec: 48 };
const none = { ...waiting, everySec: null, nextSec: 1800 };

describe('bursts, rounds and looks', () => {
  test('memory that grows: how fast, and at what pace', () => {
    expect(explain.burst({ ...burst, growingBytesPerSec: 5 * 2 ** 20 })).toBe(
      'Burst: mergeable memory grows by 5 MiB a second; a full scan every 1.7 s, 45 % of a core, until it settles.',
    );
  });

  test('each says what for', () => {
    const pace = 'a full scan every 1.7 s, 45 % of a core, until each page was visited twice';
    expect(explain.burst(burst)).toMatch(
      new RegExp(`^Burst: new mergeable memory \\(1 GiB offered in all\\); ${pace}`),
    );
    expect(explain.burst({ ...burst, cause: 'round' })).toMatch(
      new RegExp(
        `^Track: 41 pages/s become mergeable and stay so for 180 s, for which a round every 108 s .*; ${pace}`,
      ),
    );
    expect(explain.burst({ ...burst, cause: 'look' })).toMatch(
      new RegExp(`^Probe: a look whether any of the 1 GiB offered has become mergeable unseen; ${pace}`),
    );
  });

  test('smart_scan at 0, and the start of KSM with what it leaks, are said where they happen', () => {
    expect(explain.burst(burst)).not.toMatch(/smart_scan|run goes/);
    expect(explain.burst({ ...burst, unskips: true })).toContain('smart_scan is 0 for that long');
    expect(explain.burst({ ...burst, starting: true })).toMatch(/run goes from 0 to 1; .*tenants learn of each other/);
  });
});

describe('between them', () => {
  test('a rest: what pays, what happens to run, and when the next comes', () => {
    expect(explain.rest({ ...waiting, scanning: true })).toBe(
      'Hold: a round every 108 s pays best: 41 pages/s become mergeable and stay so for 180 s; ' +
        'run goes to 0, and what is merged stays merged. The next round is in 48 s, sooner when guests start or grow.',
    );
    expect(explain.rest({ ...none, scanning: false })).toBe(
      'Stop: no scanning pays for itself: 41 pages/s become mergeable and stay so for 180 s; run stays 0. ' +
        'The next look is in 30 min, sooner when guests start or grow.',
    );
  });

  test.each([
    ['told', 'since the settings keep run at 1'],
    ['blind', 'since this kernel (before 6.14) shows new guests only as ksmd comes by them'],
    ['tidy', 'for one full scan, so that ksmd drops its books of memory that is gone'],
  ] as const)('a watch says why ksmd does not stand still: %s', (why, words) => {
    const text = explain.watch({ ...waiting, offers: true, share: 0.0025, why });
    expect(text).toContain(
      `0.25 % of a core ${why === 'tidy' ? '' : 'until then, '}${words}. The next round is in 48 s`,
    );
  });

  test.each([
    ['done', 'Done. '],
    ['budget spent', 'Ended: the budget of bursts is spent. '],
    ['stalled', 'Ended: ksmd walks no pages. '],
    ['nothing left', 'Ended: the memory is gone. '],
  ] as const)('after one that is %s it says so first', (ended, words) => {
    for (const text of [
      explain.rest({ ...waiting, ended, scanning: true }),
      explain.watch({ ...waiting, ended, share: 0.001, why: 'told', offers: true }),
    ]) {
      expect(text.startsWith(words)).toBe(true);
    }
  });
});

test('every sentence ends with a full stop and has no empty figure', () => {
  const all = [
    explain.burst(burst),
    explain.burst({ ...burst, cause: 'round', everySec: null }),
    explain.rest({ ...waiting, scanning: false }),
    explain.watch({ ...none, share: 0, why: 'tidy', offers: true }),
    explain.watch({ ...none, share: 0, why: 'blind', offers: true }),
    explain.idle(true),
    explain.idle(false),
    explain.learning(true),
    explain.learning(false),
    explain.PAUSED,
    explain.BLIND_CPU.text,
    explain.HELD_BACK.text,
    explain.rivalsInAdvise(['ksmtuned', 'mom']).text,
  ];
  for (const text of all) {
    expect(text).toMatch(/\.$/);
    expect(text).not.toMatch(/NaN|undefined|null|Infinity| {2}/);
  }
});
