import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/agent/event-log.js';
import { Past } from '../../../src/agent/past.js';
import { packageRoot } from '../../../src/agent/paths.js';
import { RecordingLog, testPoint } from '../../helpers/agent-port.js';
import { HISTORY, HistoryFolder } from '../../helpers/history.js';

/** testPoint's clock begins there. */
const START_MS = 1_700_000_000_000;
const QUERY = { fromMs: START_MS, toMs: START_MS + 1_000_000, points: 5000, fields: ['saved_bytes'], guest: '' };

class Log extends RecordingLog {
  debug(): void {}
}

function pastIn(folder: HistoryFolder): { past: Past; log: Log } {
  const log = new Log();
  const past = new Past({
    config: { history: { ...HISTORY, dir: folder.dir }, intervalMs: 1000 },
    events: new EventLog({ now: () => START_MS }),
    log,
    program: join(packageRoot, 'test', 'helpers', 'programs', 'history-thread.mjs'),
  });
  return { past, log };
}

describe('the past', () => {
  it('is asked one question at a time: a crowd that asks costs no sample, and is refused in part', async () => {
    using folder = new HistoryFolder();
    const { past, log } = pastIn(folder);
    await past.start();
    past.add(testPoint(0), undefined);
    const asked = Array.from({ length: 500 }, (_, index) => past.history({ ...QUERY, toMs: QUERY.toMs + index }));
    // Nearly as many as may be under way before they are left out.
    for (let seq = 1; seq <= 100; seq += 1) past.add(testPoint(seq), undefined);
    const settled = await Promise.allSettled(asked);
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toHaveLength(435);
    expect(refused[0]).toMatchObject({ code: 'WORK_EXHAUSTED' });
    expect((await past.history(QUERY)).timesMs).toHaveLength(101);
    await past.stop();
    expect(log.lines).toEqual([]);
  }, 30_000);

  it('is worked out once for those who ask the same, and for nobody who has left', async () => {
    using folder = new HistoryFolder();
    const { past } = pastIn(folder);
    await past.start();
    past.add(testPoint(0), undefined);
    const [one, other] = await Promise.all([past.history(QUERY), past.history(QUERY)]);
    expect(one).toBe(other);
    const leaving = new AbortController();
    const left = past.history({ ...QUERY, points: 7 }, leaving.signal);
    leaving.abort(new Error('the caller left'));
    await expect(left).rejects.toThrow('the caller left');
    await past.stop();
  }, 30_000);
});
