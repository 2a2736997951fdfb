/** What QEMU says on a monitor (docs/interop/qmp-spec.rst of QEMU), one JSON object each. Pure. */

export type QmpMessage =
  | { readonly type: 'greeting'; readonly version: string }
  | { readonly type: 'return'; readonly id: number | undefined; readonly value: unknown }
  | {
      readonly type: 'error';
      readonly id: number | undefined;
      /** `GenericError`, `DeviceNotFound`, ... */
      readonly class: string;
      readonly text: string;
    }
  | { readonly type: 'event'; readonly name: string };

/** @returns undefined for what is no message of QMP's */
export function parseQmpMessage(text: string): QmpMessage | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(parsed)) return undefined;
  const id = typeof parsed['id'] === 'number' ? parsed['id'] : undefined;
  if ('QMP' in parsed) return { type: 'greeting', version: versionOf(parsed['QMP']) };
  if (typeof parsed['event'] === 'string') return { type: 'event', name: parsed['event'] };
  if ('return' in parsed) return { type: 'return', id, value: parsed['return'] };
  const error = parsed['error'];
  if (!isRecord(error)) return undefined;
  return {
    type: 'error',
    id,
    class: typeof error['class'] === 'string' ? error['class'] : 'unknown',
    text: typeof error['desc'] === 'string' ? error['desc'] : '',
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `{"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian ..."}, "capabilities": ["oob"]}` */
function versionOf(greeting: unknown): string {
  const version = isRecord(greeting) && isRecord(greeting['version']) ? greeting['version'] : {};
  const qemu = isRecord(version['qemu']) ? version['qemu'] : {};
  const numbers = ['major', 'minor', 'micro'].map((part) => qemu[part]);
  return numbers.every((number) => typeof number === 'number') ? numbers.join('.') : 'unknown';
}

/**
 * Cuts what arrives into messages. QEMU ends each with a line break; a monitor opened with `pretty=on` spreads one over
 * many lines, from a line `{` to a line `}`.
 */
export class QmpSplitter {
  readonly #maxBytes: number;
  #rest = '';
  #spread: string[] | undefined;
  #spreadBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @param text what arrived, any part of a line
   * @returns the messages that are complete now; undefined: one is longer than allowed
   */
  add(text: string): readonly string[] | undefined {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    const messages: string[] = [];
    for (const line of lines) {
      const bare = line.replace(/\r$/, '');
      if (this.#spread !== undefined) {
        this.#spread.push(bare);
        this.#spreadBytes += bare.length;
        if (this.#spreadBytes > this.#maxBytes) return undefined;
        if (bare !== '}') continue;
        messages.push(this.#spread.join('\n'));
        this.#spread = undefined;
      } else if (bare === '{') {
        this.#spread = [bare];
        this.#spreadBytes = bare.length;
      } else if (bare.length > this.#maxBytes) return undefined;
      else if (bare.trim() !== '') messages.push(bare);
    }
    return this.#rest.length > this.#maxBytes ? undefined : messages;
  }
}
