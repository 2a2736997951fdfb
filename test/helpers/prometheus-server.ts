/** A Prometheus server of its own in a temporary folder, for tests. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** One element of an instant vector. */
export interface Element {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export class PrometheusServer {
  readonly #program: string;
  #child: ChildProcess | undefined;
  #dir = '';
  #said = '';
  url = '';

  constructor(program: string) {
    this.#program = program;
  }

  /** `config`: prometheus.yml, which may be JSON. Resolves once it answers. */
  async start(config: object): Promise<void> {
    this.#dir = await mkdtemp(join(tmpdir(), 'ksmpilot-prometheus-'));
    const file = join(this.#dir, 'prometheus.yml');
    await writeFile(file, JSON.stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    this.url = `http://${address}`;
    const child = spawn(
      this.#program,
      [`--config.file=${file}`, `--storage.tsdb.path=${join(this.#dir, 'data')}`, `--web.listen-address=${address}`],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child = child;
    child.stderr.on('data', (data: Buffer) => (this.#said = (this.#said + data.toString()).slice(-4_000)));
    await until('Prometheus to be ready', async () => {
      if (child.exitCode !== null) throw new Error(`prometheus ended: ${this.#said}`);
      const answer = await fetch(`${this.url}/-/ready`).catch(() => undefined);
      return answer?.ok === true ? true : undefined;
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    if (this.#dir !== '') await rm(this.#dir, { recursive: true });
  }

  /** An instant query; the vector that it gives. `timeSec`: now where it is not given. */
  async query(promql: string, timeSec?: number): Promise<Element[]> {
    const parameters = new URLSearchParams({ query: promql, ...(timeSec !== undefined && { time: String(timeSec) }) });
    const { data } = (await this.get(`/api/v1/query?${parameters.toString()}`)) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return data.result.map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }));
  }

  /** Of an API of Prometheus; throws what it says where it refuses. */
  async get(path: string): Promise<unknown> {
    const answer = await fetch(this.url + path);
    const body: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(body)}`);
    return body;
  }
}

/** Tries until there is something, for 20 seconds. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = performance.now() + 20_000; performance.now() < end;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await pause(100);
  }
  throw new Error(`waited 20 s for ${what}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
