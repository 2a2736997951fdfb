import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HistoryThread } from '../../../../src/agent/history-store/history-thread.js';
import { packageRoot } from '../../../../src/agent/paths.js';
import { RecordingLog, testGuest, testGuests, testPoint } from '../../../helpers/agent-port.js';
import { HISTORY, HistoryFolder } from '../../../helpers/history.js';
import { until } from '../../../helpers/rpc.js';

const PROGRAM = join(packageRoot, 'test', 'helpers', 'programs', 'history-thread.mjs');
/** testPoint's clock begins there. */
const START_MS = 1_700_000_000_000;
const QUERY = { fromMs: START_MS, toMs: START_MS + 1_000_000, points: 5000, fields: ['saved_bytes'], guest: '' };

class Log extends RecordingLog {
  debug(): void {}
}

function threadIn(
  folder: HistoryFolder,
  options: { enabled?: boolean; program?: string } = {},
): { thread: HistoryThread; log: Log } {
  const log = new Log();
  const { enabled = true, program = PROGRAM } = options;
  const thread = new HistoryThread({
    config: { history: { ...HISTORY, enabled, dir: folder.dir }, intervalMs: 1000 },
    log,
    program,
  });
  return { thread, log };
}

describe('the thread of the history', () => {
  it('keeps samples, guests and events, and tells them', async () => {
    using folder = new HistoryFolder();
    const { thread, log } = threadIn(folder);
    await thread.start();
    const guest = testGuest({ kind: 'libvirt', name: 'web', pids: [7], savedBytes: 8192, mergeableBytes: 4096 });
    for (let seq = 0; seq < 100; seq += 1) {
      const point = testPoint(seq, { savedBytes: seq * 4096 });
      thread.add(point, { ...testGuests([guest]), timeMs: point.sample.timeMs });
      thread.addEvent({ kind: 'mode', mode: 'advise', seq, timeMs: point.sample.timeMs, text: `event ${seq}` });
    }
    const host = await thread.history(QUERY);
    expect(host.columns[0]?.mean).toEqual(Array.from({ length: 100 }, (_, seq) => seq * 4096));
    const ofGuest = await thread.history({ ...QUERY, guest: guest.identity });
    expect(new Set(ofGuest.columns[0]?.mean)).toEqual(new Set([8192]));
    const { events, more } = await thread.events({ fromMs: 0, toMs: 0, kinds: ['mode'], limit: 10 });
    expect(events.map(({ text }) => text)).toEqual(Array.from({ length: 10 }, (_, index) => `event ${90 + index}`));
    expect(more).toBe(true);
    await expect(thread.history({ ...QUERY, guest: 'nobody' })).rejects.toMatchObject({ code: 'GUEST_ABSENT' });
    await thread.stop();
    expect(log.lines).toEqual([]);

    const again = threadIn(folder).thread;
    await again.start();
    again.add(testPoint(200), undefined);
    expect((await again.history(QUERY)).timesMs).toHaveLength(101);
    await again.stop();
  }, 30_000);

  it('is one for a folder: a second agent does without', async () => {
    using folder = new HistoryFolder();
    const first = threadIn(folder).thread;
    await first.start();
    const { thread, log } = threadIn(folder);
    await thread.start();
    expect(thread.problems).toMatchObject([{ code: 'HISTORY_TAKEN' }]);
    expect(log.lines).toHaveLength(1);
    thread.add(testPoint(1), undefined);
    await expect(thread.history(QUERY)).rejects.toMatchObject({ code: 'HISTORY_UNAVAILABLE' });
    await thread.stop();
    await first.stop();
    const third = threadIn(folder).thread;
    await third.start();
    expect(third.problems).toEqual([]);
    await third.stop();
  }, 30_000);

  it('is missed by nobody where it is off or not built', async () => {
    using folder = new HistoryFolder();
    const off = threadIn(folder, { enabled: false }).thread;
    await off.start();
    off.add(testPoint(1), undefined);
    expect(off.problems).toEqual([]);
    await expect(off.history(QUERY)).rejects.toMatchObject({ code: 'HISTORY_UNAVAILABLE', hint: /history\.enabled/ });
    await off.stop();
    const missing = threadIn(folder, { program: '/nowhere/worker.js' }).thread;
    await missing.start();
    expect(missing.problems).toMatchObject([{ code: 'HISTORY_UNAVAILABLE', cure: /npm run build/ }]);
    await expect(missing.history(QUERY)).rejects.toMatchObject({ code: 'HISTORY_UNAVAILABLE' });
    await missing.stop();
  });

  it('may hang or die: samples are left out, said once, and questions are refused', async () => {
    using folder = new HistoryFolder();
    const hanging = join(packageRoot, 'test', 'helpers', 'programs', 'history-hangs.mjs');
    const { thread, log } = threadIn(folder, { program: hanging });
    await thread.start();
    for (let seq = 0; seq < 500; seq += 1) thread.add(testPoint(seq), undefined);
    expect(log.lines.map(({ message }) => message)).toEqual(['the disk of the history hangs; samples are left out']);
    const answer = thread.history(QUERY);
    answer.catch(() => undefined);
    await until(() => thread.problems.length > 0, 'the thread to die');
    expect(thread.problems).toMatchObject([{ code: 'HISTORY_UNWRITABLE' }]);
    await expect(answer).rejects.toMatchObject({ code: 'HISTORY_UNAVAILABLE' });
    await thread.stop();
  }, 30_000);
});
