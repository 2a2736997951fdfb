/** The only file that starts bpftrace: as a supervised child whose lines are read as they come, or for one answer. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { KsmpilotError } from '../errors.js';
import { LineSplitter } from './lines.js';

export interface BpftraceExit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** The end of what it wrote to stderr, notices that mean nothing left out; or why it could not be started. */
  readonly stderr: string;
}

export interface BpftraceChild {
  readonly pid: number | undefined;
  /** Resolves, never rejects, once it has ended and all its lines were handed over. */
  readonly exited: Promise<BpftraceExit>;
  /** SIGTERM: bpftrace prints all maps and ends, in 0.2 to 0.9 s. SIGKILL three seconds later. */
  stop(): void;
  /**
   * SIGUSR1: bpftrace prints all its maps and goes on (since 0.16). Only once it has brought a frame: before it is ready
   * for the signal, it would die of it.
   */
  printMaps(): void;
}

export interface BpftraceLaunch {
  readonly path: string;
  /** Text of the program. */
  readonly program: string;
  /** Most keys a map may have. bpftrace 0.17 drops new keys beyond it without a word. */
  readonly mapKeys: number;
  readonly onLine: (line: string) => void;
  readonly onStderrLine: (line: string) => void;
}

/** A map of 16,384 processes is a line of half a megabyte. */
const MAX_LINE = 16 * 1024 * 1024;
const STDERR_LINES = 12;
const KILL_AFTER_MS = 3_000;
/** For answers such as `--version`. */
const ANSWER_TIMEOUT_MS = 20_000;

export function launchBpftrace(launch: BpftraceLaunch): BpftraceChild {
  // A file, because argv would put the whole program into everybody's `ps`; removed once bpftrace has read it.
  let folder: string;
  let file: string;
  try {
    folder = mkdtempSync(join(tmpdir(), 'ksmpilot-'));
    file = join(folder, 'program.bt');
    writeFileSync(file, launch.program);
  } catch (error) {
    return neverStarted(`cannot write the program to ${tmpdir()}: ${String(error)}`);
  }
  const child = execa(launch.path, ['-f', 'json', file], {
    buffer: false,
    // Its own process group: Ctrl-C in the terminal is for us, who then end it in good order. If we are killed, it ends
    // itself at its next writes to the closed pipe, within three seconds.
    detached: true,
    env: {
      LC_ALL: 'C',
      BPFTRACE_MAP_KEYS_MAX: String(launch.mapKeys), // up to 0.19
      BPFTRACE_MAX_MAP_KEYS: String(launch.mapKeys), // from 0.20
    },
    forceKillAfterDelay: KILL_AFTER_MS,
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
  });
  let removed = false;
  const removeProgram = (): void => {
    if (!removed) rmSync(folder, { recursive: true, force: true });
    removed = true;
  };
  const tail: string[] = [];
  const ended = [
    forwardLines(child.stdout, (line) => {
      removeProgram();
      launch.onLine(line);
    }),
    forwardLines(child.stderr, (line) => {
      launch.onStderrLine(line);
      if (isNotice(line)) return;
      tail.push(line.slice(0, 400));
      if (tail.length > STDERR_LINES) tail.shift();
    }),
  ];
  const exited = (async (): Promise<BpftraceExit> => {
    const result = await child;
    await Promise.all(ended);
    removeProgram();
    const why = tail.join('\n').trim();
    const spawnError = result.exitCode === undefined && result.signal === undefined;
    return {
      code: result.exitCode,
      signal: result.signal,
      stderr: spawnError ? (result as { originalMessage?: string }).originalMessage || 'could not be started' : why,
    };
  })();
  return {
    pid: child.pid,
    exited,
    stop: () => void child.kill('SIGTERM'),
    printMaps: () => void child.kill('SIGUSR1'),
  };
}

/** `0.17.0`. BPFTRACE_MISSING where there is no such program, BPFTRACE_FAILED where it does not answer. */
export async function bpftraceVersion(path: string): Promise<string> {
  const text = await answerOf(path, ['--version']);
  const version = /bpftrace v?(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
  if (version === undefined) {
    throw new KsmpilotError('BPFTRACE_FAILED', `${path} --version answered "${text.trim().slice(0, 80)}"`, {
      hint: 'install bpftrace 0.17 or newer, or set its path',
    });
  }
  return version;
}

/** The kernel's own declaration of `struct NAME` (from BTF), as bpftrace lists it; empty where there is none. */
export async function listStruct(path: string, name: string): Promise<string> {
  return answerOf(path, ['-lv', `struct ${name}`]);
}

async function answerOf(path: string, args: readonly string[]): Promise<string> {
  const result = await execa(path, args, { reject: false, stdin: 'ignore', timeout: ANSWER_TIMEOUT_MS });
  if (result.exitCode === 0) return result.stdout;
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw new KsmpilotError('BPFTRACE_MISSING', `${path} cannot be run (${result.code})`, {
      hint: 'install it, on Debian with: apt install bpftrace',
    });
  }
  const how = result.timedOut ? 'did not answer' : `ended with ${result.exitCode ?? result.signal ?? 'an error'}`;
  throw new KsmpilotError('BPFTRACE_FAILED', `${path} ${args.join(' ')} ${how}: ${result.stderr.slice(-200).trim()}`, {
    hint: 'run the command by hand to see what it lacks',
  });
}

async function forwardLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  const splitter = new LineSplitter(MAX_LINE);
  stream.setEncoding('utf8');
  try {
    for await (const chunk of stream) for (const line of splitter.push(String(chunk))) onLine(line);
  } catch {
    // The pipe broke: the exit says why.
  }
  for (const line of splitter.end()) onLine(line);
}

/** Said at every start without any consequence here. That a list cannot be read is one where it is an error. */
function isNotice(line: string): boolean {
  if (line.trim() === '' || /RLIMIT_MEMLOCK|Addrspace is not set|BPFTRACE_MAP_KEYS_MAX is deprecated/.test(line))
    return true;
  return line.includes('available_filter_functions') && !line.includes('ERROR');
}

function neverStarted(why: string): BpftraceChild {
  const exited = Promise.resolve({ code: undefined, signal: undefined, stderr: why });
  return { pid: undefined, exited, stop: () => undefined, printMaps: () => undefined };
}
