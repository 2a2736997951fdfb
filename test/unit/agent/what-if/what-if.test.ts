import { describe, expect, it } from 'vitest';
import { doJob } from '../../../../src/agent/jobs/do-job.js';
import type { DoJob, JobQuestions } from '../../../../src/agent/jobs/job.js';
import type { Point } from '../../../../src/agent/model/derived.js';
import { WhatIf } from '../../../../src/agent/what-if/what-if.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../../src/tuner/settings.js';
import { testPoint } from '../../../helpers/agent-port.js';

const NEVER = new AbortController().signal;
const PAGE = 4096;
const PAGES = 262_144;

/** A host on which half a GiB merges within the first minute, and stays merged. */
function host(seconds: number): readonly Point[] {
  return Array.from({ length: seconds }, (_, sec) => {
    const part = Math.min(1, sec / 60);
    const sharing = Math.round(part * 100_000);
    const memory = {
      sharedBytes: Math.round(sharing / 4) * PAGE,
      sharingBytes: sharing * PAGE,
      unsharedBytes: (PAGES - Math.round(sharing * 1.25)) * PAGE,
      volatileBytes: 0,
      zeroBytes: 0,
    };
    const ksm = { run: 1, pages_to_scan: 1000, sleep_millisecs: 20, smart_scan: 0, use_zero_pages: 0 };
    return testPoint(sec, { memory, ksmdCpuPct: 10, offeredBytes: PAGES * PAGE, cowBreaksTotal: 0 }, { ksm });
  });
}

function whatIf(points: readonly Point[], run?: (question: JobQuestions['what-if']) => void): WhatIf {
  const told: DoJob = (kind, question) => {
    run?.(question as JobQuestions['what-if']);
    return doJob(kind, question);
  };
  const end = points.at(-1)?.sample.timeMs ?? 0;
  return new WhatIf({
    pointsSince: (sinceMs) => points.filter(({ sample }) => sample.timeMs >= sinceMs),
    settings: () => DEFAULT_TUNER_SETTINGS,
    pageSize: PAGE,
    memTotalBytes: 8 * 2 ** 30,
    doJob: told,
    now: () => end,
  });
}

describe('what other policies would have done', () => {
  it('is told beside what happened, with the error of the replay', async () => {
    const answer = await whatIf(host(300)).ask({ lookBackSec: 900, policies: ['off', 'fixed:2000/20', 'off'] }, NEVER);
    expect(answer.rows.map(({ policy }) => policy)).toEqual(['as recorded', 'off', 'fixed:2000/20']);
    expect(answer).toMatchObject({ seconds: 299, gibPerCore: DEFAULT_TUNER_SETTINGS.gibPerCore });
    expect(answer.unknowns[0]).toMatch(/^Replayed under its own knobs, the record's saving comes out [+-]/);
    const [recorded, off] = answer.rows;
    expect(recorded?.savedGibSec).toBeGreaterThan(off?.savedGibSec ?? Infinity);
    for (const { savedGibSec, ksmdCpuSec, netCoreSec } of answer.rows) {
      expect(netCoreSec).toBeCloseTo(savedGibSec / DEFAULT_TUNER_SETTINGS.gibPerCore - ksmdCpuSec, 9);
    }
  });

  it('is of the time asked for, by the usual policies unless others are named', async () => {
    const answer = await whatIf(host(300)).ask({ lookBackSec: 120, policies: [] }, NEVER);
    expect(answer.seconds).toBe(120);
    expect(answer.rows.map(({ policy }) => policy)).toEqual([
      'as recorded',
      'off',
      'default',
      'ksmtuned',
      'advisor',
      'ksmpilot',
    ]);
  });

  it('of a long time is told from a bounded number of samples, the newest among them', async () => {
    let samples: readonly { readonly atSec: number }[] = [];
    const points = host(20_000);
    await whatIf(points, ({ history }) => (samples = history.samples)).ask(
      { lookBackSec: 86_400, policies: ['off'] },
      NEVER,
    );
    expect(samples.length).toBeGreaterThan(5000);
    expect(samples.length).toBeLessThanOrEqual(7200);
    expect(samples.at(-1)?.atSec).toBeGreaterThan(19_990);
  });

  it('cannot be told of nothing', async () => {
    await expect(whatIf(host(1)).ask({ lookBackSec: 900, policies: [] }, NEVER)).rejects.toMatchObject({
      code: 'HISTORY_SHORT',
    });
  });

  it('takes samples over for who has his turn, and for no more', async () => {
    const points = host(60);
    let taken = 0;
    const desk = new WhatIf({
      pointsSince: () => ((taken += 1), points),
      settings: () => DEFAULT_TUNER_SETTINGS,
      pageSize: PAGE,
      memTotalBytes: 8 * 2 ** 30,
      doJob: () => new Promise(() => undefined),
      now: () => 0,
    });
    const refused: unknown[] = [];
    for (let sec = 1; sec <= 50; sec += 1) {
      desk.ask({ lookBackSec: sec, policies: ['off'] }, NEVER).catch((error: unknown) => refused.push(error));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(taken).toBe(1);
    expect(refused).toHaveLength(45);
    expect(refused[0]).toMatchObject({ code: 'WORK_EXHAUSTED' });
  });

  it('is worked out once for those who ask the same', async () => {
    let runs = 0;
    const desk = whatIf(host(60), () => (runs += 1));
    const ask = () => desk.ask({ lookBackSec: 60, policies: ['off'] }, NEVER);
    const [a, b] = await Promise.all([ask(), ask()]);
    expect(a).toBe(b);
    expect(runs).toBe(1);
  });
});
