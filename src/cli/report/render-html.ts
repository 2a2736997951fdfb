/** A report as one HTML file: no script, nothing loaded from elsewhere, made to be printed. Pure. */

import { axisText, rangeText } from './axis.js';
import { chartSvg, escape } from './chart-svg.js';
import type { Block, Document } from './document.js';

const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1f2328; --line: #1f6feb; --rule: #d0d7de; --quiet: #57606a; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #15191e; --ink: #e6edf3; --line: #6cb6ff; --rule: #444c56; --quiet: #adbac7; }
}
html { background: var(--ground); color: var(--ink); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--rule); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top; }
th { font-weight: 600; } thead th { border-bottom: 1px solid var(--rule); white-space: nowrap; }
.right { text-align: right; white-space: nowrap; } tbody th { font-weight: 400; color: var(--quiet); }
figure { margin: 1rem 0; } figcaption { color: var(--quiet); font-size: .9rem; }
svg { display: block; width: 100%; height: 7rem; } path { fill: none; stroke: var(--line); stroke-width: 1.5; }
svg line { stroke: var(--rule); } path, svg line { vector-effect: non-scaling-stroke; }
@media print {
  :root { --ground: #fff; --ink: #000; --line: #000; --rule: #999; --quiet: #333; } body { margin: 0; max-width: none; font-size: 10pt; }
  h2 { break-after: avoid; } tr, figure, li { break-inside: avoid; } thead { display: table-header-group; }
}`;

/** Nothing may run or load, whatever a guest's name holds. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export function htmlOf({ title, sections }: Document): string {
  const body = sections
    .map(
      (section) => `<section>
<h2>${escape(section.title)}</h2>
${section.blocks.map((block) => blockHtml(block, section.title)).join('\n')}
</section>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}
</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** `title`: of its section; no section has two tables, so it names one among them. */
function blockHtml(block: Block, title: string): string {
  switch (block.kind) {
    case 'text':
      return `<p>${escape(block.text)}</p>`;
    case 'figures':
      return `<table>
<tbody>
${block.rows.map(([name, value]) => `<tr><th scope="row">${escape(name)}</th><td>${escape(value)}</td></tr>`).join('\n')}
</tbody>
</table>`;
    case 'table':
      return tableHtml(block, title);
    case 'list':
      return `<ul>
${block.items.map(({ text, more }) => `<li>${escape(text)}${more.length === 0 ? '' : `<ul>${more.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>`}</li>`).join('\n')}
</ul>`;
    case 'chart': {
      const { course } = block;
      const caption = `${course.title}, ${rangeText(course)}, ${axisText(course)}`;
      return `<figure>
${chartSvg(course, caption)}
<figcaption>${escape(caption)}</figcaption>
</figure>`;
    }
  }
}

/** A table that is wider than the window scrolls by itself, with the keyboard too. */
function tableHtml({ columns, rows }: Extract<Block, { kind: 'table' }>, title: string): string {
  const side = (index: number): string => (columns[index]?.align === 'right' ? ' class="right"' : '');
  const head = columns.map((column, index) => `<th scope="col"${side(index)}>${escape(column.head)}</th>`).join('');
  const lines = rows.map(
    (row) => `<tr>${row.map((cell, index) => `<td${side(index)}>${escape(cell)}</td>`).join('')}</tr>`,
  );
  return `<div class="wide" role="region" aria-label="${escape(title)}" tabindex="0">
<table>
<thead><tr>${head}</tr></thead>
<tbody>
${lines.join('\n')}
</tbody>
</table>
</div>`;
}
