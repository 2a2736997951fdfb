// @ts-check
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { say } from './say.mjs';

/** Lines of output kept to explain a failure with. */
const TAIL_LINES = 60;

/** A silent step longer than this says that it is still going on, in milliseconds. */
const HEARTBEAT_MS = 10_000;

/** Children that must not outlive this process when it is told to end. */
const running = new Set();

/**
 * @typedef {object} CommandResult
 * @property {number | null} code exit code; null when a signal ended it or it never started
 * @property {string | null} signal
 * @property {string} tail the last lines of stdout and stderr, as they came
 * @property {boolean} missing the program does not exist
 * @property {boolean} timedOut
 */

/**
 * Runs one program to its end. Its output goes to our stderr, unless `quiet`.
 *
 * @param {string[]} argv
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {boolean} [options.quiet] show nothing; the tail has it
 * @param {string} [options.label] what a long step is called in its signs of life
 * @param {number} [options.timeoutMs] end it after this long
 * @returns {Promise<CommandResult>}
 */
export function runCommand(argv, { cwd, env = process.env, quiet = false, label, timeoutMs } = {}) {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const startedMs = Date.now();
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const tail = makeTail();
    let lastOutputMs = startedMs;
    let timedOut = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        lastOutputMs = Date.now();
        tail.add(text);
        if (!quiet) process.stderr.write(text);
      });
    }
    const heartbeat = setInterval(() => {
      if (label === undefined || Date.now() - lastOutputMs < HEARTBEAT_MS) return;
      lastOutputMs = Date.now();
      say(`  ... ${label}: ${Math.round((Date.now() - startedMs) / 1000)} s so far`);
    }, 1000);
    const deadline =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill('SIGTERM');
            setTimeout(() => child.kill('SIGKILL'), 5000).unref();
          }, timeoutMs);
    const finish = (/** @type {Omit<CommandResult, 'tail' | 'timedOut'>} */ result) => {
      clearInterval(heartbeat);
      clearTimeout(deadline);
      running.delete(child);
      resolve({ ...result, tail: tail.text(), timedOut });
    };
    child.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (child.pid !== undefined) return;
      tail.add(`${error.message}\n`);
      finish({ code: null, signal: null, missing: error.code === 'ENOENT' });
    });
    child.on('close', (code, signal) => finish({ code, signal, missing: false }));
  });
}

/** Ends whatever is still running; for signal handlers. */
export function endRunningCommands() {
  for (const child of running) child.kill('SIGTERM');
}

/**
 * Puts a child's life in the kernel's hands: it is killed when this process ends in any way, kill -9 included, so that
 * no half-finished npm goes on beside the next start. Without util-linux's setpriv the command stays as it is.
 *
 * @param {string[]} argv
 * @returns {string[]}
 */
export function boundToUs(argv) {
  const setpriv = findProgram('setpriv');
  return setpriv === undefined ? argv : [setpriv, '--pdeathsig', 'KILL', ...argv];
}

/**
 * Looks a program up on PATH as execvp does.
 *
 * @param {string} name
 * @param {string} [path]
 * @returns {string | undefined}
 */
export function findProgram(name, path = process.env['PATH'] ?? '') {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      continue; // not here, or not ours to run: the next folder may have it
    }
  }
  return undefined;
}

function makeTail() {
  /** @type {string[]} */
  let lines = [];
  let open = '';
  return {
    /** @param {string} text */
    add(text) {
      const parts = (open + text).split('\n');
      open = parts.pop() ?? '';
      lines = [...lines, ...parts].slice(-TAIL_LINES);
    },
    text: () => [...lines, open].join('\n').trim(),
  };
}
