/** Names of any bytes, made fit to be shown, logged and used as labels. Pure. */

/** Longest text that `printable` returns, in characters. UUIDs, container ids and DNS names all fit. */
export const PRINTABLE_MAX = 120;

/** Of a longer text, how much is kept before its fingerprint of 16 digits. */
const KEPT = PRINTABLE_MAX - 17;

/** A run of ASCII, one whole UTF-8 sequence, or a byte that is part of neither. */
const RUN =
  /[^\u0080-\u00ff]+|[\u00c2-\u00df][\u0080-\u00bf]|[\u00e0-\u00ef][\u0080-\u00bf]{2}|[\u00f0-\u00f4][\u0080-\u00bf]{3}|[^]/g;

/**
 * What a terminal, a label or a person's eye cannot take as it is: control and format characters (some turn the text
 * around), unassigned and private ones, every blank but the space, and U+FFFD, which stands for broken text. The percent
 * sign because it marks the escapes.
 */
const UNFIT = /[\p{C}\p{Zl}\p{Zp}%\uFFFD]|[^\S ]/gu;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * The text of a byte string: UTF-8 where it is that, and what is unfit as %XX for each byte, a blank at either end
 * included. Different bytes give different texts, except that beyond 120 characters a fingerprint stands for the end.
 */
export function printable(bytes: string): string {
  if (/^[!-$&-~]*$/.test(bytes)) return bounded(bytes);
  const text = bytes.replaceAll(RUN, (run) => decoded(run)?.replaceAll(UNFIT, percentOfText) ?? percent(bytesOf(run)));
  return bounded(text.replace(/^ /, '%20').replace(/ $/, '%20'));
}

/** The same for a text that is decoded already. */
export function printableText(text: string): string {
  return printable(String.fromCharCode(...encoder.encode(text)));
}

/** undefined: not UTF-8 (overlong forms and surrogates are not). */
function decoded(run: string): string | undefined {
  if (run.charCodeAt(0) < 0x80) return run;
  try {
    return decoder.decode(bytesOf(run));
  } catch {
    return undefined;
  }
}

function percentOfText(text: string): string {
  return percent(encoder.encode(text));
}

function percent(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function bounded(text: string): string {
  if (text.length <= PRINTABLE_MAX) return text;
  const characters = Array.from(text);
  if (characters.length <= PRINTABLE_MAX) return text;
  return `${characters.slice(0, KEPT).join('')}~${fingerprint(text, 0x811c9dc5)}${fingerprint(text, 0x9747b28c)}`;
}

/** FNV-1a, 32 bits. */
function fingerprint(text: string, seed: number): string {
  let hash = seed;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
