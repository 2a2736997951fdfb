import { InvalidArgumentError, type Command } from 'commander';
import { AgentClient } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { paintFor } from './format-colour.js';
import { guestsJson } from './format-guests.js';
import { processJson, statusJson } from './format-json.js';
import { SORT_NAMES, topLines, type TopData } from './format-top.js';
import { processIo, type Io } from './io.js';
import { onEndSignal, pause, showLive, showsUnicode } from './top-live.js';
import { TopTrack } from './top-past.js';
import { chooseGuests, FIRST_VIEW, isTopSortKey, type TopSortKey, type TopView } from './top-view.js';

interface TopFlags extends AgentFlags {
  readonly json?: boolean;
  readonly once?: boolean;
  readonly sort: TopSortKey;
  readonly reverse?: boolean;
  readonly filter?: string;
  readonly interval: number;
}

/** Of a pipe, whose reader has any width. */
const PIPE_COLUMNS = 120;

const HELP = `
Keys: s c b m w n sort by saved, cost, breaks, merges, worth, name; r reverses;
/ filters; arrows and page keys scroll; p holds the picture; ? help; q quits.
Into a pipe, or where TERM is dumb, it prints a table each time. --json has the
processes of each guest as well.`;

export function registerTop(program: Command, io: Io = processIo): void {
  addAgentOptions(program.command('top'))
    .description('a live picture of the host and of what each guest saves, costs and breaks; q or Ctrl-C ends it')
    .option('--once', 'print it once')
    .option('--json', 'one JSON object a line; what is not known is null')
    .option('--sort <key>', `by ${SORT_NAMES}`, readSortKey, 'saved')
    .option('--reverse', 'the other way round')
    .option('--filter <text>', 'guests with this in their name, kind or id')
    .option('--interval <seconds>', 'time between two looks, 0.2 to 3600', readIntervalSec, 1)
    .addHelpText('after', HELP)
    .action(async (flags: TopFlags) => {
      const agent = new AgentClient(flags);
      try {
        // The first look is outside of the loop: without an agent, top ends with the reason.
        const first = await look(agent);
        if (flags.once === true) await print(agent, first, flags, io);
        else if (isFullScreen(io) && flags.json !== true) await runLive(agent, first, flags, io);
        else await printLive(agent, first, flags, io);
      } finally {
        agent.close();
      }
    });
}

function isFullScreen({ stdout, env }: Io): boolean {
  return stdout.isTTY === true && env['TERM'] !== 'dumb';
}

async function look(agent: AgentClient): Promise<TopData> {
  const [status, host, guests] = await Promise.all([agent.status(), agent.host(), agent.guests()]);
  return { status, host, guests };
}

function viewOf({ sort, reverse = false, filter = '' }: TopFlags): TopView {
  return { ...FIRST_VIEW, sort, isReversed: reverse, filter };
}

async function print(agent: AgentClient, data: TopData, flags: TopFlags, io: Io): Promise<void> {
  const view = viewOf(flags);
  if (flags.json === true) {
    const { processes } = await agent.processes();
    const guests = guestsJson(chooseGuests(data.guests.guests, view), data.guests.rest);
    const all = { ...statusJson(data.status, data.host), guests, processes: processes.map(processJson) };
    io.stdout.write(`${JSON.stringify(all)}\n`);
    return;
  }
  const { lines } = topLines(data, view, {
    columns: io.stdout.columns ?? PIPE_COLUMNS,
    rows: Infinity,
    paint: paintFor(io),
    isUnicode: showsUnicode(io),
    past: undefined,
    isLive: false,
  });
  io.stdout.write(`${lines.join('\n')}\n`);
}

/** For a pipe or a file: a table each time until a signal; an agent that goes away ends it. */
async function printLive(agent: AgentClient, first: TopData, flags: TopFlags, io: Io): Promise<void> {
  const ended = new AbortController();
  const release = onEndSignal(() => ended.abort());
  try {
    await print(agent, first, flags, io);
    while (await pause(flags.interval * 1000, ended.signal)) await print(agent, await look(agent), flags, io);
  } finally {
    release();
  }
}

async function runLive(agent: AgentClient, first: TopData, flags: TopFlags, io: Io): Promise<void> {
  const track = new TopTrack();
  await track.fill(agent);
  track.add(first);
  await showLive({
    io,
    intervalMs: flags.interval * 1000,
    view: viewOf(flags),
    first,
    look: async () => {
      const data = await look(agent);
      track.add(data);
      return data;
    },
    past: () => track.past,
  });
}

function readSortKey(text: string): TopSortKey {
  if (!isTopSortKey(text)) throw new InvalidArgumentError(`Allowed are ${SORT_NAMES}.`);
  return text;
}

function readIntervalSec(text: string): number {
  const seconds = Number(text);
  if (!/^[\d.]+$/.test(text) || !(seconds >= 0.2 && seconds <= 3600)) {
    throw new InvalidArgumentError('It must be a number of seconds from 0.2 to 3600.');
  }
  return seconds;
}
