import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { parseTokens } from '../../src/agent/auth/token-list.js';
import { readConfigFile, validateConfig } from '../../src/agent/config.js';
import { decodeRows, encodeRows } from '../../src/agent/history-store/codec.js';
import { HOST_FIELDS } from '../../src/agent/history-store/fields.js';
import { makeLayout, parseLayout } from '../../src/agent/history-store/layout.js';
import { validateWebConfig } from '../../src/agent/web-config.js';
import { parseRecord } from '../../src/cli/record-file.js';
import { fuzz } from './fuzz.js';
import { mutant, mutantBytes } from './mutant.js';

const dir = mkdtempSync(join(tmpdir(), 'ksmpilot-fuzz-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('settings', () => {
  const file = join(dir, 'config.yaml');
  const yaml = 'mode: auto\nintervalMs: 1000\ntuner:\n  gibPerCore: 8\n  mayStart: true\nprobes: {enabled: true}\n';
  const bombs = 'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nmode: *c\n';
  const read = (text: string): Record<string, unknown> => {
    writeFileSync(file, text);
    return readConfigFile(file);
  };
  fuzz('settings in YAML', mutant(yaml, bombs), (text) => void validateConfig(read(text), file), {
    kept: [`a: &a [x]\nb: [${'*a, '.repeat(200)}]\n`],
  });
  const web = 'http:\n  address: 127.0.0.1:8576\nagents:\n  - name: a\n    address: unix:/run/ksmpilot/agent.sock\n';
  fuzz('settings of the web process', mutant(web), (text) => void validateWebConfig(read(text), file));
});

describe('tokens', () => {
  const entry = { name: 'grafana', role: 'view', sha256: '0'.repeat(64), created: '2026-01-01T00:00:00.000Z' };
  const tokens = JSON.stringify({ version: 1, tokens: [entry, { ...entry, name: 'b', expires: entry.created }] });
  fuzz('token files', mutant(tokens), (text) => {
    for (const { role, sha256 } of parseTokens(text)) {
      if (!['view', 'tune'].includes(role) || !/^[0-9a-f]{64}$/.test(sha256)) throw new Error(`${role} ${sha256}`);
    }
  });
});

describe('records', () => {
  const sample = (time: number): string =>
    JSON.stringify({
      time_ms: time,
      shared_bytes: 4096,
      sharing_bytes: 8192,
      ksmd_cpu_pct: 1.5,
      knobs: { run: 1, pages_to_scan: 100, sleep_millisecs: 20 },
    });
  const header = '{"format":"ksmpilot-record","version":1,"page_size":4096,"mem_total_bytes":1073741824}';
  const record = [header, sample(1000), sample(2000), sample(3000), ''].join('\n');
  fuzz('record files', mutant(record), (text) => {
    if (parseRecord(text, 'fuzz').samples.length < 2) throw new Error('fewer than two samples');
  });
});

describe('the history', () => {
  const layout = makeLayout(HOST_FIELDS, false);
  const rows = Array.from({ length: 20 }, (_, index) => ({
    series: 0,
    timeMs: 1_790_000_000_000 + index * 1000,
    values: Float64Array.from(layout.columns, (_column, column) => (column % 3 === 0 ? Number.NaN : index * column)),
  }));
  // HistoryFile counts what cannot be read as damaged, and goes on.
  const mayThrow = (error: unknown): boolean => error instanceof Error;
  fuzz('history chunks', mutantBytes(encodeRows(layout, rows)), (bytes) => void decodeRows(layout, bytes), {
    mayThrow,
  });
  fuzz('history layouts', mutant(layout.text), (text) => void parseLayout(text), { mayThrow });
});
