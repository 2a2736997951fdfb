import { InvalidArgumentError, Option, type Command } from 'commander';
import { writeFileAtomic } from '../agent/atomic-file.js';
import { validateConfig } from '../agent/config.js';
import { errnoOf, KsmpilotError } from '../agent/errors.js';
import { AgentClient } from './client.js';
import { addAgentOptions, chooseTarget, isLocal, namesAgent, type AgentFlags } from './connection.js';
import { paintFor } from './format-colour.js';
import { processIo, type Io } from './io.js';
import { collectReport } from './report/collect.js';
import { documentOf } from './report/document.js';
import { pastOf, presentOf } from './report/from-agent.js';
import { openHistoryFile, usualHistoryFile } from './report/from-file.js';
import type { ReportGuest, ReportHost } from './report/past.js';
import { htmlOf } from './report/render-html.js';
import { jsonOf } from './report/render-json.js';
import { markdownOf } from './report/render-markdown.js';
import { textOf } from './report/render-text.js';
import type { Price, Report } from './report/report.js';
import { readHugePages, readPromisedBytes } from './report/this-host.js';

const FORMATS = ['text', 'md', 'html', 'json'] as const;

interface ReportFlags extends AgentFlags {
  /** Milliseconds ago, or since the epoch. */
  readonly since: Moment;
  readonly until?: Moment;
  readonly format: (typeof FORMATS)[number];
  readonly guest?: string;
  readonly price?: number;
  readonly file?: string;
  readonly output?: string;
}

type Moment = { readonly agoMs: number } | { readonly atMs: number };

const UNIT_SEC: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };

const HELP = `
Without an agent the report is made of its history file, which is only read.

Examples:
  ksmpilot report                                 the last week
  ksmpilot report --since 30d --format html --output ksm.html
  ksmpilot report --since 2026-11-01 --until 2026-12-01 --format md
  ksmpilot report --guest web-1 --since 24h
  ksmpilot report --price 4                       as if 4 GiB were worth a core
  ksmpilot report --format json | jq .worth.net_core_hours`;

export function registerReport(program: Command, io: Io = processIo): void {
  addAgentOptions(program.command('report'))
    .description('what merging saved, cost and was worth over a time, guest by guest, and what to do about it')
    .addOption(
      new Option('--since <when>', 'how far back, such as 24h, 7d, 1y, or a date (UTC)')
        .argParser(readMoment)
        .default(readMoment('7d'), '7d'),
    )
    .option('--until <when>', 'where it ends, likewise (default: now)', readMoment)
    .addOption(new Option('--format <format>', 'how it is written').choices([...FORMATS]).default('text'))
    .option('--guest <name>', 'of this guest alone: name, id or identity')
    .option('--price <gib>', 'GiB of memory that are worth a core (default: as the agent is set)', readPrice)
    .option('--file <path>', 'of this history file in place of an agent')
    .option('--output <file>', 'write it there in place of stdout')
    .addHelpText('after', HELP)
    .action(async (flags: ReportFlags) => {
      const report = await makeReport(flags, io);
      write(render(report, flags.format, io, flags.output === undefined), flags.output, io);
    });
}

async function makeReport(flags: ReportFlags, io: Io): Promise<Report> {
  if (flags.file !== undefined) return fromFile(flags.file, flags, null);
  const agent = new AgentClient(flags);
  try {
    return await fromAgent(agent, flags);
  } catch (error) {
    const isAway = error instanceof KsmpilotError && error.code === 'AGENT_UNREACHABLE';
    if (!isAway || namesAgent(flags)) throw error;
    const path = usualHistoryFile(flags.stateDir);
    const report = await fromFile(path, flags, readHugePages()).catch(() => {
      throw error;
    });
    io.stderr.write(`Note: no agent answers at ${agent.target}; this is made of ${path}.\n`);
    return report;
  } finally {
    agent.close();
  }
}

async function fromAgent(agent: AgentClient, flags: ReportFlags): Promise<Report> {
  const madeMs = Date.now();
  const local = isLocal(chooseTarget(flags)) ? { hugePages: readHugePages(), promised: readPromisedBytes } : null;
  const { host, guests, gibPerCore } = await presentOf(agent, local);
  return collectReport(pastOf(agent), {
    madeMs,
    ...spanOf(flags, madeMs),
    price: priceOf(flags, gibPerCore),
    guest: flags.guest === undefined ? null : guestNamed(guests, flags.guest),
    source: `the agent at ${agent.target}`,
    host,
    guests,
    hasPastGuests: false,
  });
}

