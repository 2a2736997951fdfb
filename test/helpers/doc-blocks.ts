/** The commands that the documents show. test/docs/README.md has how each is marked. */

import { filesUnder, readSource } from './source-tree.js';

export interface DocBlock {
  readonly file: string;
  /** Of the fence, from 1. */
  readonly line: number;
  /** `sh`: a script. `console`: lines that begin with `# ` are commands, the others are what they print. */
  readonly language: 'sh' | 'console';
  /** What the fence says behind the language. */
  readonly mark: string;
  readonly text: string;
}

export type Mark =
  | { readonly kind: 'run'; readonly exit: number }
  | { readonly kind: 'lint'; readonly reason: string }
  | { readonly kind: 'none' };

/** A line of an indented block that is a command; such blocks cannot be marked. */
const INDENTED_COMMAND =
  /^ {4,}(?:[#$] )?(?:sudo )?(?:ksmpilot|npm|npx|node|grpcurl|curl|systemctl|apt|kubectl|virsh|qm) /;
/** Lines of a block without a language that are commands. */
const BARE_COMMAND = /^(?:[#$] )?(?:sudo )?(?:ksmpilot|npm|npx|grpcurl|curl|systemctl|apt|kubectl|virsh) /;

/** Documents for people; docs/cli.md is what `--help` says, and the test fixtures are no documents. */
export function documents(): string[] {
  return filesUnder('.').filter((path) => path.endsWith('.md') && !/^(?:docs\/cli\.md|test\/fixtures\/)/.test(path));
}

export function docBlocks(file: string, source: string = readSource(file)): DocBlock[] {
  return fences(source).flatMap(({ info, line, lines }) => {
    const [, language, mark = ''] = /^(sh|console)(?:\s+(.*))?$/.exec(info) ?? [];
    if (language === undefined) return [];
    return [{ file, line, language: language as DocBlock['language'], mark: mark.trim(), text: lines.join('\n') }];
  });
}

export function markOf({ mark }: DocBlock): Mark {
  const [, exit = '0'] = /^run(?: exit=(\d+))?$/.exec(mark) ?? [];
  if (mark.startsWith('run'))
    return /^run(?: exit=\d+)?$/.test(mark) ? { kind: 'run', exit: Number(exit) } : { kind: 'none' };
  const reason = /^lint: (.+)$/.exec(mark)?.[1];
  return reason === undefined ? { kind: 'none' } : { kind: 'lint', reason };
}

/** The commands of a block: all of a script, the prompts' lines of a `console`. */
export function commandsOf({ language, text }: DocBlock): string {
  if (language === 'sh') return text;
  return text
    .split('\n')
    .filter((line) => line.startsWith('# '))
    .map((line) => line.slice(2))
    .join('\n');
}

/** What a `console` shows as output; empty for a script. */
export function shownOutput({ language, text }: DocBlock): readonly string[] {
  if (language === 'sh') return [];
  return text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('# '));
}

/** Commands outside of any marked block, as `file:line: text`. */
export function unmarkedCommands(file: string, source: string = readSource(file)): string[] {
  const inFence = new Set<number>();
  const bare: string[] = [];
  for (const { info, line, lines } of fences(source)) {
    for (let offset = 0; offset < lines.length + 2; offset += 1) inFence.add(line + offset);
    if (info !== '') continue;
    lines.forEach((text, index) => {
      if (BARE_COMMAND.test(text)) bare.push(`${file}:${line + 1 + index}: ${text}`);
    });
  }
  const indented = source
    .split('\n')
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text, line }) => !inFence.has(line) && INDENTED_COMMAND.test(text))
    .map(({ text, line }) => `${file}:${line}: ${text.trim()}`);
  return [...bare, ...indented];
}

/** Every `ksmpilot ...` that a document has in its text, as in "see `ksmpilot doctor --try`". */
export function inlineCommands(source: string): string[] {
  const withoutFences = source.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  return [...withoutFences.matchAll(/`((?:sudo )?ksmpilot [^`]+)`/g)].map(([, text = '']) =>
    text.replaceAll('\n', ' '),
  );
}

function fences(source: string): { info: string; line: number; lines: string[] }[] {
  const found: { info: string; line: number; lines: string[] }[] = [];
  let open: { info: string; line: number; lines: string[] } | undefined;
  source.split('\n').forEach((text, index) => {
    const fence = /^ *```(.*)$/.exec(text);
    if (open === undefined) {
      if (fence !== null) open = { info: (fence[1] ?? '').trim(), line: index + 1, lines: [] };
    } else if (fence !== null) {
      found.push(open);
      open = undefined;
    } else open.lines.push(text);
  });
  return found;
}
