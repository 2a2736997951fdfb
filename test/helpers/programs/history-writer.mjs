// Fills a history as fast as it can, until it is killed: node history-writer.mjs FILE START_MS
// Writes a line to stdout for each sample that the store has taken in, its time; none while the pipe is full.
import { writeSync } from 'node:fs';
import { register } from 'node:module';
register('../../../bench/typescript.mjs', import.meta.url);
const { TestStore } = await import('../history.ts');
const [file = '', startMs = ''] = process.argv.slice(2);
const test = new TestStore(file, { timeMs: Number(startMs) });
for (let seq = 0; ; seq += 1) {
  test.store.event({ kind: 'mode', mode: 'observe', seq, timeMs: test.timeMs, text: String(seq) });
  test.sample({ saved_bytes: test.timeMs / 1000 + 1 }, { guests: { g: { saved_bytes: 4096, mergeable_bytes: 4096 } } });
  try {
    writeSync(1, `${test.timeMs}\n`);
  } catch (error) {
    if (error.code !== 'EAGAIN') throw error;
  }
}
