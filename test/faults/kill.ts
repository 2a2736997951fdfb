/** kill -9 at random moments, of the agent, of bpftrace and of the page's process. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../src/agent/paths.js';
import type { Fault } from './fault.js';

/** Longer than the history waits before it writes, src/agent/history-store/history-store.ts. */
const WRITTEN_MS = 11_000;

export const killAgent: Fault = {
  id: 'kill-agent',
  what: '`kill -9` of the agent at a random moment, starting, tuning or stopping',
  holds: 'what was moved is in the baseline; `ksmpilot restore` or the next start puts it back; no bpftrace is left',
  times: { short: 16, long: 160 },
  async run(rig, times, random) {
    const started = performance.now();
    await rig.tune();
    const tunedMs = performance.now() - started;
    await sleep(WRITTEN_MS);
    const { oldest_ms } = await rig.history();
    let moved = 0;
    for (let done = 0; done < times; done += 1) {
      if (done > 0) {
        // The banner may never come: that is the point.
        const starting = rig.run('--mode', 'auto', '--interval', '500').catch(() => undefined);
        await sleep(random() * 1.5 * tunedMs);
        if (random() < 0.2) {
          process.kill(rig.agent.pid, 'SIGTERM');
          await sleep(random() * 1000);
        }
        await rig.agent.end('SIGKILL');
        await starting;
      } else await rig.agent.end('SIGKILL');
      rig.checkKnobs();
      if (rig.hasMoved()) moved += 1;
      if (random() < 0.3) {
        rig.restore();
        rig.checkGivenBack();
      }
      await rig.until('no bpftrace is left', () => rig.cell.pids('bpftrace').length === 0);
    }
    await rig.tune('--no-probes');
    await rig.lives();
    const after = await rig.history();
    if (after.oldest_ms !== oldest_ms || after.problem !== '')
      throw new Error(
        `the history lost its beginning: ${String(oldest_ms)} -> ${String(after.oldest_ms)} ${after.problem}`,
      );
    await rig.finish();
    return `knobs were moved at ${moved} of ${times}`;
  },
};

export const killBpftrace: Fault = {
  id: 'kill-bpftrace',
  what: '`kill -9` of bpftrace at a random moment',
  holds: 'the agent samples and tunes on, and starts bpftrace again',
  // After each, the agent waits longer before it starts bpftrace again, up to a minute.
  times: { short: 4, long: 40 },
  async run(rig, times, random) {
    await rig.tune();
    let done = 0;
    const end = performance.now() + 60_000 * times;
    while (done < times) {
      const pids = rig.cell.pids('bpftrace');
      for (const pid of pids) kill(pid);
      done += pids.length > 0 ? 1 : 0;
      await rig.lives();
      if (performance.now() > end) throw new Error(`bpftrace came back ${done} times only`);
      await sleep(random() * (pids.length > 0 ? 3_000 : 300));
    }
    await rig.until('bpftrace is back', () => rig.cell.pids('bpftrace').length > 0, 90_000);
    await rig.finish();
    return '';
  },
};

/** May have ended by itself. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export const killWeb: Fault = {
  id: 'kill-web',
  what: '`kill -9` of `ksmpilot web` at a random moment, with readers on its page',
  holds: 'the agent closes what it left open, and the next one serves',
  times: { short: 10, long: 100 },
  async run(rig, times, random) {
    await rig.tune('--no-probes');
    const before = rig.openFiles();
    for (let done = 0; done < times; done += 1) {
      const web = spawn(
        process.execPath,
        [
          join(packageRoot, 'bin/ksmpilot'),
          'web',
          '--agent',
          `127.0.0.1:${rig.agent.grpcPort}`,
          '--http',
          '127.0.0.1:0',
        ],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
      const closed = once(web, 'close');
      let said = '';
      web.stderr.on('data', (chunk) => (said += String(chunk)));
      await rig.until('the page is served', () => /page\s+http\S+/.test(said) || web.exitCode !== null);
      const url = /page\s+(http:\/\/[^\s/]+)/.exec(said)?.[1];
      if (url === undefined) throw new Error(`no page: ${said}`);
      const readers = Array.from({ length: 3 }, () => get(`${url}/api/stream`, (answer) => answer.resume()));
      // Each ends with its server.
      for (const reader of readers) reader.on('error', () => undefined);
      const status = await fetch(`${url}/api/status`);
      if (status.status !== 200) throw new Error(`/api/status answers ${status.status}: ${await status.text()}`);
      await sleep(random() * 1000);
      web.kill('SIGKILL');
      await closed;
    }
    await rig.lives();
    await rig.until('the agent has closed their connections', () => rig.openFiles() <= before + 2);
    await rig.finish();
    return '';
  },
};
