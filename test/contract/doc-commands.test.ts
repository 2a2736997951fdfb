import { spawnSync } from 'node:child_process';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { allCommands, commandFacts, type CommandFacts } from '../../src/cli/command-tree.js';
import { createProgram } from '../../src/cli/program.js';
import {
  commandsOf,
  docBlocks,
  documents,
  inlineCommands,
  markOf,
  unmarkedCommands,
  type DocBlock,
} from '../helpers/doc-blocks.js';
import { readSource } from '../helpers/source-tree.js';

const files = documents();
const blocks = files.flatMap((file) => docBlocks(file));
const where = ({ file, line }: DocBlock): string => `${file}:${line}`;

describe('commands in documents', () => {
  it('are each run by test/docs, or say why they cannot be', () => {
    expect(blocks.length).toBeGreaterThan(15);
    expect(blocks.filter((block) => markOf(block).kind === 'none').map(where)).toEqual([]);
    expect(blocks.filter((block) => markOf(block).kind === 'run').length).toBeGreaterThanOrEqual(8);
  });

  it('stand in blocks that can be marked', () => {
    expect(files.flatMap((file) => unmarkedCommands(file))).toEqual([]);
  });

  const { error } = spawnSync('shellcheck', ['--version']);
  const noShellcheck = error === undefined ? '' : ': shellcheck is not installed (apt-get install shellcheck)';

  it.skipIf(noShellcheck !== '')(`pass shellcheck${noShellcheck}`, () => {
    // SC2312 and others are of taste; SC1091: files that are sourced are not here; SC2154: variables of the reader.
    const report = blocks.flatMap((block) => {
      const { stdout } = spawnSync(
        'shellcheck',
        ['-s', 'bash', '-S', 'warning', '-e', 'SC1091,SC2154', '-f', 'gcc', '-'],
        {
          input: `${commandsOf(block)}\n`,
          encoding: 'utf8',
        },
      );
      return stdout === '' ? [] : [`${where(block)}\n${stdout}`];
    });
    expect(report).toEqual([]);
  });

  it('of ksmpilot exist, with their options', () => {
    const tree = commandFacts(createProgram());
    const inText = files.flatMap((file) => inlineCommands(readSource(file)).map((text) => ({ at: file, text })));
    const inBlocks = blocks.flatMap((block) =>
      commandsOf(block)
        .replaceAll(/\\\n\s*/g, ' ')
        .split('\n')
        .flatMap((line) => line.split(/ (?:\||&&|\|\||;) /))
        .map((text) => ({ at: where(block), text: text.replace(/\s#.*$/, '').trim() })),
    );
    const commands = [...inText, ...inBlocks].filter(({ text }) => /^(?:sudo )?ksmpilot\s/.test(text));
    expect(commands.length).toBeGreaterThan(80);
    expect(commands.flatMap(({ at, text }) => faultsOf(tree, text).map((fault) => `${at}: ${text}: ${fault}`))).toEqual(
      [],
    );
  });

  it('for grpcurl name calls and fields of the .proto', () => {
    const root = protobuf.loadSync('proto/ksmpilot/v1/ksmpilot.proto');
    const service = root.lookupService('ksmpilot.v1.Ksmpilot');
    const calls = blocks.flatMap((block) =>
      [
        ...commandsOf(block)
          .replaceAll(/\\\n\s*/g, ' ')
          .matchAll(/^grpcurl (.*)$/gm),
      ].map(([, line = '']) => ({
        at: where(block),
        method: /ksmpilot\.v1\.Ksmpilot\/(\w+)/.exec(line)?.[1],
        data: /-d '([^']*)'/.exec(line)?.[1] ?? '{}',
      })),
    );
    const ours = calls.filter(({ method }) => method !== undefined);
    expect(ours.length).toBeGreaterThan(3);
    for (const { at, method = '', data } of ours) {
      const type = root.lookupType(
        `ksmpilot.v1.${service.methods[method]?.requestType ?? `no call ${method} (${at})`}`,
      );
      const known = type.fieldsArray.flatMap(({ name }) => [
        name,
        name.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
      ]);
      const fields = Object.keys(JSON.parse(data) as object);
      expect({ at, unknown: fields.filter((name) => !known.includes(name)) }).toEqual({ at, unknown: [] });
    }
  });
});

/** What is wrong with a command line by the tree of commands. Words in capitals stand for the reader's own. */
function faultsOf(tree: CommandFacts, text: string): string[] {
  const words = text
    .replace(/^sudo /, '')
    .split(/\s+/)
    .slice(1);
  const known = allCommands(tree);
  let command = tree;
  const faults: string[] = [];
  let isPathOpen = true;
  for (const word of words) {
    if (word === '--') break; // npm's, or what a bench hands on
    if (word.startsWith('--')) {
      const name = word.replace(/=.*$/, '').replace(/[.,:;)\]]+$/, '');
      const options = [...command.options, ...tree.options, { long: '--help' }];
      if (!options.some(({ long }) => long === name)) faults.push(`no option ${name}`);
      continue;
    }
    const next = command.commands.find(({ path }) => path.at(-1) === word.replace(/[,.:;]$/, ''));
    if (isPathOpen && next !== undefined) command = next;
    else {
      isPathOpen = isPathOpen && command.commands.length > 0 && command.arguments.length > 0;
      const mustBeCommand = command === tree && /^[a-z][a-z-]*$/.test(word);
      if (mustBeCommand) faults.push(`no command ${word}; there are ${known.length}`);
    }
  }
  return faults;
}
