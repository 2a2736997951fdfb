/** The one line that a guest program writes to its stdout. */

export type GuestReply =
  | { readonly ready: true; readonly pid: number; readonly pageSize: number }
  /** `noLibc`: koffi or the C library could not be loaded. */
  | { readonly ready: false; readonly message: string; readonly noLibc: boolean };

/**
 * Reads a guest's line; anything that is not one is told as a failure that quotes it.
 *
 * Format: `{"ready":true,"pid":4711,"pageSize":4096}`
 */
export function parseReply(line: string): GuestReply {
  const unknown: GuestReply = { ready: false, message: `it answered "${line.slice(0, 200)}"`, noLibc: false };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return unknown;
  }
  if (typeof value !== 'object' || value === null || !('ready' in value)) return unknown;
  const { ready, pid, pageSize, message, noLibc } = value as Partial<Record<string, unknown>>;
  if (ready === true && typeof pid === 'number' && typeof pageSize === 'number') return { ready, pid, pageSize };
  if (ready === false && typeof message === 'string') return { ready, message, noLibc: noLibc === true };
  return unknown;
}
