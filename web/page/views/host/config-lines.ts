/** The agent's configuration as groups of settings. Pure. */

export interface ConfigLine {
  /** `tuner.gibPerCore`. */
  readonly key: string;
  readonly value: string;
}

export interface ConfigGroup {
  /** `tuner`; empty: those outside a group. */
  readonly name: string;
  readonly lines: readonly ConfigLine[];
}

/** Of a JSON object; undefined where it is none. */
export function configGroups(json: string): readonly ConfigGroup[] | undefined {
  let config: unknown;
  try {
    config = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isObject(config)) return undefined;
  const groups = new Map<string, ConfigLine[]>([['', []]]);
  for (const [name, value] of Object.entries(config)) {
    if (isObject(value)) groups.set(name, leavesOf(name, value));
    else groups.get('')?.push({ key: name, value: textOf(value) });
  }
  return [...groups].map(([name, lines]) => ({ name, lines })).filter(({ lines }) => lines.length > 0);
}

function leavesOf(path: string, value: object): ConfigLine[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const key = `${path}.${name}`;
    return isObject(inner) ? leavesOf(key, inner) : [{ key, value: textOf(inner) }];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return 'none';
  return JSON.stringify(value);
}
