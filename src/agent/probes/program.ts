/**
 * The programs in bpf/ as text: putting in their parts, replacing their `#define NAME value` lines with this host's
 * values, and joining several into one, because one bpftrace process with all probes is the cheapest (each costs some
 * 110 MB of RSS).
 */

import { KsmpilotError } from '../errors.js';

/** Values for `#define` lines by name. */
export type Defines = Readonly<Record<string, string | number>>;

const DEFINE = /^#define[ \t]+(\w+)[ \t]+(.*?)[ \t]*$/gm;

const INCLUDE = /^([ \t]*)#include "([\w/]+\.bt)"\n/gm;
/** Parts include parts: a walk ends at a page-table entry. More levels than this are a part that includes itself. */
const MAX_DEPTH = 4;

/**
 * The text of a file in bpf/ with its parts: a line `#include "parts/NAME.bt"` is replaced by that file, indented as the
 * line is, without the comment at the part's head. bpftrace itself takes #include for C headers only, so such a file
 * stops it aloud. `read`: the text of a file in bpf/ by its name there.
 */
export function composeProgram(file: string, read: (file: string) => string, depth = 0): string {
  if (depth > MAX_DEPTH) throw new KsmpilotError('INTERNAL', `bpf/${file} includes itself`);
  return read(file).replace(INCLUDE, (_line, indent: string, part: string) =>
    composeProgram(part, read, depth + 1)
      .replace(/^\/\*[\s\S]*?\*\/\n/, indent === '' ? '$&' : '')
      .replace(/^(?=.)/gm, indent),
  );
}

/** The names that a program leaves to the host, with their defaults. */
export function definesOf(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(DEFINE)].map((match) => [match[1] ?? '', match[2] ?? '']));
}

/**
 * The program with the given values in place of its defaults. `required` names must be among `defines`; a name that the
 * program does not have, or a value of more than one line, is an error (INTERNAL: a defect, not a fault of the host).
 */
export function renderProgram(text: string, defines: Defines, required: readonly string[] = []): string {
  const known = definesOf(text);
  for (const [name, value] of Object.entries(defines)) {
    if (!known.has(name)) throw new KsmpilotError('INTERNAL', `the program has no #define ${name}`);
    if (/[\r\n\\]/.test(String(value))) throw new KsmpilotError('INTERNAL', `#define ${name}: more than one line`);
  }
  for (const name of required) {
    if (!(name in defines)) throw new KsmpilotError('INTERNAL', `#define ${name} is not given`);
  }
  return text.replace(DEFINE, (line, name: string) =>
    name in defines ? `#define ${name} ${defines[name] ?? ''}` : line,
  );
}

/**
 * Several rendered programs as one: comments dropped, `#define` lines first and once (two values for one name are an
 * error), one END block with the statements of all, each once, since bpftrace takes no second one. A lone program passes
 * likewise.
 * `intervalSec`: whole seconds between two frames.
 */
export function joinPrograms(texts: readonly string[], intervalSec = 1): string {
  const defines = new Map<string, string>();
  const ends = new Set<string>();
  const bodies = texts.map((text) => {
    for (const [name, value] of definesOf(text)) {
      if ((defines.get(name) ?? value) !== value) {
        throw new KsmpilotError('INTERNAL', `#define ${name} has two values: ${defines.get(name) ?? ''} and ${value}`);
      }
      defines.set(name, value);
    }
    return text
      .replace(/^#.*\n/gm, '')
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/[ \t]*\/\/ .*$/gm, '')
      .replace(/^interval:s:1$/gm, `interval:s:${intervalSec}`)
      .replace(/^END\n\{\n([\s\S]*?)^\}\n/gm, (_block, statements: string) => {
        for (const line of statements.match(/^.+\n/gm) ?? []) ends.add(line);
        return '';
      })
      .trim();
  });
  const head = [...defines].map(([name, value]) => `#define ${name} ${value}`);
  const end = ends.size === 0 ? [] : [`END\n{\n${[...ends].join('')}}`];
  return [...head, ...bodies, ...end].join('\n') + '\n';
}
