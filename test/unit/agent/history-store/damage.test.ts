import { DatabaseSync } from '@photostructure/sqlite';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../../../src/agent/history-store/schema.js';
import { HistoryFolder, TestStore } from '../../../helpers/history.js';

const GUESTS = { g: { saved_bytes: 4096, mergeable_bytes: 4096 } };

/** A file with some hours in it. @param isKilled its log is left, as by kill -9 */
function filled(folder: HistoryFolder, isKilled: boolean): TestStore {
  const made = join(folder.dir, 'made', 'history.db');
  const test = new TestStore(made);
  for (let index = 0; index < 6 * 60; index += 1) {
    test.sample({ saved_bytes: 2 ** 30 + index, ksmd_cpu_pct: index / 7 }, { afterMs: 60_000, guests: GUESTS });
  }
  // What can be read at this moment is what is left when the process ends now.
  if (!isKilled) test.store.close();
  for (const end of isKilled ? ['', '-wal'] : ['']) copyFileSync(`${made}${end}`, `${folder.file}${end}`);
  if (isKilled) test.store.close();
  return test;
}

let seed = 20_261_121;
const below = (count: number): number => (seed = (seed * 48_271) % 2_147_483_647) % count;

describe('a damaged file', () => {
  it.each(Array.from({ length: 40 }, (_, round) => round))(
    'never stops the agent, and what comes next is kept (%i)',
    (round) => {
      using folder = new HistoryFolder();
      const before = filled(folder, round % 2 === 1);
      const victim = round % 4 === 3 ? `${folder.file}-wal` : folder.file;
      const { size } = statSync(victim);
      if (round % 3 === 0) {
        truncateSync(victim, below(size));
      } else {
        const bytes = readFileSync(victim);
        for (let index = 0; index < 1 + below(64); index += 1) bytes[below(size)] = below(256);
        writeFileSync(victim, bytes);
      }
      const test = new TestStore(folder.file, before);
      const look = (): void => {
        for (const guest of ['', 'g']) {
          try {
            test.history({ guest, points: 600 });
            test.store.events({ fromMs: 0, toMs: 0, kinds: [], limit: 100 });
          } catch (error) {
            expect(error).toHaveProperty('code', expect.stringMatching(/^(HISTORY_UNAVAILABLE|GUEST_ABSENT)$/));
          }
        }
      };
      for (let index = 0; index < 300; index += 1) {
        test.sample({ saved_bytes: 77 }, { guests: GUESTS });
        if (index % 50 === 0) look();
      }
      const means = test.means('saved_bytes', { fromMs: test.timeMs - 30_000 });
      // Damage may be met late; the last sample is there, and nothing is made up.
      expect([...means.keys()].at(-1)).toBe(test.timeMs);
      expect(new Set(means.values())).toEqual(new Set([77]));
      for (const { code } of test.store.problems) expect(code).toBe('HISTORY_BROKEN');
      test.store.close();
    },
  );

  it('is set aside, once, and a new one is begun', () => {
    using folder = new HistoryFolder();
    for (let round = 0; round < 3; round += 1) {
      writeFileSync(folder.file, `this is no database ${round}\n`.repeat(1000));
      const test = new TestStore(folder.file, { timeMs: 1_790_000_000_000 + round * 60_000 });
      test.sample({ saved_bytes: 1 });
      expect(test.store.problems).toMatchObject([{ code: 'HISTORY_BROKEN' }]);
      expect(test.history().timesMs).toEqual([test.timeMs]);
      test.store.close();
    }
    const aside = readdirSync(folder.dir).filter((name) => /broken-[^-]+-[^-]+-[^-]+$/.test(name));
    expect(aside).toHaveLength(1);
    expect(readFileSync(`${folder.dir}/${aside[0] ?? ''}`, 'utf8')).toContain('no database 2');
  });
});

describe('a file that is not for us', () => {
  it('of a newer ksmpilot is left as it is', () => {
    using folder = new HistoryFolder();
    filled(folder, false);
    const db = new DatabaseSync(folder.file);
    db.exec(`CREATE TABLE future (x); INSERT INTO future VALUES (42); PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    const blocks: unknown = db.prepare('SELECT count(*) AS n FROM block').get();
    db.close();
    const test = new TestStore(folder.file);
    for (let index = 0; index < 150; index += 1) test.sample({ saved_bytes: 1 });
    expect(test.store.problems).toMatchObject([{ code: 'HISTORY_FOREIGN' }]);
    expect(() => test.history()).toThrow(/newer ksmpilot/);
    test.store.close();
    const after = new DatabaseSync(folder.file);
    expect(after.prepare('SELECT x FROM future').get()).toEqual({ x: 42 });
    expect(after.prepare('SELECT count(*) AS n FROM block').get()).toEqual(blocks);
    after.close();
  });

  it('of another program is left as it is', () => {
    using folder = new HistoryFolder();
    const db = new DatabaseSync(folder.file);
    db.exec('CREATE TABLE mail (text); INSERT INTO mail VALUES (1)');
    db.close();
    const before = readFileSync(folder.file);
    const test = new TestStore(folder.file);
    test.sample({ saved_bytes: 1 });
    expect(test.store.problems).toMatchObject([{ code: 'HISTORY_FOREIGN' }]);
    test.store.close();
    expect(readFileSync(folder.file).equals(before)).toBe(true);
  });

  it('that lies in a folder open to others is not used', () => {
    using folder = new HistoryFolder();
    chmodSync(folder.dir, 0o777);
    const test = new TestStore(folder.file);
    test.sample({ saved_bytes: 1 });
    expect(test.store.problems).toMatchObject([{ code: 'HISTORY_UNWRITABLE' }]);
    expect(existsSync(folder.file)).toBe(false);
    chmodSync(folder.dir, 0o700);
    // It tries again a minute later.
    for (let index = 0; index < 62; index += 1) test.sample({ saved_bytes: 1 });
    expect(test.store.problems).toEqual([]);
    expect(statSync(folder.file).mode & 0o777).toBe(0o640);
    test.store.close();
  });
});

describe('a block whose bytes are damaged', () => {
  it('is a gap, and is told', () => {
    using folder = new HistoryFolder();
    const before = filled(folder, false);
    const db = new DatabaseSync(folder.file);
    db.exec("UPDATE block SET data = x'0102030405' WHERE tier = 1");
    db.close();
    const test = new TestStore(folder.file, before);
    test.sample({ saved_bytes: 1 });
    expect(test.history({ points: 200 }).timesMs.length).toBeLessThan(70);
    expect(test.history({ points: 200 }).problem).toMatch(/damaged/);
    test.store.close();
  });

  it('costs nothing of the log behind it', () => {
    using folder = new HistoryFolder();
    const before = filled(folder, true);
    // A torn last write: the log ends with what no checksum covers.
    appendFileSync(`${folder.file}-wal`, Buffer.alloc(777, 0xab));
    const test = new TestStore(folder.file, before);
    test.sample({ saved_bytes: 1 });
    expect(test.store.problems).toEqual([]);
    expect(test.history({ points: 1000 }).timesMs.length).toBeGreaterThanOrEqual(360);
    test.store.close();
  });
});
