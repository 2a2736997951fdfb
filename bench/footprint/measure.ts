/** One row of the table: everything started, left to settle, and watched for a while. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { GuestList__Output } from '../../proto/generated/ksmpilot/v1/GuestList.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import { AgentProcess } from '../../test/helpers/agent-process.js';
import { call, connect, until } from '../../test/helpers/rpc.js';
import { startGuests } from './guests.js';
import { askEachSecond, readPage, startExporter, startWeb } from './programs.js';
import { hostBusySec, usageBelow, usageOf, type Usage } from './usage.js';

export interface Plan {
  readonly guests: number;
  /** Memory of each guest, KiB. */
  readonly kib: number;
  /** Of the window without a page, seconds. The others are shorter. */
  readonly seconds: number;
  /** Folder for CPU profiles of the agent. */
  readonly profileDir?: string | undefined;
}

export interface Cost {
  /** Per cent of one core. */
  readonly cpuPct: number;
  /** The most that was seen in the window, MiB. */
  readonly privateMib: number;
  /** Of it what the kernel cannot drop. */
  readonly dirtyMib: number;
  readonly pssMib: number;
}

export interface Window {
  readonly seconds: number;
  /** Everything that the host's CPUs did, per cent of one core. */
  readonly hostBusyPct: number;
  readonly agent?: Cost;
  /** bpftrace, that of the windows included. */
  readonly probes?: Cost;
  readonly web?: Cost;
  readonly exporter?: Cost;
}

export interface Row {
  readonly guests: number;
  /** As the agent counts them. */
  readonly guestsSeen: number;
  readonly nothing: Window;
  /** Agent, probes, the page's process with nobody looking; node_exporter scraped once a second. */
  readonly quiet: Window;
  /** The same with one page open. */
  readonly page: Window;
}

/** The registry names 25 new guests a second. */
const SETTLE_MS = 120_000;
/** bpftrace's start-up and V8's compiling of what runs often cost seconds of CPU, which is not what running costs. */
const CALM_MS = 60_000;
const MEMORY_EVERY_MS = 5_000;

export async function measureRow(
  { guests, kib, seconds, profileDir }: Plan,
  tell: (what: string) => void,
): Promise<Row> {
  tell(`${guests} guests: starting them`);
  await using _guests = await startGuests(guests, kib);
  await sleep(1000);
  const nothing = await watch(Math.min(8, seconds), {});
  await using agent = new AgentProcess(profileDir === undefined ? [] : profiled(profileDir));
  await agent.start('--no-http', '--log-level', 'warn');
  await using web = await startWeb(`127.0.0.1:${agent.grpcPort}`);
  await using exporter = await startExporter();
  using _scraped = exporter === undefined ? undefined : askEachSecond(`${exporter.url}/metrics`);
  tell(`${guests} guests: waiting until all are known`);
  const guestsSeen = await settled(agent.grpcPort, guests);
  await sleep(CALM_MS);
  tell(`${guests} guests: ${seconds} s`);
  const roots = {
    agent: () => usageOf(agent.pid),
    probes: () => usageBelow(agent.pid),
    web: () => usageOf(web.pid),
    ...(exporter && { exporter: () => usageOf(exporter.pid) }),
  };
  const quiet = await watch(seconds, roots);
  using reader = readPage(web.url);
  await sleep(2000);
  const page = await watch(Math.ceil(seconds / 3), roots);
  if (reader.events < 2) throw new Error('the page was told nothing');
  return { guests, guestsSeen, nothing, quiet, page };
}

/** The shell's $0 is node: it gets flags before the program's own words. */
function profiled(dir: string): readonly string[] {
  return ['sh', '-c', `exec "$0" --cpu-prof --cpu-prof-dir='${dir}' "$@"`];
}

/** Resolves to the number of guests once all are named and the probes run, or cannot run. */
async function settled(port: number, guests: number): Promise<number> {
  const client = connect(`127.0.0.1:${port}`);
  let seen = 0;
  let ready = false;
  const ask = async (): Promise<void> => {
    const list = await call<GuestList__Output>((done) => client.listGuests({}, done));
    const host = await call<Host__Output>((done) => client.getHost({}, done));
    seen = list.guests.length;
    const starting = host.probes.some(({ state }) => state === 'starting' || state === 'backoff');
    ready = seen >= guests && list.pending === 0 && !starting;
  };
  const timer = setInterval(() => void ask().catch(() => undefined), 500);
  try {
    await until(
      () => ready,
      `${guests} guests`,
      () => `${seen} are known`,
      SETTLE_MS,
    );
  } finally {
    clearInterval(timer);
    client.close();
  }
  return seen;
}

type Watched = Partial<Record<'agent' | 'probes' | 'web' | 'exporter', () => Usage>>;

async function watch(seconds: number, watched: Watched): Promise<Window> {
  const names = Object.keys(watched) as (keyof Watched)[];
  const look = (): Map<string, Usage> =>
    new Map(names.flatMap((name) => (watched[name] === undefined ? [] : [[name, watched[name]()]])));
  const began = performance.now();
  const before = look();
  const busyBefore = hostBusySec();
  const looks = [before];
  while (performance.now() - began < seconds * 1000) {
    await sleep(Math.min(MEMORY_EVERY_MS, Math.max(1, seconds * 1000 - (performance.now() - began))));
    looks.push(look());
  }
  const busyAfter = hostBusySec();
  const after = looks.at(-1) ?? before;
  const took = (performance.now() - began) / 1000;
  const costs = names.map((name) => {
    const cpuSec = (after.get(name)?.cpuSec ?? NaN) - (before.get(name)?.cpuSec ?? NaN);
    const most = (of: (usage: Usage) => number): number =>
      Math.max(...looks.map((one) => of(one.get(name) as Usage))) / 2 ** 20;
    const cost: Cost = {
      cpuPct: (100 * cpuSec) / took,
      privateMib: most(({ privateBytes }) => privateBytes),
      dirtyMib: most(({ dirtyBytes }) => dirtyBytes),
      pssMib: most(({ pssBytes }) => pssBytes),
    };
    return [name, cost] as const;
  });
  return {
    seconds: took,
    hostBusyPct: (100 * (busyAfter - busyBefore)) / took,
    ...Object.fromEntries(costs),
  };
}
