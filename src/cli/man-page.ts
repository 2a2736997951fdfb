/** Manual pages in man(7)'s language, from the command tree. Pure. */

import type { ArgumentFacts, CommandFacts } from './command-tree.js';

export interface ManualFacts {
  readonly version: string;
  /** What the program prints after its help: examples and exit codes. */
  readonly epilogue: string;
}

/** `ksmpilot-guest`: the page's name, and the command's with dashes. */
export function pageName(command: CommandFacts): string {
  return command.path.join('-');
}

/** The text of a page of section 1. */
export function manualPage(command: CommandFacts, { version, epilogue }: ManualFacts): string {
  const name = pageName(command);
  const top = command.path.length === 1;
  const lines = [
    String.raw`.\" Written by scripts/docs.mjs from the command tree; npm run docs writes it anew.`,
    `.TH ${quoted(name.toUpperCase())} 1 "" ${quoted(`ksmpilot ${version}`)} ${quoted('ksmpilot')}`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(firstSentence(command.description))}`,
    '.SH SYNOPSIS',
    ...synopsis(command),
    '.SH DESCRIPTION',
    ...paragraph(sentence(command.description)),
    ...(command.arguments.length === 0 ? [] : ['.SH ARGUMENTS', ...command.arguments.flatMap(argumentLines)]),
    '.SH OPTIONS',
    ...command.options.flatMap(({ flags, description }) => entry(bold(flags), description)),
    ...(command.commands.length === 0
      ? []
      : [
          '.SH COMMANDS',
          ...command.commands.flatMap((one) => entry(bold(`${pageName(one)}(1)`), sentence(one.description))),
        ]),
    ...(top ? epilogueLines(epilogue) : []),
    ...(top ? FILES : []),
    '.SH SEE ALSO',
    seeAlso(command),
  ];
  return `${lines.join('\n')}\n`;
}

const FILES = [
  '.SH FILES',
  ...entry(italic('/etc/ksmpilot/config.yaml'), 'Settings of the agent, each with its range and default.'),
  ...entry(
    italic('/run/ksmpilot'),
    "The agent's socket and token, and the baseline of the knobs, from which \\fBksmpilot restore\\fR puts them back.",
    true,
  ),
  ...entry(italic('/var/lib/ksmpilot'), 'History and audit log.'),
];

function synopsis(command: CommandFacts): readonly string[] {
  const words = [bold(command.path.join(' '))];
  if (command.commands.length > 0) words.push(italic('COMMAND'));
  words.push(`[${italic('OPTION')}]...`, ...command.arguments.map(argumentWord));
  return [words.join(' ')];
}

function argumentWord({ name, required, variadic }: ArgumentFacts): string {
  const word = `${italic(name.toUpperCase())}${variadic ? '...' : ''}`;
  return required ? word : `[${word}]`;
}

function argumentLines(argument: ArgumentFacts): readonly string[] {
  const choices = argument.choices.length === 0 ? '' : ` One of ${argument.choices.join(', ')}.`;
  return entry(italic(argument.name.toUpperCase()), `${sentence(argument.description)}${choices}`.trim());
}

/** `Heading:` begins a section, a line that ends a sentence is text, the rest is literal. */
function epilogueLines(epilogue: string): readonly string[] {
  const lines: string[] = [];
  for (const block of epilogue.trim().split('\n\n')) {
    const [head = '', ...rest] = block.split('\n');
    const section = /^([A-Z][a-z ]+):$/.exec(head)?.[1];
    const inline = /^([A-Z][a-z ]+): (.+)$/.exec(head);
    if (section !== undefined) lines.push(`.SH ${section.toUpperCase()}`, '.nf', ...rest.map(escaped), '.fi');
    else if (inline !== null) lines.push(`.SH ${(inline[1] ?? '').toUpperCase()}`, escaped(inline[2] ?? ''));
    else lines.push('.PP', ...block.split('\n').map(escaped));
  }
  return lines;
}

function seeAlso(command: CommandFacts): string {
  const parent = command.path.slice(0, -1).join('-');
  const pages = parent === '' ? [] : [`${bold(parent)}(1)`];
  return [...pages, `${bold('bpftrace')}(8), the kernel's ${italic('Documentation/admin-guide/mm/ksm.rst')}`].join(
    ', ',
  );
}

/** A term and what it means. @param isRoff the text has its own font changes */
function entry(term: string, text: string, isRoff = false): string[] {
  return ['.TP', term, isRoff ? text : escaped(text)];
}

function paragraph(text: string): readonly string[] {
  return text.split('\n').map(escaped);
}

function sentence(text: string): string {
  if (text === '') return '';
  const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/** For the NAME line: whatis(1) shows it whole, so it is one clause without its point. */
function firstSentence(text: string): string {
  return text.replace(/[:.](\s[\s\S]*)?$/, '');
}

function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/** A backslash and a point or quote at the start of a line mean something to man(7); a dash is to be a minus. */
function escaped(text: string): string {
  const safe = text.replaceAll('\\', String.raw`\e`).replaceAll('-', String.raw`\-`);
  return /^[.']/.test(safe) ? `\\&${safe}` : safe;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '')}"`;
}
