/** A small line over time as SVG. Pure. */

import type { Course } from './report.js';

const WIDTH = 600;
const HEIGHT = 100;

/** From 0 to the highest, or to 1 for a ratio that never reached it: then the distance to the limit shows. */
export function chartSvg({ values, unit }: Course, label: string): string {
  const known = values.filter((value) => value !== null);
  // Beyond twice the limit a ratio says no more.
  const top = unit === 'ratio' ? Math.min(2, Math.max(1, ...known)) : Math.max(0, ...known);
  const y = (value: number): number =>
    top === 0 ? HEIGHT : HEIGHT - (Math.min(top, Math.max(0, value)) / top) * HEIGHT;
  const step = WIDTH / Math.max(1, values.length);
  let path = '';
  values.forEach((value, index) => {
    if (value === null) return;
    const begins = index === 0 || values[index - 1] === null;
    const [from, to] = [round(index * step), round((index + 1) * step)];
    path += `${begins ? 'M' : 'L'}${from} ${round(y(value))}H${to}`;
  });
  const limit = unit === 'ratio' ? `<line x1="0" x2="${WIDTH}" y1="${round(y(1))}" y2="${round(y(1))}"/>` : '';
  return (
    `<svg viewBox="0 -1 ${WIDTH} ${HEIGHT + 2}" preserveAspectRatio="none" role="img" aria-label="${escape(label)}">` +
    `<line x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}"/>${limit}<path d="${path}"/></svg>`
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}
