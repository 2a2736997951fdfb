import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DoJob } from '../../../../src/agent/jobs/job.js';
import { jobThreads } from '../../../../src/agent/jobs/thread.js';
import type { GuestIdentity } from '../../../../src/agent/model/guest.js';
import { DEFAULT_TUNER_SETTINGS } from '../../../../src/tuner/settings.js';
import { bundleProgram } from '../../../helpers/bundle.js';
import { copiedTree, put, temporaryFolder } from '../../../helpers/kernel-tree.js';

const NEVER = new AbortController().signal;

let doJob: DoJob;
beforeAll(async () => {
  doJob = jobThreads(await bundleProgram('src/agent/jobs/worker.ts'));
}, 60_000);

const guest: GuestIdentity = {
  ...{ kind: 'qemu', name: 'gone', id: 'gone', identity: 'qemu/gone', key: 'qemu/gone#1.1' },
  ...{ pids: [4_000_000], startTicks: 1, doubts: [] },
};

/** A host of files on which the agent would be root. */
function root(): string {
  const tree = copiedTree('6.18');
  put(tree, 'proc/kpageflags', '');
  return tree;
}

describe('a job in a thread of its own', () => {
  it('answers', async () => {
    const knobs = { run: 1, pages_to_scan: 100, sleep_millisecs: 20 };
    const samples = [0, 1, 2].map((atSec) => ({
      ...{ atSec, knobs, shared: 100, sharing: 900, unshared: 50, volatile: 0, zero: 0, offered: 1050, cpuShare: 0.01 },
      ...{ breaks: 0, merges: 0, brokenLifetimeSec: null },
    }));
    const history = { pageSize: 4096, memTotalBytes: 2 ** 30, smartScan: false, useZeroPages: false, samples };
    const question = { history, policies: ['off'], settings: DEFAULT_TUNER_SETTINGS, cold: false };
    const { rows } = await doJob('what-if', question, NEVER);
    expect(rows.map(({ policy }) => policy)).toEqual(['as recorded', 'off']);
  });

  it('fails with the error that it had there: code, message and hint', async () => {
    await expect(doJob('why', { guest, watchSeconds: 0, root: root() }, NEVER)).rejects.toMatchObject({
      name: 'KsmpilotError',
      code: expect.stringMatching(/^(PROCESS_ABSENT|NOT_ROOT)$/) as unknown,
      hint: expect.any(String) as unknown,
    });
  });

  it('is given up', async () => {
    const leaving = new AbortController();
    const answer = doJob(
      'why',
      { guest: { ...guest, pids: [process.pid] }, watchSeconds: 600, root: '/' },
      leaving.signal,
    );
    leaving.abort(new Error('left'));
    await expect(answer).rejects.toThrow('left');
  });

  it('is not begun where the program is not built', async () => {
    const missing = jobThreads(join(temporaryFolder(), 'worker.js'));
    await expect(missing('map', { guest, root: '/' }, NEVER)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
