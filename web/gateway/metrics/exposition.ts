/**
 * Families and what agents say -> the text that Prometheus scrapes: its own format 0.0.4, and OpenMetrics 1.0.0. Series
 * have the same names and labels in both. Pure.
 */

import type { Format } from './accept.js';
import type { Family, Labels } from './family.js';
import type { AgentReading, GuestChoice } from './reading.js';

/** An agent's answers, and the `host` label that they get; undefined where one agent only is served. */
export interface HostReading {
  readonly host: string | undefined;
  readonly reading: AgentReading;
}

export interface ExposeOptions {
  readonly families: readonly Family[];
  readonly hosts: readonly HostReading[];
  readonly guests: GuestChoice;
  readonly format: Format;
}

/** Units that OpenMetrics wants told apart; the last word of a name, `_total` left out. */
const UNITS = ['bytes', 'seconds', 'ratio', 'cores'] as const;

export function expose({ families, hosts, guests, format }: ExposeOptions): string {
  const lines: string[] = [];
  for (const family of families) {
    const samples = hosts.flatMap(({ host, reading }) => samplesOf(family, reading, guests, host));
    if (samples.length === 0) continue;
    lines.push(...headOf(family, format), ...samples);
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function headOf({ name, type, help }: Family, format: Format): string[] {
  if (format === 'text') {
    const told = type === 'info' ? 'gauge' : type;
    return [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${told}`];
  }
  const base = type === 'counter' ? name.replace(/_total$/, '') : type === 'info' ? name.replace(/_info$/, '') : name;
  const unit = UNITS.find((one) => base.endsWith(`_${one}`));
  return [
    `# TYPE ${base} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${base} ${unit}`]),
    `# HELP ${base} ${escapeValue(help)}`,
  ];
}

function samplesOf(family: Family, reading: AgentReading, guests: GuestChoice, host: string | undefined): string[] {
  const first = host === undefined ? '' : `host="${escapeValue(host)}"`;
  if (family.type !== 'histogram') {
    return family.points(reading, guests).flatMap(({ labels, value }) => {
      if (value === null || value === undefined || Number.isNaN(value)) return [];
      return [`${family.name}${labelText(first, labels)} ${numberText(value)}`];
    });
  }
  return family
    .distributions(reading)
    .flatMap(({ labels, buckets }) =>
      buckets.map(([le, count]) => `${family.name}_bucket${labelText(first, { ...labels, le })} ${numberText(count)}`),
    );
}

function labelText(first: string, labels: Labels = {}): string {
  let text = first;
  for (const name of Object.keys(labels))
    text += `${text === '' ? '' : ','}${name}="${escapeValue(labels[name] ?? '')}"`;
  return text === '' ? '' : `{${text}}`;
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** A label's value may hold any character; backslash, quote and line feed are escaped. */
export function escapeValue(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

/** In the help of format 0.0.4 a quote stands for itself. */
function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
