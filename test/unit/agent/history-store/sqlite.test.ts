import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadSqlite, sqlTrouble } from '../../../../src/agent/history-store/sqlite.js';
import { HistoryFolder } from '../../../helpers/history.js';

/** What the work throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('SQLite', () => {
  it('loads on this Node, and keeps what it is given', async () => {
    using folder = new HistoryFolder();
    const open = await loadSqlite();
    const db = open(folder.file);
    db.exec('CREATE TABLE t (a INTEGER, b BLOB, c TEXT)');
    db.prepare('INSERT INTO t VALUES (?, ?, ?)').run(1_790_000_000_123, Uint8Array.of(0, 1, 255), 'ü');
    const row = db.prepare('SELECT * FROM t').get();
    expect(row?.['a']).toBe(1_790_000_000_123);
    expect([...(row?.['b'] as Uint8Array)]).toEqual([0, 1, 255]);
    expect(row?.['c']).toBe('ü');
    db.close();
  });

  it('says what is wrong in a way that is understood', async () => {
    using folder = new HistoryFolder();
    const open = await loadSqlite();
    writeFileSync(folder.file, 'x'.repeat(5000));
    expect(sqlTrouble(thrownBy(() => open(folder.file).prepare('PRAGMA user_version').get()))).toBe('broken');
    rmSync(folder.file);

    const one = open(folder.file);
    one.exec('CREATE TABLE t (a); BEGIN IMMEDIATE');
    const two = open(folder.file);
    expect(sqlTrouble(thrownBy(() => two.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE')))).toBe('taken');
    one.exec('ROLLBACK; PRAGMA max_page_count = 3');
    const fill = one.prepare('INSERT INTO t VALUES (zeroblob(100000))');
    expect(sqlTrouble(thrownBy(() => fill.run()))).toBe('full');

    mkdirSync(`${folder.file}.d`);
    expect(sqlTrouble(thrownBy(() => open(`${folder.file}.d`)))).toBe('other');
    expect(sqlTrouble(new Error('another'))).toBeUndefined();
    one.close();
    two.close();
  });
});
