import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess, type StatusJson } from '../helpers/agent-process.js';
import { compile } from '../helpers/c-program.js';
import { useKernel } from '../helpers/kernel-session.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';
import { ToldProcess } from '../helpers/told-process.js';

// `ksmpilot guests`, the whole program on the real kernel. The guests are processes that share real memory and look like
// QEMU from outside: binary, command line, nothing else; test/kernel/demo-qemu.test.ts has real machines.

const session = useKernel();

const PAGES = 1009;
const UUID = '4f2c6e1a-8a4e-4d52-9a3e-0c7b1d7e5a';

/** What `guests --json` promises to scripts. */
interface GuestJson {
  readonly name: string;
  readonly kind: string;
  readonly id: string | null;
  readonly pids: readonly number[];
  readonly mergeable_bytes: number | null;
  readonly saved_bytes: number | null;
  readonly zero_bytes: number | null;
  readonly worth_per_hour: number | null;
  readonly merges_total: number | null;
  readonly cow_breaks_total: number | null;
  readonly merge_lifetime_p50_s: number | null;
  readonly merge: string | null;
}

let folder: string | undefined;
let qemu = '';

beforeAll(() => {
  if (session.obstacle !== undefined) return;
  const built = compile(fileURLToPath(new URL('guest.c', import.meta.url)));
  if (!('path' in built)) throw new Error(built.why);
  folder = mkdtempSync(join(tmpdir(), 'ksmpilot-guests-'));
  qemu = join(folder, 'qemu-system-x86_64');
  copyFileSync(built.path, qemu);
});

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

const machine = (name: string, uuid: string): Promise<ToldProcess> =>
  ToldProcess.start(qemu, [qemu, '-name', `guest=${name},debug-threads=on`, '-uuid', uuid]);

async function probesRun(agent: AgentProcess): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { probes } = await agent.json<StatusJson>('status');
    if (probes.filter(({ name }) => name !== 'kvm').every(({ state }) => state === 'running')) return;
    if (performance.now() > deadline) throw new Error(`probes do not run: ${JSON.stringify(probes)}`);
    await sleep(300);
  }
}

describe('guests', () => {
  it('shows machines by name, charges each with its merges and breaks, and sums to the host', async () => {
    writeKnobs({ run: 1, pages_to_scan: 5000, sleep_millisecs: 20, smart_scan: 0, use_zero_pages: 0 });
    await until('what was merged before is forgotten', () => readKsm('pages_sharing') === 0);
    const machines = await Promise.all([
      machine('web,,1', `${UUID}01`),
      machine('db', `${UUID}02`),
      machine('idle', `${UUID}03`),
    ]);
    const [web, db, idle] = machines;
    try {
      await using agent = await new AgentProcess().start('--exact');
      await probesRun(agent);
      for (const one of [web, db]) await one.ask(`map 0 ${PAGES} unique 7`);
      await until('all is merged', () => readKsm('pages_sharing') === PAGES);
      await web.ask('write 0 0 503');
      writeKnobs({ run: 0 });
      await sleep(3000);

      const [rows, status] = [await agent.json<GuestJson[]>('guests'), await agent.json<StatusJson>('status')];
      const row = (name: string): GuestJson | undefined => rows.find((one) => one.name === name);
      expect(row('web,1')).toMatchObject({
        kind: 'qemu',
        id: `${UUID}01`,
        pids: [web.pid],
        cow_breaks_total: 503,
        zero_bytes: 0,
        merge: 'on',
      });
      // Its pages merged while it was waited for, and were written at once. One page in eight is timed.
      expect(row('web,1')?.merge_lifetime_p50_s).toBeGreaterThan(0);
      expect(row('web,1')?.merge_lifetime_p50_s).toBeLessThan(60);
      expect(row('db')?.merge_lifetime_p50_s).toBeNull();
      expect(row('web,1')?.merges_total).toBeGreaterThanOrEqual(PAGES);
      expect(row('db')).toMatchObject({ kind: 'qemu', id: `${UUID}02`, pids: [db.pid], cow_breaks_total: 0 });
      expect(row('db')?.mergeable_bytes).toBeGreaterThanOrEqual(PAGES * 4096);
      expect(row('idle')).toMatchObject({ kind: 'qemu', pids: [idle.pid], saved_bytes: null });
      expect(['off', null]).toContain(row('idle')?.merge);

      expect(status.saved_bytes).toBeGreaterThan(0);
      expect(status.saved_bytes).toBe(readKsm('pages_sharing') * 4096);
      expect(rows.reduce((sum, one) => sum + (one.saved_bytes ?? 0), 0)).toBe(status.saved_bytes);
      expect(rows.at(-1)).toMatchObject({ kind: 'rest', saved_bytes: 0, pids: [] });
      const text = (await agent.ask('guests', '--sort', 'name')).stdout.split('\n');
      expect(text.slice(1, 4).map((line) => line.split(' ')[0])).toEqual(['db', 'idle', 'web,1']);

      // Another process with its name and its UUID, after it: the same guest, started again.
      await web.end();
      machines.push(await machine('web,,1', `${UUID}01`));
      await expect
        .poll(async () => (await agent.json<GuestJson[]>('guests')).find((one) => one.name === 'web,1'), {
          timeout: 15_000,
        })
        .toMatchObject({ pids: [machines.at(-1)?.pid], cow_breaks_total: 503 });
    } finally {
      await Promise.all(machines.map((one) => one.end()));
    }
  });
});
