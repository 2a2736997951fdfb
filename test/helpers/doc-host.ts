/**
 * A host of its own for the commands of the documents: an agent with demonstration guests, in a mount and a network
 * namespace with an own /run, /etc and /var/lib, so that commands run word by word, default ports and paths included,
 * and leave nothing. Kernel and KSM are this machine's: hold its lock (kernel-lock.ts).
 */

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/agent/paths.js';

const BIN = join(packageRoot, 'bin', 'ksmpilot');
const READY_MS = 60_000;
const STOP_MS = 20_000;

/** Own folders: /run empty, /etc and /var/lib as they are with what is written going nowhere. */
const SETUP = `set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /mnt
mkdir -p /mnt/etc /mnt/etc.work /mnt/lib /mnt/lib.work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/etc,workdir=/mnt/etc.work /etc
mount -t overlay overlay -o lowerdir=/var/lib,upperdir=/mnt/lib,workdir=/mnt/lib.work /var/lib
mkdir -p /etc/ksmpilot /var/lib/ksmpilot
ip link set lo up
exec "$@"`;

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class DocHost implements AsyncDisposable {
  /** For scripts to work in; made by start. */
  folder = '';
  /** Log and banner of the agent. */
  log = '';
  #agent: ChildProcess | undefined;
  #ended: Promise<number | null> = Promise.resolve(null);

  /** Resolves when the agent runs and the demonstration guests are there; rejects with its words when it ends instead. */
  async start(): Promise<this> {
    this.folder = mkdtempSync(join(tmpdir(), 'ksmpilot-docs-'));
    this.#program('ksmpilot', `exec ${process.execPath} ${BIN} "$@"`);
    this.#program('sudo', 'exec "$@"'); // it is root already
    const agent = spawn(
      'unshare',
      ['--mount', '--net', '--propagation', 'private', 'sh', '-c', SETUP, 'sh', process.execPath, BIN, 'run', '--demo'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#agent = agent;
    this.#ended = new Promise((resolve) => agent.once('close', (code) => resolve(code)));
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no banner within ${READY_MS} ms: ${this.log}`)), READY_MS);
      agent.stderr.on('data', (chunk: Buffer) => {
        this.log += chunk.toString();
        if (this.log.includes('ksmpilot runs.')) {
          clearTimeout(timer);
          resolve();
        }
      });
      void this.#ended.then((code) => {
        clearTimeout(timer);
        reject(new Error(`the agent ended with ${String(code)}: ${this.log}`));
      });
    });
    return this;
  }

  /** Process ids of the demonstration guests, by name. */
  get guests(): ReadonlyMap<string, number> {
    return new Map(
      [...this.log.matchAll(/"guest":"(demo-[\w-]+)","pid":(\d+),"msg":"demonstration guest started"/g)].map(
        ([, name = '', pid]) => [name, Number(pid)],
      ),
    );
  }

  /** Runs a script by bash on this host; the first command that fails ends it. */
  run(script: string, options: { readonly cwd?: string; readonly timeoutMs?: number } = {}): Promise<Outcome> {
    const { cwd = this.folder, timeoutMs = 60_000 } = options;
    const args = [
      '-t',
      String(this.#agent?.pid),
      '--mount',
      '--net',
      `--wdns=${cwd}`,
      'bash',
      '-euo',
      'pipefail',
      '-c',
    ];
    const env = { ...process.env, PATH: `${this.folder}:${process.env.PATH ?? ''}`, NO_COLOR: '1', ROOT: packageRoot };
    return new Promise((resolve) => {
      const child = execFile('nsenter', [...args, script], { env, timeout: timeoutMs }, (_error, stdout, stderr) => {
        resolve({ code: child.exitCode, stdout, stderr });
      });
      child.stdin?.end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent?.kill('SIGTERM');
    const timer = setTimeout(() => this.#agent?.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(timer);
    if (this.folder !== '') rmSync(this.folder, { recursive: true, force: true });
  }

  #program(name: string, body: string): void {
    const path = join(this.folder, name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  }
}
