/** A report for a wiki or a ticket: GitHub's flavour of Markdown. Pure. */

import { axisText, rangeText } from './axis.js';
import type { Block, Document } from './document.js';
import { sparkline } from '../format-history.js';

export function markdownOf({ title, sections }: Document): string {
  const parts = [`# ${escape(title)}`];
  for (const section of sections) {
    parts.push(`## ${escape(section.title)}`, ...section.blocks.map(blockText));
  }
  return `${parts.join('\n\n')}\n`;
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'text':
      return escape(block.text);
    case 'figures':
      return table(['', ''], [':--', ':--'], block.rows);
    case 'table':
      return table(
        block.columns.map(({ head }) => head),
        block.columns.map(({ align }) => (align === 'right' ? '--:' : ':--')),
        block.rows,
      );
    case 'list':
      return block.items
        .flatMap(({ text, more }) => [`- ${escape(text)}`, ...more.map((line) => `  - ${escape(line)}`)])
        .join('\n');
    case 'chart': {
      const { course } = block;
      const line = sparkline(course.values.map((value) => value ?? Number.NaN));
      return `${escape(course.title)}, ${escape(rangeText(course))}, ${axisText(course)}:\n\n    ${line}`;
    }
  }
}

function table(heads: readonly string[], rules: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads.map(escape)), line(rules), ...rows.map((row) => line(row.map(escape)))].join('\n');
}

/** Guests choose their names: none may become a link, a picture, a heading or HTML. */
function escape(text: string): string {
  return text.replaceAll(/[\\`*_[\]{}<>|!~]/g, String.raw`\$&`).replace(/^([#+-]|\d+\.)(?=\s)/, String.raw`\$1`);
}
