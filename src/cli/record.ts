import { open, type FileHandle } from 'node:fs/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { errnoOf, KsmpilotError } from '../agent/errors.js';
import { ksmpilotVersion } from '../agent/version.js';
import { withAgent, type AgentClient } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { formatDuration } from './format.js';
import { processIo, type Io } from './io.js';
import { headerLine, sampleLine } from './record-file.js';

interface RecordFlags extends AgentFlags {
  readonly seconds?: number;
  readonly lookBack: number;
}

/** As StreamSamples allows. */
const MAX_LOOK_BACK_SEC = 86_400;
const DEFAULT_LOOK_BACK_SEC = 3600;

/** Between two lines of progress. */
const PROGRESS_MS = 10_000;

/** Beyond the time asked for, for a last sample that is late. */
const GRACE_MS = 2500;

export function registerRecord(program: Command, io: Io = processIo): void {
  addAgentOptions(program.command('record'))
    .description("writes a host's history to a file for `ksmpilot simulate`: what the agent still has, then live")
    .argument('<file>', 'a new file; it holds figures and knobs of the host, and no process names')
    .option('--seconds <n>', 'end after so many seconds of live samples (default: at Ctrl-C)', seconds(0, 604_800))
    .option(
      '--look-back <n>',
      'seconds of history to begin with, as far as the agent has it',
      seconds(0, MAX_LOOK_BACK_SEC),
      DEFAULT_LOOK_BACK_SEC,
    )
    .action((file: string, flags: RecordFlags) => withAgent(flags, (agent) => record(agent, file, flags, io)));
}

async function record(agent: AgentClient, path: string, flags: RecordFlags, io: Io): Promise<void> {
  // Before the file is made: without an agent there is nothing to write.
  const host = await agent.host();
  const startedMs = Date.now();
  const file = await create(path);
  const ended = new AbortController();
  const end = (): void => ended.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const liveMs = flags.seconds === undefined ? undefined : flags.seconds * 1000;
  const timer = liveMs === undefined ? undefined : setTimeout(end, liveMs + GRACE_MS);
  const tally = new Tally(io, path);
  try {
    await write(file, path, headerLine(host, ksmpilotVersion, startedMs));
    for await (const frame of agent.samples({ lookBackSec: flags.lookBack, signal: ended.signal })) {
      await write(file, path, sampleLine(frame));
      tally.add(frame.time_ms, frame.dropped);
      if (liveMs !== undefined && frame.time_ms >= startedMs + liveMs) break;
    }
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
    await file.close();
    tally.end();
  }
}

/** Never over a file that is there. */
async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o644);
  } catch (error) {
    const there = errnoOf(error) === 'EEXIST';
    throw new KsmpilotError(
      'RECORD_UNWRITABLE',
      there ? `${path} is there already.` : `${path} cannot be made: ${errnoOf(error) ?? String(error)}.`,
      {
        hint: there ? 'Name another file, or remove it.' : 'Name a file in a folder that you may write to.',
        cause: error,
      },
    );
  }
}

async function write(file: FileHandle, path: string, line: string): Promise<void> {
  try {
    await file.write(`${line}\n`);
  } catch (error) {
    throw new KsmpilotError('RECORD_UNWRITABLE', `writing ${path} failed with ${errnoOf(error) ?? String(error)}.`, {
      hint: 'Make room there. What was written before is a record up to there.',
      cause: error,
    });
  }
}

/** What was recorded so far, told now and then. */
class Tally {
  private samples = 0;
  private dropped = 0;
  private firstMs: number | undefined;
  private lastMs = 0;
  private toldAt = performance.now();

  constructor(
    private readonly io: Io,
    private readonly path: string,
  ) {}

  add(timeMs: number, dropped: number): void {
    this.samples += 1;
    this.dropped = dropped;
    this.firstMs ??= timeMs;
    this.lastMs = timeMs;
    if (performance.now() - this.toldAt < PROGRESS_MS) return;
    this.toldAt = performance.now();
    this.io.stderr.write(`${this.text()}\n`);
  }

  end(): void {
    const lost = this.dropped > 0 ? `; ${this.dropped} were lost, as this reader was too slow` : '';
    this.io.stderr.write(`${this.text()} in ${this.path}${lost}\n`);
  }

  private text(): string {
    const span = formatDuration(this.lastMs - (this.firstMs ?? this.lastMs));
    return `${this.samples} ${this.samples === 1 ? 'sample' : 'samples'} over ${span}`;
  }
}

function seconds(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}
