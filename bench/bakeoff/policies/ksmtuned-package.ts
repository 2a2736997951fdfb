import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/ksmpilot-bench/ksmtuned/', import.meta.url));
const SCRIPT = 'usr/sbin/ksmtuned';
/** Wins over what we put into the environment. */
const HOST_CONFIG = '/etc/ksmtuned.conf';
const DOWNLOAD_MS = 60_000;

/** What the bench relies on: settings and pid file from the environment, and which processes are guests. */
const RELIED_ON = [
  'KSM_MONITOR_INTERVAL=${KSM_MONITOR_INTERVAL:-60}',
  'KSM_THRES_COEF=${KSM_THRES_COEF:-20}',
  'PIDFILE=${PIDFILE-/var/run/ksmtune.pid}',
  "pgrep -f -d ' ' '^qemu-system.*-enable-kvm'",
];

export type KsmtunedScript = { readonly path: string } | { readonly why: string };

let found: Promise<KsmtunedScript> | undefined;

/**
 * The script of Debian's package ksmtuned, byte for byte: downloaded once, unpacked into a cache folder, never installed.
 * Its settings are read as `${NAME:-default}`, so the environment sets them and nothing needs to be patched.
 */
export function ksmtunedScript(): Promise<KsmtunedScript> {
  found ??= findScript();
  return found;
}

async function findScript(): Promise<KsmtunedScript> {
  const path = join(CACHE, SCRIPT);
  try {
    if (!existsSync(path)) await download();
  } catch (error) {
    // Another run may have been faster, and have renamed its copy into place.
    if (!existsSync(path)) return { why: `Debian's package ksmtuned is not to be had: ${firstLines(error)}` };
  }
  const why = configObstacle(readOrEmpty(HOST_CONFIG)) ?? scriptObstacle(readFileSync(path, 'utf8'));
  return why === undefined ? { path } : { why };
}

async function download(): Promise<void> {
  mkdirSync(join(CACHE, '..'), { recursive: true });
  const folder = mkdtempSync(join(CACHE, '..', 'ksmtuned-'));
  try {
    await run('apt-get', ['download', 'ksmtuned'], { cwd: folder, timeout: DOWNLOAD_MS });
    const [file] = readdirSync(folder);
    if (file === undefined) throw new Error('apt-get download left no file');
    await run('dpkg', ['-x', join(folder, file), join(folder, 'tree')]);
    renameSync(join(folder, 'tree'), CACHE);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why a host's own settings make the measurement another one. */
export function configObstacle(config: string): string | undefined {
  const active = config.split('\n').filter((line) => /^\s*[^\s#]/.test(line));
  return active.length === 0
    ? undefined
    : `${HOST_CONFIG} sets ${active[0]?.trim() ?? ''}, which wins over the bench: move the file away for the run`;
}

/** Why the bench does not know this version of the script. */
export function scriptObstacle(script: string): string | undefined {
  const missing = RELIED_ON.find((text) => !script.includes(text));
  return missing === undefined ? undefined : `this version of ksmtuned is not known to the bench: it lacks ${missing}`;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function firstLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').slice(0, 2).join(' ');
}
