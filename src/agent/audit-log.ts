import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from './errors.js';

/**
 * STATEDIR/audit.log: one line of JSON for each change that an operator made through ksmpilot, on this host or over gRPC,
 * to the tuner, the knobs, a guest or all merged memory; the failed and the refused ones too. By default it is below /run
 * and ends with the boot, as the changes do; what came over gRPC is in the agent's own log as well.
 */

/** Then it becomes audit.log.1, and the one before that goes. Bytes. */
const LOG_MAX = 1024 * 1024;

export interface AuditEntry {
  /** `guest merge off`, `unmerge`, ... */
  readonly what: string;
  /** What was asked for, over gRPC. */
  readonly request?: Readonly<Record<string, unknown>>;
  /** Identity and pid of a guest. */
  readonly guest?: string;
  readonly pid?: number;
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  /** `done`, or the code and message of what went wrong. */
  readonly result: string;
  /** Refused calls since the last that was told. */
  readonly untold?: number;
}

/** Who called the agent, and from where. */
export interface RemoteActor {
  readonly via: 'grpc';
  /** `nobody`, `run token`, `token`, `certificate`. */
  readonly who: string;
  /** Name of the token, or what of the certificate matched. */
  readonly name?: string;
  readonly role?: string;
  /** `unix socket`, or `ADDRESS:PORT`. */
  readonly from: string;
}

/** Who gave the command, and from where. */
export interface Actor {
  readonly uid: number;
  /** Who logged in first, before sudo and su; absent for what no login started. */
  readonly loginUid?: number;
  readonly sudoUser?: string;
  readonly terminal?: string;
  /** Address of the SSH client. */
  readonly ssh?: string;
  /** Command name of the parent process. */
  readonly parent?: string;
}

/** The agent itself, by its policy for guests. */
export interface PolicyActor {
  readonly via: 'policy';
  /** `never-merge`, `group`, `opt-out`, or `leaving`. */
  readonly rule: string;
}

/** @param dir ours alone: state-dir.ts. Throws the system's error. */
export function appendAudit(
  dir: string,
  entry: AuditEntry,
  actor: Actor | RemoteActor | PolicyActor = thisActor(),
  nowMs = Date.now(),
): void {
  const path = join(dir, 'audit.log');
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    // One write, so that lines of commands at the same time do not mix.
    writeSync(fd, `${JSON.stringify({ time: new Date(nowMs).toISOString(), ...entry, actor })}\n`);
    if (fstatSync(fd).size > LOG_MAX) renameSync(path, `${path}.1`);
  } finally {
    closeSync(fd);
  }
}

/** From the environment, which sudo sets, and /proc, which only root can change. */
export function thisActor(): Actor {
  const login = Number(readOrNothing('/proc/self/loginuid'));
  const sudoUser = process.env['SUDO_USER'];
  const ssh = process.env['SSH_CONNECTION']?.split(' ')[0];
  const terminal = terminalName();
  const parent = readOrNothing(`/proc/${process.ppid}/comm`)?.trim();
  return {
    uid: process.getuid?.() ?? -1,
    // 2^32 - 1: never set.
    ...(Number.isInteger(login) && login < 2 ** 32 - 1 ? { loginUid: login } : {}),
    ...(sudoUser === undefined ? {} : { sudoUser }),
    ...(terminal === undefined ? {} : { terminal }),
    ...(ssh === undefined || ssh === '' ? {} : { ssh }),
    ...(parent === undefined || parent === '' ? {} : { parent }),
  };
}

function terminalName(): string | undefined {
  try {
    const path = readlinkSync('/proc/self/fd/0');
    return /^\/dev\/(pts\/|tty)/.test(path) ? path : undefined;
  } catch {
    return undefined; // no stdin, or no /proc: then it is not told
  }
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined; // a kernel without audit has no loginuid; a parent may have ended
  }
}
