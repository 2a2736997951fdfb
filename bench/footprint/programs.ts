/** What runs beside the agent: the page's process and Debian's node_exporter, each a child that says when it is ready. */

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { packageRoot } from '../../src/agent/paths.js';
import { freePort } from '../../test/helpers/real-run.js';

const BIN = join(packageRoot, 'bin', 'ksmpilot');
const EXPORTER = '/usr/bin/prometheus-node-exporter';
const READY_MS = 60_000;

export interface Running extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
}

/** `ksmpilot web`, the page's own process, as the package runs it. */
export function startWeb(agentAddress: string): Promise<Running> {
  const args = [BIN, 'web', '--agent', agentAddress, '--http', '127.0.0.1:0', '--log-level', 'warn'];
  return start(process.execPath, args, (said) => /page\s+(http:\/\/[^\s/]+)/.exec(said)?.[1]);
}

/** Debian's node_exporter with its defaults; undefined: it is not installed. */
export async function startExporter(): Promise<Running | undefined> {
  if (!existsSync(EXPORTER)) return undefined;
  const address = `127.0.0.1:${await freePort()}`;
  return start(EXPORTER, [`--web.listen-address=${address}`], (said) =>
    /Listening on/i.test(said) ? `http://${address}` : undefined,
  );
}

async function start(program: string, args: readonly string[], ready: (said: string) => string | undefined) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await closed;
    clearTimeout(timer);
  };
  try {
    const url = await told(child, ready);
    return { pid: child.pid ?? 0, url, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function told(child: ChildProcess, ready: (said: string) => string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`not ready within ${READY_MS} ms: ${said}`)), READY_MS);
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-8_192);
      const url = ready(said);
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      reject(new Error(`${child.spawnfile} ended with ${code ?? 'a signal'}: ${said}`));
    });
  });
}

/** Asks for `url` once a second and reads the answer to its end. */
export function askEachSecond(url: string): Disposable {
  const ask = (): void => {
    request(url, (res) => res.resume())
      .on('error', () => undefined)
      .end();
  };
  ask();
  const timer = setInterval(ask, 1000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

export interface PageReader extends Disposable {
  /** Events of the stream so far. */
  readonly events: number;
}

/** Reads what an open page reads: the stream of the gateway. */
export function readPage(url: string): PageReader {
  let events = 0;
  const asked = request(`${url}/api/stream`, (res) => {
    res.on('data', (chunk: Buffer) => {
      events += chunk.toString().split('event: ').length - 1;
    });
  });
  asked.on('error', () => undefined).end();
  return {
    get events() {
      return events;
    },
    [Symbol.dispose]: () => asked.destroy(),
  };
}
