/** How late a COW break is known: to a gRPC client, to a reader of the page's stream, and on the screen. */

import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { AgentProcess } from '../../test/helpers/agent-process.js';
import { launchBrowser, openPage } from '../../test/helpers/browser.js';
import { call, connect, until } from '../../test/helpers/rpc.js';
import { latenessOf, type Arrival, type Lateness } from './arrivals.js';
import { startBreaker } from './breaker.js';
import { drawnTimes, watchDrawing } from './drawing.js';

export interface Latency {
  readonly intervalMs: number;
  readonly seconds: number;
  readonly rows: readonly LatencyRow[];
}

export interface LatencyRow extends Lateness {
  readonly to: string;
}

/** The interval of the agent as it comes. */
const INTERVAL_MS = 1000;
/** Not a divisor of the interval: the breaks meet every moment of it. */
const PERIOD_MS = 9.7;
const PROBES_UP_MS = 60_000;
/** Until what was broken last is told and drawn. */
const TAIL_MS = 4_000;

export async function measureLatency(options: {
  readonly seconds: number;
  readonly browser: boolean;
}): Promise<Latency> {
  const { seconds } = options;
  await using breaker = await startBreaker(Math.floor((seconds * 1000) / PERIOD_MS), PERIOD_MS);
  await using agent = new AgentProcess();
  // Without --exact the probes of most kernels count in windows, and what they charge to a process comes late on purpose.
  await agent.start('--exact', '--log-level', 'warn');
  const client = connect(`127.0.0.1:${agent.grpcPort}`);
  using _client = { [Symbol.dispose]: () => client.close() };
  await probesRun(async () =>
    (await call<Host__Output>((done) => client.getHost({}, done))).probes.map(({ state }) => state),
  );

  const browser = options.browser ? await launchBrowser() : undefined;
  try {
    const page = browser === undefined ? undefined : (await openPage(browser, agent.url)).page;
    if (page !== undefined) await watchDrawing(page);
    const frames: { readonly atMs: number; readonly frame: SampleFrame__Output }[] = [];
    const stream = client.streamSamples({});
    stream.on('error', () => undefined);
    stream.on('data', (frame: SampleFrame__Output) => frames.push({ atMs: nowMs(), frame }));
    using web = readWeb(new URL('/api/stream', agent.url).href);
    // A moment without breaks, for the totals before.
    await until(
      () => frames.length >= 3,
      'samples',
      () => '',
      20_000,
    );
    const [before] = frames.slice(-1);
    const times = await breaker.run();
    await sleep(TAIL_MS);
    stream.cancel();

    const totals = frames.map(({ atMs, frame }) => ({ atMs, total: frame.cow_breaks_total ?? 0 }));
    const told = frames.map(({ atMs, frame }) => ({ atMs, total: frame.cow_breaks_attributed_total ?? 0 }));
    const base = before?.frame.cow_breaks_total ?? 0;
    const row = (to: string, arrivals: readonly Arrival[], from = base): LatencyRow => ({
      to,
      ...latenessOf(times, arrivals, from),
    });
    const rows = [
      row('gRPC client, as counted by the kernel', totals),
      row('gRPC client, charged to its process by the probes', told, before?.frame.cow_breaks_attributed_total ?? 0),
      row("reader of the page's stream", web.arrivals),
    ];
    if (page !== undefined) {
      const drawn = await drawnTimes(page);
      const arrivals = frames.flatMap(({ frame }) => {
        const atMs = drawn.get(frame.time_ms);
        return atMs === undefined ? [] : [{ atMs, total: frame.cow_breaks_total ?? 0 }];
      });
      rows.push(row('drawn by the browser', arrivals));
    }
    return { intervalMs: INTERVAL_MS, seconds, rows };
  } finally {
    await browser?.close();
  }
}

async function probesRun(states: () => Promise<readonly string[]>): Promise<void> {
  const deadline = performance.now() + PROBES_UP_MS;
  for (;;) {
    const seen = await states();
    if (seen.includes('running') && !seen.includes('starting')) return;
    if (performance.now() > deadline) throw new Error(`no probe runs: ${seen.join(', ')}`);
    await sleep(500);
  }
}

/** With the fraction of a millisecond. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** The stream of the gateway, as a page reads it. */
function readWeb(url: string): Disposable & { readonly arrivals: readonly Arrival[] } {
  const arrivals: Arrival[] = [];
  const asked = request(url, (res) => {
    let text = '';
    res.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^event: sample\n(?:id: .*\n)?data: (.*)$/m.exec(event)?.[1];
        if (data === undefined) continue;
        const { cow_breaks_total } = JSON.parse(data) as { cow_breaks_total?: number | null };
        arrivals.push({ atMs: nowMs(), total: cow_breaks_total ?? 0 });
      }
    });
  });
  asked.on('error', () => undefined).end();
  return { arrivals, [Symbol.dispose]: () => asked.destroy() };
}
