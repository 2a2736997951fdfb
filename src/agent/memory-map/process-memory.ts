import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, KsmpilotError } from '../errors.js';
import { readRecord } from '../kernel/file.js';
import { parsePidStat, pidDir, type PidStat } from '../kernel/pid.js';
import { parseAreas, type Area } from './areas.js';
import { PAGEMAP_BYTES } from './pagemap.js';

/** One process's memory as its readers need it; tests make their own. */
export interface ProcessMemory {
  readonly pid: number;
  readonly comm: string;
  /** The mappings now; none for a kernel thread, a zombie, or a process that has ended. */
  areas(): Iterable<Area>;
  /**
   * Words of the pagemap from a page on, two per page (see pagemap.ts).
   *
   * @returns how many pages were read, fewer than asked for where the address space ends; 0 once the process has ended
   */
  pagemap(firstPage: number, words: Uint32Array): number;
  /**
   * Copies contents from a page on until `into` is full or a page cannot be read.
   *
   * @returns bytes copied, a multiple of the page size
   */
  content(firstPage: number, into: Uint8Array): number;
  /** Has the process ended, or run another program, since it was opened? */
  ended(): boolean;
  close(): void;
}

/** A read of a mapping that has gone (EIO), or of a process that has (ESRCH): no page, and no fault of the reader. */
const GONE: ReadonlySet<string | undefined> = new Set(['EIO', 'ESRCH', 'EFAULT', 'ENXIO', 'EINVAL']);

/**
 * Opens a process's memory for reading. The files opened stay with this very address space: they read as empty once it
 * has gone, whatever process gets the pid next.
 *
 * @param options.content false where only the pagemap is read: then no right to trace the process is needed
 * @throws KsmpilotError PROCESS_ABSENT, MEMORY_UNREADABLE
 */
export function openProcessMemory(
  pid: number,
  options: { readonly pageSize: number; readonly content?: boolean; readonly root?: string },
): ProcessMemory {
  const { pageSize, content: wantsContent = true, root = '/' } = options;
  const dir = pidDir(root, pid);
  const stat = identify(dir);
  if (stat === undefined) throw absent(pid);
  if (stat.kernelThread || stat.state === 'Z') return withoutMemory(pid, stat.comm);
  const fds: number[] = [];
  const open = (name: string): number => {
    try {
      const fd = openSync(join(dir, name), 'r');
      fds.push(fd);
      return fd;
    } catch (error) {
      fds.forEach((fd) => closeSync(fd));
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') throw absent(pid);
      throw refused(join(dir, name), error);
    }
  };
  const pagemapFd = open('pagemap');
  const memFd = wantsContent ? open('mem') : undefined;
  return {
    pid,
    comm: stat.comm,
    areas: () => parseAreas(linesOf(join(dir, 'smaps')), pageSize, join(dir, 'smaps')),
    pagemap: (firstPage, words) => {
      const bytes = readAt(pagemapFd, words, BigInt(firstPage) * BigInt(PAGEMAP_BYTES));
      return Math.floor(bytes / PAGEMAP_BYTES);
    },
    content: (firstPage, into) => {
      if (memFd === undefined) throw new Error('opened without contents');
      const bytes = readAt(memFd, into, BigInt(firstPage) * BigInt(pageSize));
      return bytes - (bytes % pageSize);
    },
    // Another program has another address space, and the pagemap of this one is empty then, at every address.
    ended: () =>
      identify(dir)?.startTicks !== stat.startTicks || readAt(pagemapFd, new Uint8Array(PAGEMAP_BYTES), 0n) === 0,
    close: () => fds.splice(0).forEach((fd) => closeSync(fd)),
  };
}

function identify(dir: string): PidStat | undefined {
  const path = join(dir, 'stat');
  const text = readRecord(path);
  return text === undefined ? undefined : parsePidStat(text, path);
}

/** Kernel threads, and processes that have ended and wait for their parent: their files cannot be opened (ESRCH). */
function withoutMemory(pid: number, comm: string): ProcessMemory {
  return { pid, comm, areas: () => [], pagemap: () => 0, content: () => 0, ended: () => false, close: () => undefined };
}

/** Bytes read; fewer than asked for where what was there has gone. */
function readAt(fd: number, into: NodeJS.ArrayBufferView, position: bigint): number {
  let done = 0;
  while (done < into.byteLength) {
    try {
      const bytes = readSync(fd, into, done, into.byteLength - done, position + BigInt(done));
      if (bytes === 0) break;
      done += bytes;
    } catch (error) {
      if (GONE.has(errnoOf(error))) break;
      throw error;
    }
  }
  return done;
}

/**
 * The lines of a file of any length, a piece at a time: smaps of a process with 65,530 mappings has 45 MB. Nothing for a
 * process that has ended.
 */
function* linesOf(path: string): Generator<string> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') return;
    throw refused(path, error);
  }
  try {
    const buffer = Buffer.allocUnsafe(64 * 1024);
    let rest = '';
    for (;;) {
      let bytes: number;
      try {
        bytes = readSync(fd, buffer, 0, buffer.length, null);
      } catch (error) {
        if (errnoOf(error) === 'ESRCH') return;
        throw refused(path, error);
      }
      if (bytes === 0) break;
      // Names may hold any byte and are shown only; latin1 never splits one.
      const lines = (rest + buffer.toString('latin1', 0, bytes)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(fd);
  }
}

function absent(pid: number): KsmpilotError {
  return new KsmpilotError('PROCESS_ABSENT', `there is no process ${pid}`, {
    hint: 'It may have ended; `ksmpilot ps` lists those with mergeable memory.',
  });
}

function refused(path: string, cause: unknown): KsmpilotError {
  return new KsmpilotError('MEMORY_UNREADABLE', `${path} cannot be read: ${errnoOf(cause) ?? String(cause)}`, {
    hint: "Run as root, with CAP_SYS_PTRACE and CAP_SYS_ADMIN in a container; /proc must be the host's.",
    cause,
  });
}
