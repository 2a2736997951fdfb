/** The agent gets no memory, no file descriptors, or no time. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import type { Rig } from './rig.js';

/** Beyond what the agent has open: enough for nothing, once connections have come. */
const DESCRIPTORS_LEFT = 4;
const CONNECTIONS = 64;

export const descriptors: Fault = {
  id: 'no-descriptors',
  what: 'the agent has no file descriptor left (RLIMIT_NOFILE), and connections wait for more',
  holds:
    'it answers who is connected, goes on when there are some again, and puts the knobs back when it ends without any',
  times: { short: 1, long: 20 },
  async run(rig, times) {
    for (let done = 0; done < times; done += 1) {
      await rig.tune('--no-probes');
      await rig.lives();
      const port = Number(new URL(rig.agent.url).port);
      let sockets = exhaust(rig, port);
      await sleep(3000);
      await rig.status();
      limit(rig, mostFiles(rig));
      leave(sockets);
      await rig.lives();
      await rig.until('it tunes', () => rig.hasMoved());
      sockets = exhaust(rig, port);
      await sleep(2000);
      await rig.end();
      leave(sockets);
      rig.checkGivenBack();
    }
    await rig.tune('--no-probes');
    await rig.finish();
    return '';
  },
};

function exhaust(rig: Rig, port: number): Socket[] {
  limit(rig, rig.highestFile() + 1 + DESCRIPTORS_LEFT);
  return Array.from({ length: CONNECTIONS }, () => connect(port, '127.0.0.1').on('error', () => undefined));
}

function leave(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

function limit({ agent }: Rig, files: number): void {
  execFileSync('prlimit', ['--pid', String(agent.pid), `--nofile=${files}:`]);
}

/** The hard limit, which nobody needs a right to go up to. */
function mostFiles({ agent }: Rig): number {
  const limits = readFileSync(`/proc/${agent.pid}/limits`, 'utf8');
  return Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1]);
}

/** Memory control of cgroup v2, else of v1. */
function makeGroup(): { readonly path: string; readonly limit: string } {
  const root = '/sys/fs/cgroup';
  const v2 = existsSync(join(root, 'cgroup.controllers'));
  const path = join(root, v2 ? '' : 'memory', `ksmpilot-faults-${process.pid}`);
  mkdirSync(path);
  return { path, limit: join(path, v2 ? 'memory.max' : 'memory.limit_in_bytes') };
}

/** For the agent and its bpftrace, whose compiler takes most of it. Bytes. */
const GROUP_MAX = 384 * 2 ** 20;

/** The agent is in the group from its first moment, and the first to be killed there. */
const IN_GROUP = 'echo 1000 >/proc/self/oom_score_adj; echo $$ >"$0/cgroup.procs"; exec "$@"';
/** Takes what there is. */
const HOG = 'echo $$ >"$1/cgroup.procs"; head -c 1024m /dev/zero | tail >/dev/null';

export const memoryLimit: Fault = {
  id: 'memory-limit',
  what: `the memory cgroup of agent and bpftrace allows ${GROUP_MAX / 2 ** 20} MiB, then another process in it takes all of them`,
  holds: 'the agent does with that much; killed by the kernel, it leaves a baseline, and the next start puts back',
  times: { short: 1, long: 20 },
  async run(rig, times) {
    const { path, limit: file } = makeGroup();
    try {
      await rig.relaunch(['sh', '-ec', IN_GROUP, path]);
      for (let done = 0; done < times; done += 1) {
        writeFileSync(file, String(GROUP_MAX));
        await rig.tune();
        await sleep(3000);
        await rig.lives();
        const { pid } = rig.agent;
        const hog = rig.hog(HOG, path);
        try {
          await rig.until('the kernel has killed the agent', () => isGone(pid), 30_000);
        } finally {
          hog();
        }
        rig.checkKnobs();
        await rig.until('no bpftrace is left', () => rig.cell.pids('bpftrace').length === 0);
        await rig.run('--no-probes', '--interval', '500');
        rig.checkGivenBack();
        await rig.end();
      }
      await rig.tune('--no-probes');
      await rig.finish();
    } finally {
      await rig.agent.end('SIGKILL');
      await rig.until('the group is empty', () => readFileSync(join(path, 'cgroup.procs'), 'utf8') === '');
      rmdirSync(path);
    }
    return '';
  },
};

/** A process that ended is a zombie until this one has looked. */
function isGone(pid: number): boolean {
  try {
    return /^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

const FROZEN_MS = 30_000;
const INTERVAL_MS = 500;

export const frozen: Fault = {
  id: 'frozen',
  what: `the agent is stopped for ${FROZEN_MS / 1000} s (SIGSTOP), and goes on (SIGCONT)`,
  holds: 'it goes on with one sample, not with all that it missed, and tunes as before',
  times: { short: 1, long: 5 },
  async run(rig, times) {
    await rig.tune();
    for (let done = 0; done < times; done += 1) {
      const before = await rig.lives();
      process.kill(rig.agent.pid, 'SIGSTOP');
      await sleep(FROZEN_MS);
      rig.checkKnobs();
      process.kill(rig.agent.pid, 'SIGCONT');
      const resumed = performance.now();
      const after = await rig.lives();
      const samples = (after.sample?.seq ?? 0) - (before.sample?.seq ?? 0);
      const due = (performance.now() - resumed) / INTERVAL_MS;
      if (samples > due + 4) throw new Error(`${samples} samples, where ${due} were due`);
    }
    await rig.finish();
    return '';
  },
};
