import { malformed } from './file.js';

/**
 * A whole number as the kernel prints it, blanks around it allowed. Beyond 2^53 it is rounded to the nearest double,
 * which is far finer than what any reader does with it. The kernel's largest, 2^64 - 1, has 20 digits.
 *
 * Sample: `26214\n`
 *
 * @throws KsmpilotError KSM_FILE_MALFORMED naming `path`
 */
export function parseCount(text: string, path: string): number {
  const trimmed = text.trim();
  if (!/^\d{1,20}$/.test(trimmed)) throw malformed(path, text, 'a whole number');
  return Number(trimmed);
}

/**
 * The same for what the kernel prints with a sign: general_profit and ksm_process_profit are negative while the
 * records of scanned pages weigh more than what merging saves.
 *
 * Sample: `-1638400\n`
 */
export function parseSigned(text: string, path: string): number {
  const trimmed = text.trim();
  if (!/^-?\d{1,20}$/.test(trimmed)) throw malformed(path, text, 'a whole number, negative or not');
  return Number(trimmed);
}

/**
 * The selected word of a choice.
 *
 * Sample: `[none] scan-time\n` gives `none`
 */
export function parseSelected(text: string, path: string): string {
  const word = /\[([^\]\s]+)\]/.exec(text)?.[1];
  if (word === undefined) throw malformed(path, text, 'words with the selected one in brackets');
  return word;
}
