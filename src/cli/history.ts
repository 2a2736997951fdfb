import { InvalidArgumentError, type Command } from 'commander';
import type { GetHistoryRequest } from '../../proto/generated/ksmpilot/v1/GetHistoryRequest.js';
import { KsmpilotError } from '../agent/errors.js';
import { type AgentClient, withAgent } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { printable } from './format.js';
import { paintFor } from './format-colour.js';
import { eventLines, fieldLines, historyJson, summaryLines } from './format-history.js';
import { decisionJson } from './format-json.js';
import { processIo, writeJson, type Io } from './io.js';

interface HistoryFlags extends AgentFlags {
  readonly since: number;
  readonly guest?: string;
  readonly points?: number;
  readonly events?: boolean;
  readonly json?: boolean;
}

/** Points of a summary's lines: a character each. */
const SPARKS = 40;
/** Rows of a field's table: a screen. */
const ROWS = 24;
/** Points of --json: as the agent itself chooses. */
const JSON_POINTS = 0;
const EVENTS = 40;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };

const HELP = `
Without a field: every field in a line. With one: what it was, point by point;
min and max are of the samples, also where a point stands for hours.
--points is about how many; the agent takes the next round resolution.

Examples:
  ksmpilot history                     the last hour at a glance
  ksmpilot history saved_bytes --since 7d
  ksmpilot history --guest web-1 --since 24h
  ksmpilot history --events --since 24h
  ksmpilot history ksmd_cpu_pct --since 1y --json`;

export function registerHistory(program: Command, io: Io = processIo): void {
  addAgentOptions(program.command('history'))
    .description('what this host, or one guest, saved and cost over the last hours to years')
    .argument('[field]', 'such as saved_bytes, ksmd_cpu_pct, cow_breaks_per_sec (default: all)')
    .option('--since <span>', 'how far back: 90s, 30m, 24h, 7d, 4w, 1y', readSpanSec, 3600)
    .option('--guest <name>', 'of this guest: name, id or identity (default: the host)')
    .option('--points <n>', 'about how many points, 2 to 5000', readPoints)
    .option('--events', 'what happened, decisions included, in place of figures')
    .option('--json', 'one JSON object; what is not known is null')
    .addHelpText('after', HELP)
    .action(async (field: string | undefined, flags: HistoryFlags) => {
      await withAgent(flags, (agent) =>
        flags.events === true ? showEvents(agent, flags, io) : show(agent, field, flags, io),
      );
    });
}

async function show(agent: AgentClient, field: string | undefined, flags: HistoryFlags, io: Io): Promise<void> {
  const guest = flags.guest === undefined ? '' : await identityOf(agent, flags.guest);
  const usual = flags.json === true ? JSON_POINTS : field === undefined ? SPARKS : ROWS;
  const request: GetHistoryRequest = {
    from_ms: Date.now() - flags.since * 1000,
    points: flags.points ?? usual,
    fields: field === undefined ? [] : [field],
    guest,
  };
  const history = await agent.history(request);
  const [column] = history.columns;
  if (field !== undefined && column === undefined) {
    const { columns } = await agent.history({ ...request, fields: [] });
    throw new KsmpilotError('REQUEST_INVALID', `no field "${field}" is kept`, {
      hint: `There are ${columns.map(({ name }) => name).join(', ')}.`,
    });
  }
  if (flags.json === true) {
    writeJson(io, historyJson(history));
    return;
  }
  if (history.time_ms.length === 0) io.stderr.write('Nothing is kept of that time.\n');
  else if (column !== undefined && field !== undefined) io.stdout.write(`${fieldLines(history, column).join('\n')}\n`);
  else io.stdout.write(`${summaryLines(history, paintFor(io)).join('\n')}\n`);
  if (history.problem !== '') io.stderr.write(`Note: ${printable(history.problem)}\n`);
}

async function showEvents(agent: AgentClient, flags: HistoryFlags, io: Io): Promise<void> {
  const { events, more } = await agent.pastEvents({
    from_ms: Date.now() - flags.since * 1000,
    limit: flags.points ?? EVENTS,
  });
  if (flags.json === true) {
    writeJson(io, {
      more,
      events: events.map(({ time_ms, kind, text, decision }) => ({
        time_ms,
        kind: kind.replace(/^EVENT_KIND_/, '').toLowerCase(),
        text,
        ...(decision === null ? {} : { decision: decisionJson(decision) }),
      })),
    });
    return;
  }
  if (events.length === 0) io.stderr.write('Nothing happened in that time.\n');
  else io.stdout.write(`${eventLines(events).join('\n')}\n`);
  if (more) io.stderr.write(`Note: there were more; these are the newest ${events.length} (--points).\n`);
}

/** Of a guest that is there by any of its names; else the text itself, for one that was. */
async function identityOf(agent: AgentClient, text: string): Promise<string> {
  const { guests } = await agent.guests();
  const exact = guests.filter(({ key, identity, id }) => [key, identity, id].includes(text));
  const named = exact.length > 0 ? exact : guests.filter(({ name }) => name === text);
  const identities = [...new Set(named.map(({ identity }) => identity))];
  if (identities.length > 1) {
    throw new KsmpilotError('GUEST_AMBIGUOUS', `${identities.length} guests are called "${text}"`, {
      hint: `Name one of ${identities.join(', ')}.`,
    });
  }
  return identities[0] ?? text;
}

function readSpanSec(text: string): number {
  const [, figure, unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)([smhdwy])$/.exec(text) ?? [];
  const seconds = Number(figure) * (UNITS[unit] ?? 0);
  if (!(seconds > 0)) throw new InvalidArgumentError('It must be a number with s, m, h, d, w or y, such as 24h.');
  return seconds;
}

function readPoints(text: string): number {
  const points = Number(text);
  if (!/^\d+$/.test(text) || points < 2 || points > 5000) {
    throw new InvalidArgumentError('It must be a whole number from 2 to 5000.');
  }
  return points;
}
