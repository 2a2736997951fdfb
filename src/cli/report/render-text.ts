/** A report for a terminal or a mail. Pure. */

import type { Paint } from '../format-colour.js';
import { sparkline } from '../format-history.js';
import { formatTable } from '../format-table.js';
import { axisText, rangeText } from './axis.js';
import type { Block, Document } from './document.js';

const SPARKS = 60;

export function textOf({ title, sections }: Document, paint: Paint): string {
  const lines = [paint.bold(title)];
  for (const section of sections) {
    lines.push('', paint.bold(section.title));
    for (const block of section.blocks) lines.push(...blockLines(block));
  }
  return `${lines.join('\n')}\n`;
}

function blockLines(block: Block): string[] {
  switch (block.kind) {
    case 'text':
      return [`  ${block.text}`];
    case 'figures':
      return formatTable([{ head: '' }, { head: '' }], block.rows)
        .slice(1)
        .map((line) => `  ${line}`);
    case 'table':
      return formatTable(block.columns, block.rows).map((line) => `  ${line}`);
    case 'list':
      return block.items.flatMap(({ text, more }) => [`  - ${text}`, ...more.map((line) => `    ${line}`)]);
    case 'chart': {
      const { course } = block;
      const line = sparkline(thin(course.values));
      return ['', `  ${course.title}, ${rangeText(course)}`, `  |${line}|`, `   ${axisText(course)}`];
    }
  }
}

/** Means of neighbours, until they fit a line. */
function thin(values: readonly (number | null)[]): number[] {
  const each = Math.max(1, Math.ceil(values.length / SPARKS));
  const thinned: number[] = [];
  for (let at = 0; at < values.length; at += each) {
    const known = values.slice(at, at + each).filter((value) => value !== null);
    thinned.push(known.length === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0) / known.length);
  }
  return thinned;
}
