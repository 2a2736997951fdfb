/** `ksmpilot run` as a process of its own, the way a user starts it; for tests of the whole. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'src', 'cli', 'main.js');

export interface RealRun {
  /** Of the page, with the token in its fragment. */
  readonly url: string;
  /** SIGTERM; resolves when the process is gone, killed after half a minute. */
  stop(): Promise<void>;
}

/** Starts `run` with these arguments; resolves once it has said where its page is, rejects with what it said otherwise. */
export async function startRealRun(args: readonly string[], timeoutMs = 60_000): Promise<RealRun> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run \`npm run build\``);
  const child = spawn(process.execPath, [MAIN, 'run', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(child, 'close');
  try {
    const url = await addressOf(child, timeoutMs);
    return { url, stop: () => stop(child, closed) };
  } catch (error) {
    await stop(child, closed);
    throw error;
  }
}

function addressOf(child: ChildProcess, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(
      () => reject(new Error(`no address of the page after ${timeoutMs} ms: ${said}`)),
      timeoutMs,
    );
    child.stderr?.on('data', (chunk: Buffer) => {
      // The rest is read as well, so that the pipe does not fill, and kept short.
      said = (said + chunk.toString()).slice(-8_192);
      const url = /(http:\/\/\S+\/#token=\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      reject(new Error(`run ended with ${code ?? 'a signal'}: ${said}`));
    });
  });
}

async function stop(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await closed;
  clearTimeout(timer);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
