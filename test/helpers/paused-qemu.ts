import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { controlOf } from '../../src/agent/guest-control/control.js';
import { glanceAtProcess, readProcessFacts } from '../../src/agent/kernel/process-facts.js';
import type { GuestIdentity, ProcessFacts } from '../../src/agent/model/guest.js';
import { until } from './knobs.js';
import { qemuTools } from './qemu-tools.js';

/** Pages of the file that each of them has in its memory. */
export const PAUSED_PAGES = 2048;
export const PAUSED_MIB = 64;

/** Where QEMU is: the installed one, else the tests' own out of Debian's packages. Or why there is none. */
export async function qemuProgram(): Promise<{ readonly path: string } | { readonly why: string }> {
  const tools = await qemuTools();
  const folders = (process.env.PATH ?? '').split(delimiter).concat('path' in tools ? tools.path.split(delimiter) : []);
  const path = folders.map((folder) => join(folder, 'qemu-system-x86_64')).find((file) => existsSync(file));
  if (path !== undefined) return { path };
  return { why: 'why' in tools ? tools.why : 'there is no qemu-system-x86_64' };
}

/**
 * Guests of QEMU whose CPUs never start: memory that holds one file, alike in all, and nothing that changes it. Each
 * with a QMP socket.
 */
export class PausedQemus implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ksmpilot-qmp-'));
  readonly #children: ChildProcess[] = [];
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
    writeFileSync(join(this.#folder, 'content'), randomBytes(PAUSED_PAGES * 4096));
  }

  socket(name: string): string {
    return join(this.#folder, `${name}.qmp`);
  }

  /** Resolves with its pid when its monitor listens and its memory is filled. */
  async start(name: string, ...more: readonly string[]): Promise<number> {
    const child = spawn(
      this.#program,
      [
        ...['-name', `guest=${name}`, '-nodefaults', '-no-user-config', '-display', 'none', '-accel', 'tcg', '-S'],
        ...['-m', String(PAUSED_MIB), '-qmp', `unix:${this.socket(name)},server=on,wait=off`],
        ...['-device', `loader,file=${join(this.#folder, 'content')},addr=0x1000000,force-raw=on`],
        ...more,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    this.#children.push(child);
    await until(`${name} listens`, () => {
      if (child.exitCode !== null) throw new Error(`${name} ended with exit code ${child.exitCode}`);
      return existsSync(this.socket(name));
    });
    return child.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await ended;
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** As the command finds it. QEMU out of a package is started through its own loader, which is then its program. */
export function controlOfQemu(pid: number): {
  readonly facts: ProcessFacts;
  readonly control: ReturnType<typeof controlOf>;
} {
  const reading = readProcessFacts('/', pid, glanceAtProcess('/', pid)?.startTicks ?? 0);
  if (reading.state !== 'read') throw new Error(`process ${pid}: ${reading.state}`);
  const facts = { ...reading.facts, exe: '/usr/bin/qemu-system-x86_64' };
  const guest: GuestIdentity = {
    kind: 'qemu',
    name: 'test',
    id: 'test',
    identity: 'qemu/test',
    key: `qemu/test#${facts.startTicks}.${pid}`,
    pids: [pid],
    startTicks: facts.startTicks,
    doubts: [],
  };
  return { facts, control: controlOf(guest, facts, false) };
}
