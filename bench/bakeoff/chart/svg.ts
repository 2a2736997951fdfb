import type { Color } from './colors.js';
import { styleSheet } from './colors.js';

/** Shapes of points, so that policies differ by more than colour. */
export type Marker = 'circle' | 'square' | 'triangle' | 'diamond' | 'cross' | 'plus' | 'bar';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A picture of its own background, with a title and a description for those who cannot see it. */
export function picture(
  width: number,
  height: number,
  title: string,
  description: string,
  parts: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<desc>${escaped(description)}</desc>`,
    styleSheet(),
    `<rect class="f-surface" width="${width}" height="${height}" rx="6"/>`,
    ...parts.filter((part) => part !== ''),
    '</svg>\n',
  ].join('\n');
}

export interface Lettering {
  readonly color?: Color;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly kind?: 'title' | 'small';
  readonly bold?: boolean;
}

export function letters(x: number, y: number, text: string, how: Lettering = {}): string {
  const { color = 'ink', anchor = 'start', kind, bold = false } = how;
  const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  const weight = bold ? ' font-weight="600" style="font-weight:600"' : '';
  return `<text class="f-${color}${kind ? ` ${kind}` : ''}" x="${short(x)}" y="${short(y)}"${anchored}${weight}>${escaped(text)}</text>`;
}

/** A straight line. */
export function rule(x1: number, y1: number, x2: number, y2: number, classes: string): string {
  return `<path class="${classes}" d="M${short(x1)} ${short(y1)}L${short(x2)} ${short(y2)}"/>`;
}

export function polyline(points: readonly (readonly [number, number])[], classes: string): string {
  if (points.length === 0) return '';
  return `<path class="${classes}" d="M${points.map(([x, y]) => `${short(x)} ${short(y)}`).join('L')}"/>`;
}

export function marker(shape: Marker, x: number, y: number, size: number, color: Color): string {
  const at = (dx: number, dy: number): string => `${short(x + dx * size)} ${short(y + dy * size)}`;
  const closed = (...corners: string[]): string => `<path class="f-${color}" d="M${corners.join('L')}Z"/>`;
  const strokes = (...lines: string[]): string =>
    `<path class="s-${color}" fill="none" stroke-width="2" d="${lines.map((line) => `M${line}`).join('')}"/>`;
  switch (shape) {
    case 'circle':
      return `<circle class="f-${color}" cx="${short(x)}" cy="${short(y)}" r="${short(size)}"/>`;
    case 'square':
      return closed(at(-0.85, -0.85), at(0.85, -0.85), at(0.85, 0.85), at(-0.85, 0.85));
    case 'triangle':
      return closed(at(0, -1.1), at(1, 0.8), at(-1, 0.8));
    case 'diamond':
      return closed(at(0, -1.2), at(1.1, 0), at(0, 1.2), at(-1.1, 0));
    case 'cross':
      return strokes(`${at(-0.8, -0.8)}L${at(0.8, 0.8)}`, `${at(-0.8, 0.8)}L${at(0.8, -0.8)}`);
    case 'plus':
      return strokes(`${at(-1, 0)}L${at(1, 0)}`, `${at(0, -1)}L${at(0, 1)}`);
    case 'bar':
      return strokes(`${at(0, -1.2)}L${at(0, 1.2)}`);
  }
}

/** At most `most` round numbers (1, 2, 2.5 or 5 times a power of ten) from `low` to `high`. */
export function roundTicks(low: number, high: number, most: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / most));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => span / size <= most) ?? 10 * power;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first;
  return Array.from({ length: count + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

export function scale(from: readonly [number, number], to: readonly [number, number]): (value: number) => number {
  const factor = (to[1] - to[0]) / (from[1] - from[0] || 1);
  return (value) => to[0] + (value - from[0]) * factor;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function short(value: number): string {
  return String(Number(value.toFixed(1)) + 0);
}
