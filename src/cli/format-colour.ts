import { coloursAllowed, type Io } from './io.js';

/** Styles for people; plain text where colours are not wanted. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

const plain = (text: string): string => text;
const NO_PAINT: Paint = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };

/** SGR: start and end codes of ECMA-48. */
const style =
  (start: number, end: number) =>
  (text: string): string =>
    `\u001b[${start}m${text}\u001b[${end}m`;
const ANSI_PAINT: Paint = {
  bold: style(1, 22),
  dim: style(2, 22),
  red: style(31, 39),
  green: style(32, 39),
  yellow: style(33, 39),
};

export function paintFor(io: Io): Paint {
  return coloursAllowed(io) ? ANSI_PAINT : NO_PAINT;
}
