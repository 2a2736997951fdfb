import type { Spread } from '../statistics.js';

/** Figures as the report writes them: a true minus sign, no `-0`, infinite as `never`. */
export function fixed(value: number, digits: number): string {
  if (value === Infinity) return 'never';
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** `1.23 (1.20 to 1.31)`; the spread is left out where it does not show in so many digits. */
export function withSpread({ median, min, max }: Spread, digits: number): string {
  const [low, high] = [fixed(min, digits), fixed(max, digits)];
  return low === high ? fixed(median, digits) : `${fixed(median, digits)} (${low} to ${high})`;
}

/** A Markdown table; the first columns are text, all after them are figures and stand right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], textColumns = 1): string {
  const rule = head.map((_, index) => (index < textColumns ? '---' : '--:'));
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  return [head, rule, ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${last}` : last;
}

/** `1 repeat`, `2 repeats`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
