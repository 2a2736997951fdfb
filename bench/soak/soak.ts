/** The agent and the page's process under churn, watched from outside. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { AgentProcess } from '../../test/helpers/agent-process.js';
import { connect } from '../../test/helpers/rpc.js';
import { writeKnobs } from '../../test/helpers/knobs.js';
import { startWeb } from '../footprint/programs.js';
import { usageBelow, usageOf } from '../footprint/usage.js';
import { churnGuests, churnReaders } from './churn.js';
import type { Look } from './verdict.js';

/** Time goes five times as fast: so often a sample is taken, and the rings are full after a minute. */
const INTERVAL_MS = 200;
const SETTINGS = { intervalMs: INTERVAL_MS, historySec: 60, history: { maxMb: 32 } };
const LOOK_MS = 1_000;
const HEAP = fileURLToPath(new URL('heap.cjs', import.meta.url));

export interface Soaked {
  readonly minutes: number;
  readonly looks: readonly Look[];
  readonly guests: number;
  readonly readers: number;
  /** Samples that should have come and did not. */
  readonly missed: number;
  readonly historyBytes: number;
}

/** The caller holds the KSM and puts the knobs back. */
export async function soak(minutes: number, tell: (text: string) => void): Promise<Soaked> {
  const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-soak-'));
  const heapFile = join(folder, 'heap');
  const settings = join(folder, 'settings.json');
  // JSON is YAML.
  writeFileSync(
    settings,
    JSON.stringify({ ...SETTINGS, history: { ...SETTINGS.history, dir: join(folder, 'history') } }),
  );
  const over = new AbortController();
  try {
    writeKnobs({ run: 1, pages_to_scan: 500, sleep_millisecs: 20 });
    await using agent = new AgentProcess(withHeap(heapFile));
    await agent.start('--config', settings, '--no-http', '--log-level', 'warn');
    const address = `127.0.0.1:${agent.grpcPort}`;
    await using web = await startWeb(address);
    using samples = watchSamples(address);
    const guests = churnGuests(over.signal);
    const readers = churnReaders(address, web.url, over.signal);
    const failed = Promise.all([guests, readers]).then(() => undefined);
    failed.catch(() => over.abort());

    const looks: Look[] = [];
    const began = performance.now();
    const sec = (): number => (performance.now() - began) / 1000;
    while (sec() < minutes * 60 && !over.signal.aborted) {
      process.kill(agent.pid, 'SIGUSR2');
      await sleep(LOOK_MS);
      looks.push(look(sec(), agent.pid, web.pid, heapOf(heapFile), samples));
      if (looks.length % 30 === 0) tell(`${sec().toFixed(0)} s: ${JSON.stringify(looks.at(-1))}`);
    }
    over.abort();
    const made = { guests: await guests, readers: await readers };
    return { minutes, looks, ...made, missed: samples.missed, historyBytes: sizeOf(join(folder, 'history')) };
  } finally {
    over.abort();
    rmSync(folder, { recursive: true, force: true });
  }
}

function withHeap(file: string): readonly string[] {
  return ['env', `KSMPILOT_SOAK_HEAP=${file}`, 'sh', '-c', `exec "$0" --expose-gc --require '${HEAP}' "$@"`];
}

function look(sec: number, agent: number, web: number, heapMib: number | undefined, samples: Samples): Look {
  const mib = (bytes: number): number => bytes / 2 ** 20;
  return {
    sec,
    heapMib,
    agentMib: mib(usageOf(agent).privateBytes),
    probesMib: mib(usageBelow(agent).privateBytes),
    webMib: mib(usageOf(web).privateBytes),
    agentFiles: readdirSync(`/proc/${agent}/fd`).length,
    webFiles: readdirSync(`/proc/${web}/fd`).length,
    agentThreads: readdirSync(`/proc/${agent}/task`).length,
    samples: samples.count,
    behindMs: samples.behindMs,
  };
}

function heapOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) / 2 ** 20;
  } catch {
    return undefined;
  }
}

interface Samples {
  readonly count: number;
  readonly missed: number;
  readonly behindMs: number;
}

/** Reads every sample: its number, and its time against that of the first and the interval. */
function watchSamples(address: string): Samples & Disposable {
  let [count, missed, behindMs] = [0, 0, 0];
  let first: SampleFrame__Output | undefined;
  let last: SampleFrame__Output | undefined;
  const client = connect(address);
  const stream = client.streamSamples({});
  stream.on('error', () => undefined);
  stream.on('data', (frame: SampleFrame__Output) => {
    first ??= frame;
    if (last !== undefined) missed += frame.seq - last.seq - 1;
    last = frame;
    count += 1;
    // On the grid of the interval: a sample that was left out on a busy host is counted below, not here.
    behindMs = (frame.time_ms - first.time_ms) % INTERVAL_MS;
    if (behindMs > INTERVAL_MS / 2) behindMs -= INTERVAL_MS;
  });
  return {
    get count() {
      return count;
    },
    get missed() {
      return missed;
    },
    get behindMs() {
      return behindMs;
    },
    [Symbol.dispose]: () => {
      stream.cancel();
      client.close();
    },
  };
}

function sizeOf(folder: string): number {
  try {
    return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  } catch {
    return 0;
  }
}
