import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withCheckoutLock } from '../../../../scripts/bootstrap/lock.mjs';

let root: string;
let said: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ksmpilot-lock-'));
  said = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const tick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('withCheckoutLock', () => {
  it('lets one in at a time, and everybody in the end', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await tick(20);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withCheckoutLock(root, work)));
    expect(most).toBe(1);
    expect(inside).toBe(0);
  });

  it('says once who is being waited for', async () => {
    const first = withCheckoutLock(root, () => tick(60));
    await withCheckoutLock(root, () => Promise.resolve());
    await first;
    expect(said).toEqual([`Another start (pid ${process.pid}) is preparing this checkout; waiting for it.\n`]);
  });

  it('frees the lock when the work fails', async () => {
    await expect(withCheckoutLock(root, () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
    await expect(withCheckoutLock(root, () => Promise.resolve(7))).resolves.toBe(7);
  });

  it('gives up after its time, with a cure', async () => {
    const first = withCheckoutLock(root, () => tick(200));
    await expect(withCheckoutLock(root, () => Promise.resolve(), { waitMs: 30 })).rejects.toMatchObject({
      hint: expect.stringContaining('start again') as string,
    });
    await first;
  });

  it('is free at once after its holder was killed with SIGKILL', async () => {
    const module = fileURLToPath(new URL('../../../../scripts/bootstrap/lock.mjs', import.meta.url));
    const program = `
      import { withCheckoutLock } from ${JSON.stringify(module)};
      await withCheckoutLock(${JSON.stringify(root)}, () => { console.log('held'); return new Promise(() => setInterval(() => {}, 1000)); });`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const waiting = withCheckoutLock(root, () => Promise.resolve('mine'));
    await tick(50);
    holder.kill('SIGKILL');
    await expect(waiting).resolves.toBe('mine');
  });
});
