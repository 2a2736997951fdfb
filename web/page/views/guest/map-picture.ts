/** A memory map as SVG: letters, patterns and colours say the same thing, and follow the theme by themselves. */

import { LINE_CELLS, hex, type Line, type Run } from './map-cells.js';

const SVG = 'http://www.w3.org/2000/svg';
/** In units of the picture. */
const CELL = { width: 12, height: 17, gap: 2 } as const;
const LABEL_WIDTH = 112;

/** What is drawn over the colour of each kind, within a square of 6. `private`, the usual, is plain. */
const PATTERNS: Readonly<Record<string, string>> = {
  ksm: 'M0 6L6 0M-1 1L1 -1M5 7L7 5',
  zero: 'M3 2.4a.6 .6 0 1 0 .01 0z',
  huge: 'M2 0V6M5 0V6',
  shared: 'M0 0L6 6M-1 5L1 7M5 -1L7 1',
  hugetlb: 'M0 3H6M3 0V6',
  swapped: 'M0 2H6M0 5H6',
};

export const WIDTH = LABEL_WIDTH + LINE_CELLS * CELL.width;

export function mapPicture(lines: readonly Line[], label: string): SVGSVGElement {
  const height = lines.length * (CELL.height + CELL.gap);
  const root = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${height}`,
    class: 'map-picture',
    role: 'img',
    'aria-label': label,
  });
  root.append(
    svg('defs', {}, ...Object.entries(PATTERNS).map(([kind, path]) => patternOf(kind, path))),
    ...lines.map((line, index) =>
      svg(
        'g',
        { transform: `translate(0 ${index * (CELL.height + CELL.gap)})` },
        svg('text', { x: `${LABEL_WIDTH - 8}`, y: '12.5', class: 'address' }, hex(line.address)),
        svg('rect', {
          x: String(LABEL_WIDTH),
          width: String(line.cells * CELL.width),
          height: String(CELL.height),
          class: 'ground',
        }),
        ...line.runs.flatMap(shapesOf),
      ),
    ),
  );
  return root;
}

/** One cell, for the legend. The patterns are those of the picture in the same document. */
export function keyPicture(kind: string, sign: string): SVGSVGElement {
  const place = { width: '20', height: String(CELL.height) };
  const root = svg('svg', { viewBox: `0 0 20 ${CELL.height}`, class: 'map-key', 'aria-hidden': 'true' });
  root.append(svg('rect', { ...place, class: kind === 'absent' ? 'ground' : `cell ${kind} full` }));
  if (Object.hasOwn(PATTERNS, kind))
    root.append(svg('rect', { ...place, fill: `url(#map-${kind})`, class: `${kind} full` }));
  root.append(svg('text', { x: '10', y: '12.5', class: 'sign' }, sign));
  return root;
}

/** The cell under a pointer, by its place in the picture from 0 to 1; undefined beside the cells. */
export function cellAt(
  lines: readonly Line[],
  place: { readonly x: number; readonly y: number },
): { readonly line: Line; readonly cell: number } | undefined {
  const line = lines[Math.floor(place.y * lines.length)];
  const cell = Math.floor((place.x * WIDTH - LABEL_WIDTH) / CELL.width);
  return line === undefined || cell < 0 || cell >= line.cells ? undefined : { line, cell };
}

function shapesOf({ at, cells, kind, full, sign }: Run): SVGElement[] {
  const place = {
    x: String(LABEL_WIDTH + at * CELL.width),
    width: String(cells * CELL.width),
    height: String(CELL.height),
  };
  const look = `${kind} ${full ? 'full' : 'part'}`;
  const middle = LABEL_WIDTH + (at + cells / 2) * CELL.width;
  return [
    svg('rect', { ...place, class: `cell ${look}` }),
    ...(Object.hasOwn(PATTERNS, kind) ? [svg('rect', { ...place, fill: `url(#map-${kind})`, class: look })] : []),
    svg('text', { x: String(middle), y: '12.5', class: 'sign' }, sign),
  ];
}

function patternOf(kind: string, path: string): SVGElement {
  return svg(
    'pattern',
    { id: `map-${kind}`, width: '6', height: '6', patternUnits: 'userSpaceOnUse' },
    svg('path', { d: path, class: `stroke ${kind}` }),
  );
}

function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[Tag] {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
