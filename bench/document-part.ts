import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';

/** Replaces what a bench wrote into a document: all between `<!-- NAME -->` and `<!-- end of NAME -->`. */
export async function writePart(path: string, name: string, markdown: string): Promise<void> {
  writeFileSync(path, withPart(readFileSync(path, 'utf8'), name, await format(markdown, { parser: 'markdown' })));
}

/** @throws RangeError where the document lacks a mark */
export function withPart(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new RangeError(`the document lacks ${begin} or ${end}`);
  return `${document.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${document.slice(to)}`;
}

/** A table in Markdown; the first column goes left, the others right. */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = heads.map((_, index) => (index === 0 ? '---' : '--:'));
  return [heads, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
