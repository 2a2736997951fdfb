import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../src/agent/paths.js';
import { HistoryFolder, MIDNIGHT, TestStore } from '../../../helpers/history.js';

const WRITER = join(packageRoot, 'test', 'helpers', 'programs', 'history-writer.mjs');
const KILLS = 20;
/** The store's own: what a crash may cost. */
const FLUSH_MS = 10_000;

/** Lets the writer run and kills it after that many milliseconds of work. Resolves to the last time that it told. */
function writeAndKill(file: string, startMs: number, afterMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, file, String(startMs)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let told = '';
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (told === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      told = (told + chunk.toString()).slice(-100);
    });
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('close', (_code, signal) => {
      // The last line may be cut.
      const last = Number(told.split('\n').at(-2));
      if (signal === 'SIGKILL' && last > startMs) resolve(last);
      else reject(new Error(`the writer ended by ${String(signal)} at ${last}: ${said}`));
    });
  });
}

describe('kill -9', () => {
  it(`at ${KILLS} random moments costs at most the last flush, and never the file`, async () => {
    using folder = new HistoryFolder();
    let startMs = MIDNIGHT;
    const lost: number[] = [];
    for (let round = 0; round < KILLS; round += 1) {
      const lastMs = await writeAndKill(folder.file, startMs, Math.random() * 300);
      const test = new TestStore(folder.file, { timeMs: lastMs + 60_000 });
      test.sample({ saved_bytes: test.timeMs / 1000 });
      expect(test.store.problems).toEqual([]);
      // Every sample of this run up to the last flush: no hole, no wrong figure.
      const kept = [
        ...test.means('saved_bytes', { fromMs: Math.max(startMs + 1, lastMs - 3_600_000), toMs: lastMs + 1 }),
      ];
      const newest = kept.at(-1)?.[0] ?? startMs;
      lost.push(lastMs - newest);
      expect(lastMs - newest).toBeLessThanOrEqual(FLUSH_MS);
      for (const [index, [time, value]] of kept.entries()) {
        expect(time - (kept[index - 1]?.[0] ?? time - 1000)).toBe(1000);
        expect(value).toBe(time / 1000);
      }
      // The minutes of host and guest reach as far, where the writer came to write any.
      for (const guest of lastMs - startMs > 60_000 + FLUSH_MS ? ['', 'g'] : []) {
        const minutes = [
          ...test.means('saved_bytes', { guest, fromMs: lastMs - 600_000, toMs: lastMs + 1, points: 11 }),
        ];
        expect(lastMs - (minutes.at(-1)?.[0] ?? 0)).toBeLessThanOrEqual(60_000 + FLUSH_MS);
      }
      const { events } = test.store.events({ fromMs: startMs, toMs: lastMs + 1, kinds: [], limit: 5000 });
      expect(lastMs - (events.at(-1)?.timeMs ?? 0)).toBeLessThanOrEqual(FLUSH_MS + 1000);
      test.store.close();
      startMs = test.timeMs;
    }
    expect(lost).toHaveLength(KILLS);
  }, 300_000);
});
