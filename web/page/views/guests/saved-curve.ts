/** The curve of saved memory in a cell of a table: of a guest, of a host of a fleet. */

import { bytes } from '../../format.js';
import { sparkline, trendOf } from './sparkline.js';

const CURVE = { width: 96, height: 20 } as const;
const SVG = 'http://www.w3.org/2000/svg';

/** Draws `values`, bytes over time with NaN for unknown, where they are not drawn yet; says them in words too. */
export function fillSavedCurve(cell: HTMLTableCellElement, values: ArrayLike<number>): void {
  const path = cell.querySelector('path') ?? newCurve(cell);
  const data = sparkline(values, CURVE);
  if (path.getAttribute('d') === data) return;
  path.setAttribute('d', data);
  const greatest = Math.max(0, ...Array.from(values).filter((value) => !Number.isNaN(value)));
  path.parentElement?.setAttribute('aria-label', `${trendOf(values)}, at most ${bytes(greatest)}`);
}

function newCurve(cell: HTMLTableCellElement): SVGPathElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${CURVE.width} ${CURVE.height}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('class', 'saved-curve');
  svg.setAttribute('role', 'img');
  const path = document.createElementNS(SVG, 'path');
  svg.append(path);
  cell.append(svg);
  return path;
}
