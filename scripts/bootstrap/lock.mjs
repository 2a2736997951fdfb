// @ts-check
/**
 * One preparation of a checkout at a time. The lock is a socket in Linux's abstract namespace: the kernel frees it at
 * the moment its holder ends, kill -9 included, so there is no stale lock to detect and none to steal wrongly. Whoever
 * waits connects to it, learns the holder's pid, and is woken by the connection's end.
 *
 * Limit: the namespace is per network namespace, so two containers that share one checkout do not see each other.
 */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { ScriptFailure, say } from './say.mjs';

/** A first start takes a minute or two on a slow line; nobody waits longer than this, in milliseconds. */
const WAIT_MS = 20 * 60_000;

/**
 * Runs `work` while holding the checkout's lock.
 *
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} work
 * @param {{ waitMs?: number }} [options]
 * @returns {Promise<T>}
 */
export async function withCheckoutLock(root, work, { waitMs = WAIT_MS } = {}) {
  const name = lockName(root);
  const giveUpMs = Date.now() + waitMs;
  let told = false;
  for (;;) {
    const release = await tryLock(name);
    if (release !== undefined) {
      try {
        return await work();
      } finally {
        await release();
      }
    }
    const leftMs = giveUpMs - Date.now();
    if (leftMs <= 0) {
      throw new ScriptFailure(
        `another start has been preparing this checkout for more than ${Math.round(waitMs / 60_000)} minutes.`,
        'see what it does (ps), end it if it hangs, and start again.',
      );
    }
    await waitForHolder(name, leftMs, (pid) => {
      if (!told) say(`Another start (pid ${pid}) is preparing this checkout; waiting for it.`);
      told = true;
    });
  }
}

/** @param {string} root */
function lockName(root) {
  const key = createHash('sha256').update(realpathSync(root)).digest('hex').slice(0, 24);
  return `\0ksmpilot-bootstrap-${key}`;
}

/**
 * @param {string} name
 * @returns {Promise<(() => Promise<void>) | undefined>} the release function, or undefined when somebody holds it
 */
function tryLock(name) {
  return new Promise((resolve, reject) => {
    const waiting = new Set();
    const server = createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => waiting.delete(socket));
      socket.write(`${process.pid}\n`);
    });
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => {
      resolve(
        () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of waiting) socket.destroy();
          }),
      );
    });
  });
}

/**
 * Resolves when the holder lets go or ends, or after `leftMs`.
 *
 * @param {string} name
 * @param {number} leftMs
 * @param {(pid: string) => void} onHolder
 * @returns {Promise<void>}
 */
function waitForHolder(name, leftMs, onHolder) {
  return new Promise((resolve) => {
    const socket = connect(name);
    const timer = setTimeout(() => socket.destroy(), leftMs);
    socket.setEncoding('utf8').once('data', (pid) => onHolder(String(pid).trim()));
    socket.on('error', () => socket.destroy()); // refused: it was freed between the two calls
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
