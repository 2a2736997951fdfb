import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeDocument } from '../../../../bench/bakeoff/document.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'bakeoff-document-'))));
afterEach(() => rmSync(root, { recursive: true }));

it('writes the text formatted, its charts beside it, and no chart of before', async () => {
  const before = { markdown: '# Before\n', charts: [{ name: 'gone.svg', svg: '<svg/>' }] };
  await writeDocument(root, 'docs/x.md', before);
  const report = {
    markdown: '# Title\n* one\n\n|a|b|\n|--|-:|\n|1|22|',
    charts: [{ name: 'storm.svg', svg: '<svg></svg>\n' }],
  };
  expect(await writeDocument(root, 'docs/x.md', report)).toEqual(['docs/x.md', 'docs/x/storm.svg']);
  expect(readFileSync(join(root, 'docs/x.md'), 'utf8')).toBe(
    '# Title\n\n- one\n\n| a   |   b |\n| --- | --: |\n| 1   |  22 |\n',
  );
  expect(readdirSync(join(root, 'docs/x'))).toEqual(['storm.svg']);
});
