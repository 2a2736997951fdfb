/** What inside/check.sh said: `== NAME` begins a section. Pure. */

export type Sections = ReadonlyMap<string, readonly string[]>;

export function sectionsOf(output: string): Sections {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of output.split(/\r?\n/)) {
    const name = /^== (.+)$/.exec(line)?.[1];
    if (name === undefined) {
      if (line.trim() !== '') lines.push(line);
      continue;
    }
    lines = [];
    sections.set(name, lines);
  }
  return sections;
}

/** `KEY=VALUE` lines. */
export function propertiesOf(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
}

/** Names of the capabilities in a mask of /proc/PID/status, as far as the units name them. */
export function capabilitiesOf(lines: readonly string[], field: string): readonly string[] {
  const hex = lines.map((line) => new RegExp(`^${field}:\\s+([0-9a-f]+)$`).exec(line)?.[1]).find(Boolean);
  if (hex === undefined) throw new Error(`no ${field} in ${lines.join(' | ')}`);
  const mask = BigInt(`0x${hex}`);
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit += 1) {
    if ((mask >> BigInt(bit)) & 1n) names.push(CAPABILITIES[bit] ?? `capability ${bit}`);
  }
  return names;
}

/** linux/capability.h. */
const CAPABILITIES: Readonly<Record<number, string>> = {
  2: 'CAP_DAC_READ_SEARCH',
  19: 'CAP_SYS_PTRACE',
  21: 'CAP_SYS_ADMIN',
  34: 'CAP_SYSLOG',
};
