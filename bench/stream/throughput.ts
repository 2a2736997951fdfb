/** Events and samples a second over the real services, to readers in another process. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EventLog } from '../../src/agent/event-log.js';
import type { Point } from '../../src/agent/model/derived.js';
import type { AgentEvent } from '../../src/agent/model/event.js';
import { RpcServer } from '../../src/agent/rpc/server.js';
import { RecordingLog, TestAgent, testPoint, testRow } from '../../test/helpers/agent-port.js';
import { TOKEN } from '../../test/helpers/rpc.js';
import { nextLineOf } from '../lines.js';
import type { ReaderCounts, ReaderPlan } from './readers.js';

const READER = fileURLToPath(new URL('reader.mjs', import.meta.url));

/** More are made while fewer than this wait for all readers: with AT_ONCE below what is kept for each, so nothing is lost. */
const ROOM = { events: 500, samples: 60 } as const;
/** Made in one turn of the loop. */
const AT_ONCE = { events: 500, samples: 1 } as const;

export interface Load {
  readonly name: string;
  readonly what: 'events' | 'samples';
  readonly readers: number;
  readonly maxBatch: number;
  /** Rows of each sample. */
  readonly processes: number;
}

export interface Throughput extends Load {
  readonly seconds: number;
  /** To all readers together, a second. */
  readonly perSec: number;
  readonly perReaderPerSec: number;
  readonly framesPerSec: number;
  readonly rowsPerSec: number;
  readonly lost: number;
  /** CPU microseconds for each item that a reader got: of the agent's side, and of the readers'. */
  readonly serverUs: number;
  readonly readerUs: number;
}

/** An agent of events that are made here; numbered, dated, kept and told as the real one does it. */
class Source extends TestAgent {
  readonly log = new EventLog({ now: Date.now });
  #seq = 0;

  override eventsSince(sinceMs: number): readonly AgentEvent[] {
    return this.log.since(sinceMs);
  }
  override onEvent(listener: (event: AgentEvent) => void): () => void {
    return this.log.listen(listener);
  }

  make({ what, processes }: Load): void {
    if (what === 'events') {
      this.log.add({ kind: 'entered', pid: 1000 + (this.#seq++ % 30_000), comm: 'qemu-system-x86' });
      return;
    }
    const point = pointOf(this.#seq++, processes);
    for (const listener of this.pointListeners) listener(point);
  }
}

/** Sends for so many seconds what the readers take, as fast as they do. */
export async function measureThroughput(load: Load, seconds: number): Promise<Throughput> {
  const agent = new Source();
  const server = new RpcServer({
    port: agent,
    token: TOKEN,
    address: '127.0.0.1:0',
    log: new RecordingLog(),
    limits: { streams: load.readers },
  });
  const { address } = await server.start();
  try {
    const plan: ReaderPlan = { address, ...load, withProcesses: load.processes > 0 };
    const child = spawn(process.execPath, [READER, JSON.stringify(plan)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const next = nextLineOf(child.stdout, 'the process of the readers');
    await next();
    const before = process.cpuUsage();
    const took = await send(load, agent, server, seconds);
    const { user, system } = process.cpuUsage(before);
    const lost = server.streamStats.dropped;
    child.stdin.end();
    const counts = JSON.parse(await next()) as ReaderCounts;
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    return {
      ...load,
      seconds: took,
      perSec: counts.items / took,
      perReaderPerSec: counts.items / took / load.readers,
      framesPerSec: counts.frames / took,
      rowsPerSec: counts.rows / took,
      lost: Math.max(lost, counts.missing, counts.dropped),
      serverUs: (user + system) / counts.items,
      readerUs: (counts.cpuSec * 1e6) / counts.items,
    };
  } finally {
    await server.stop();
  }
}

/** @returns seconds until all was taken */
async function send(load: Load, agent: Source, server: RpcServer, seconds: number): Promise<number> {
  const began = performance.now();
  const room = ROOM[load.what];
  while (performance.now() - began < seconds * 1000) {
    if (server.streamStats.queued <= room) {
      for (let made = 0; made < AT_ONCE[load.what]; made++) agent.make(load);
    }
    await turn();
  }
  while (server.streamStats.queued > 0) await turn();
  // The last frames are on their way.
  await new Promise((resolve) => setTimeout(resolve, 100));
  return (performance.now() - began) / 1000;
}

function pointOf(seq: number, processes: number): Point {
  const rows = Array.from({ length: processes }, (_, index) =>
    testRow({
      pid: 1000 + index,
      comm: 'qemu-system-x86',
      savedBytes: seq * 4096,
      mergingPages: seq,
      rmapItems: 65_536,
      mergesTotal: seq,
      cowBreaksTotal: seq,
    }),
  );
  return testPoint(seq, { timeMs: Date.now(), savedBytes: seq * 4096, cowBreaksTotal: seq, processes: rows });
}
