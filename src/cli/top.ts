import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { formatError } from '../agent/errors.js';
import { AgentClient } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { paintFor } from './format-colour.js';
import { processJson, statusJson } from './format-json.js';
import type { SortKey } from './format-ps.js';
import { topLines, type TopData } from './format-top.js';
import { processIo, type Io } from './io.js';
import { addSortOption } from './ps.js';
import { Screen } from './terminal.js';

/** As the agent's default sampling interval: a faster one would show the same figures again. */
const REFRESH_MS = 1000;

interface TopFlags extends AgentFlags {
  readonly json?: boolean;
  readonly once?: boolean;
  readonly sort: SortKey;
}

const SORT_BY_KEY: Readonly<Record<string, SortKey>> = { s: 'saved', p: 'profit', m: 'merges', b: 'breaks' };
const FOOTER = 'q ends; sort by s saved, p profit, m merges, b breaks';

export function registerTop(program: Command, io: Io = processIo): void {
  addSortOption(addAgentOptions(program.command('top')))
    .description('a live table of what each process saves, merges and breaks; q or Ctrl-C ends it')
    .option('--once', 'print it once')
    .option('--json', 'one JSON object a line, one line a second')
    .action(async (flags: TopFlags) => {
      const agent = new AgentClient(flags);
      try {
        // The first look is outside of the loop: without an agent, top ends with the reason.
        const first = await look(agent);
        if (flags.once === true) print(first, flags, io);
        else if (io.stdout.isTTY === true && flags.json !== true) await showLive(agent, first, flags, io);
        else await printLive(agent, first, flags, io);
      } finally {
        agent.close();
      }
    });
}

async function look(agent: AgentClient): Promise<TopData> {
  const [status, host, { processes }] = await Promise.all([agent.status(), agent.host(), agent.processes()]);
  return { status, host, processes };
}

function print(data: TopData, { json, sort }: TopFlags, io: Io): void {
  const text =
    json === true
      ? JSON.stringify({ ...statusJson(data.status, data.host), processes: data.processes.map(processJson) })
      : `${topLines(data, { sort, paint: paintFor(io) }).join('\n')}\n`;
  io.stdout.write(`${text}\n`);
}

/** For a pipe or a file: a table a second until a signal; an agent that goes away ends it. */
async function printLive(agent: AgentClient, first: TopData, flags: TopFlags, io: Io): Promise<void> {
  const ended = new AbortController();
  const release = onEndSignal(() => ended.abort());
  try {
    print(first, flags, io);
    while (await pause(ended.signal)) print(await look(agent), flags, io);
  } finally {
    release();
  }
}

/** For a terminal: redraws in place; goes on showing the last figures while the agent is away, and says so. */
async function showLive(agent: AgentClient, first: TopData, flags: TopFlags, io: Io): Promise<void> {
  const ended = new AbortController();
  let { sort } = flags;
  let data = first;
  let problem: string | undefined;
  const paint = paintFor(io);
  const draw = (): void => screen.draw(topLines(data, { sort, paint, problem, footer: FOOTER }));
  const screen = new Screen(io, (key) => {
    if (key === 'q') ended.abort();
    sort = SORT_BY_KEY[key] ?? sort;
    draw();
  });
  const release = onEndSignal(() => ended.abort());
  screen.open();
  try {
    draw();
    while (await pause(ended.signal)) {
      try {
        data = await look(agent);
        problem = undefined;
      } catch (error) {
        problem = formatError(error);
      }
      if (!ended.signal.aborted) draw();
    }
  } finally {
    screen.close();
    release();
  }
}

/** @returns Whether to go on. */
async function pause(signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(REFRESH_MS, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

/** @returns Takes the handlers away again. */
function onEndSignal(end: () => void): () => void {
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  return () => {
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
  };
}
