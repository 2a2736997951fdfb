/** From a path on a process's command line to a socket that may be connected to. */

import { closeSync, constants, lstatSync, openSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { errnoOf, KsmpilotError } from '../errors.js';
import { pidDir } from '../kernel/pid.js';

/** As the kernel (MAXSYMLINKS). */
const LINKS_MAX = 40;

/** A socket found and checked. `close` once connected. */
export interface SocketHandle {
  /** Short enough for any socket's address, and still the same file if a folder above is moved meanwhile. */
  readonly path: string;
  /** As the process calls it, printable by the caller. */
  readonly name: string;
  close(): void;
}

export interface SocketOwner {
  readonly pid: number;
  /** Effective user of the process. */
  readonly uid: number | undefined;
  readonly root?: string;
}

/**
 * Opens the way to a socket as the process itself sees it: in its mount namespace, with its root and its working folder.
 * Links are followed by hand, since the kernel would follow those of a container with the host's root.
 *
 * Only a socket that belongs to root or to the process's own user is given out: who else could have put one there would
 * be believed to be this guest.
 *
 * @throws KsmpilotError QMP_UNREACHABLE
 */
export function openSocketPath(path: string, { pid, uid, root = '/' }: SocketOwner): SocketHandle {
  const proc = pidDir(root, pid);
  const start = posix.isAbsolute(path) ? path : posix.join(folderOf(proc, path), path);
  const real = followed(`${proc}/root`, start, path);
  const file = `${proc}/root${real}`;
  let folder: number;
  let stats: Stats;
  try {
    folder = openSync(dirname(file), constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw refused(path, errnoOf(error) ?? String(error), error);
  }
  const short = `/proc/self/fd/${folder}/${posix.basename(real)}`;
  try {
    stats = lstatSync(short);
    if (!stats.isSocket()) throw refused(path, 'it is no socket');
    if (stats.uid !== 0 && stats.uid !== uid) {
      throw refused(path, `it belongs to uid ${stats.uid}, neither root nor the guest's user`);
    }
  } catch (error) {
    closeSync(folder);
    if (error instanceof KsmpilotError) throw error;
    throw refused(path, errnoOf(error) ?? String(error), error);
  }
  return {
    path: short,
    name: path,
    close: () => {
      closeSync(folder);
    },
  };
}

/** A relative path is to the folder in which QEMU was started, unless it has gone elsewhere since (-daemonize: /). */
function folderOf(proc: string, path: string): string {
  try {
    return readlinkSync(`${proc}/cwd`);
  } catch (error) {
    throw refused(path, errnoOf(error) ?? String(error), error);
  }
}

/** The path below the process's root with every link in it resolved, the last one included. */
function followed(processRoot: string, path: string, name: string): string {
  const left = path.split('/').filter((part) => part !== '' && part !== '.');
  let done = '/';
  let links = 0;
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    if (part === '..') {
      done = dirname(done);
      continue;
    }
    const next = join(done, part);
    const target = linkAt(`${processRoot}${next}`, name);
    if (target === undefined) {
      done = next;
      continue;
    }
    if (++links > LINKS_MAX) throw refused(name, 'too many symbolic links');
    if (posix.isAbsolute(target)) done = '/';
    left.unshift(...target.split('/').filter((one) => one !== '' && one !== '.'));
  }
  return done;
}

/** undefined: no link. */
function linkAt(file: string, name: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch (error) {
    const errno = errnoOf(error) ?? String(error);
    if (errno === 'EINVAL') return undefined;
    throw refused(name, errno, error);
  }
}

function refused(path: string, why: string, cause?: unknown): KsmpilotError {
  return new KsmpilotError('QMP_UNREACHABLE', `the monitor's socket ${path} cannot be used: ${why}`, {
    hint: "Run as root on the host. The socket must be where the guest was started with it, and root's or its user's.",
    cause,
  });
}