async function fromFile(path: string, flags: ReportFlags, hugePages: string | null): Promise<Report> {
  const file = await openHistoryFile(path);
  try {
    const madeMs = Date.now();
    const span = spanOf(flags, madeMs);
    const guests = file.guestsSince(span.fromMs);
    return await collectReport(file.past, {
      madeMs,
      ...span,
      price: priceOf(flags, null),
      guest: flags.guest === undefined ? null : guestNamed(guests, flags.guest),
      source: path,
      host: { ...NOBODY, hugePages },
      guests,
      hasPastGuests: true,
    });
  } finally {
    file.close();
  }
}

const NOBODY: ReportHost = {
  hostname: null,
  kernel: null,
  memTotalBytes: null,
  memAvailableBytes: null,
  residentBytes: null,
  mode: null,
  run: null,
  rivals: [],
  problems: [],
  agentStartedMs: null,
  agentCpuSec: null,
  probeCores: null,
  hugePages: null,
};

function render(report: Report, format: ReportFlags['format'], io: Io, toTerminal: boolean): string {
  switch (format) {
    case 'text':
      return textOf(
        documentOf(report),
        toTerminal ? paintFor(io) : paintFor({ ...io, stdout: { write: () => undefined } }),
      );
    case 'md':
      return markdownOf(documentOf(report));
    case 'html':
      return htmlOf(documentOf(report));
    case 'json':
      return `${JSON.stringify(jsonOf(report), null, 2)}\n`;
  }
}

function write(text: string, output: string | undefined, io: Io): void {
  if (output === undefined) {
    io.stdout.write(text);
    return;
  }
  try {
    writeFileAtomic(output, text);
  } catch (cause) {
    throw new KsmpilotError('CONFIG_INVALID', `writing ${output} failed with ${errnoOf(cause) ?? String(cause)}.`, {
      hint: 'Give --output a file in a folder that you may write to.',
      cause,
    });
  }
}

/** Of a guest that is known by any of its names; else the text itself, for one that was. */
function guestNamed(
  guests: readonly ReportGuest[],
  text: string,
): { readonly identity: string; readonly name: string } {
  const exact = guests.filter(({ identity }) => identity === text || identity.endsWith(`/${text}`));
  const named = exact.length > 0 ? exact : guests.filter(({ name }) => name === text);
  const identities = [...new Set(named.map(({ identity }) => identity))];
  if (identities.length > 1) {
    throw new KsmpilotError('GUEST_AMBIGUOUS', `${identities.length} guests are called "${text}"`, {
      hint: `Name one of ${identities.join(', ')}.`,
    });
  }
  return { identity: identities[0] ?? text, name: named[0]?.name ?? text };
}

function spanOf({ since, until }: ReportFlags, nowMs: number): { fromMs: number; toMs: number } {
  const toMs = until === undefined ? nowMs : Math.min(nowMs, msOf(until, nowMs));
  const fromMs = msOf(since, nowMs);
  if (fromMs < toMs) return { fromMs, toMs };
  throw new KsmpilotError('CONFIG_INVALID', '--since must be before --until, and before now.', {
    hint: 'Such as --since 14d --until 7d for the week before the last.',
  });
}

function msOf(moment: Moment, nowMs: number): number {
  return 'atMs' in moment ? moment.atMs : Math.max(1, nowMs - moment.agoMs);
}

function priceOf({ price }: ReportFlags, ofAgent: number | null): Price {
  if (price !== undefined) return { gibPerCore: price, from: 'option' };
  if (ofAgent !== null) return { gibPerCore: ofAgent, from: 'agent' };
  return { gibPerCore: validateConfig({}, 'the defaults').tuner.gibPerCore, from: 'default' };
}

function readMoment(text: string): Moment {
  const [, figure, unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)([smhdwy])$/.exec(text) ?? [];
  const seconds = Number(figure) * (UNIT_SEC[unit] ?? 0);
  if (seconds > 0) return { agoMs: Math.round(seconds * 1000) };
  // Without a zone a date with a time would be local, and one without be UTC.
  const zoned = /^\d{4}-\d\d-\d\dT[\d:.]+$/.test(text) ? `${text}Z` : text;
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(zoned) : Number.NaN;
  if (atMs > 0) return { atMs };
  throw new InvalidArgumentError(
    'It must be a span such as 24h or 7d, or a date such as 2026-11-01 or 2026-11-01T12:00.',
  );
}

function readPrice(text: string): number {
  const price = Number(text);
  if (!/^[\d.]+$/.test(text) || !(price >= 0.1 && price <= 1024)) {
    throw new InvalidArgumentError('It must be a number of GiB from 0.1 to 1024.');
  }
  return price;
}
