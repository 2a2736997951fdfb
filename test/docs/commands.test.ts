/** Runs every command of the documents that is marked `run`, and the examples, on a host of its own. README.md beside this. */

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/agent/paths.js';
import { commandsOf, docBlocks, documents, markOf, shownOutput } from '../helpers/doc-blocks.js';
import { DocHost } from '../helpers/doc-host.js';
import { enterKernel } from '../helpers/kernel-lock.js';

const { obstacle, leave } = await enterKernel();

const marked = documents()
  .flatMap((file) => docBlocks(file))
  .flatMap((block) => {
    const mark = markOf(block);
    return mark.kind === 'run' ? [{ block, exit: mark.exit }] : [];
  });
const files = [...new Set(marked.map(({ block }) => block.file))];

describe.skipIf(obstacle !== undefined)(
  `commands of the documents${obstacle === undefined ? '' : `: ${obstacle}`}`,
  () => {
    const host = new DocHost();
    const folders = new Map<string, string>();

    beforeAll(async () => {
      await host.start();
      // Each document has a folder: what one block makes, the next one may use.
      for (const file of files) folders.set(file, mkdtempSync(join(host.folder, 'doc-')));
    });
    afterAll(async () => {
      await host[Symbol.asyncDispose]();
      leave();
    });

    it.each(marked.map((one) => ({ ...one, name: `${one.block.file}:${one.block.line}` })))(
      '$name',
      async ({ block, exit }) => {
        const script = here(commandsOf(block));
        const { code, stdout, stderr } = await host.run(script, { cwd: folders.get(block.file) ?? host.folder });
        expect({ code, script, stderr: code === exit ? '' : stderr }).toEqual({ code: exit, script, stderr: '' });
        const printed = `${stdout}\n${stderr}`.split('\n').map(firstWord);
        for (const line of shownOutput(block)) expect(printed).toContain(firstWord(line));
      },
    );

    /** Names that stand for the reader's own become those of this host. */
    function here(script: string): string {
      const pid = (name: string): string => String(host.guests.get(name));
      return script
        .replaceAll('--guest web-1', `--guest "$(${identityOf(pid('demo-web-1'))})"`)
        .replaceAll(/\b(?:web-1|4711)\b/g, pid('demo-web-1'))
        .replaceAll(/\b4712\b/g, pid('demo-web-2'))
        .replaceAll('/tmp/ksmpilot-generated', join(host.folder, 'generated'))
        .replaceAll('PATH/TO/ksmpilot', packageRoot);
    }
  },
);

/** Asks for what the history keeps a guest under. */
function identityOf(pid: string): string {
  return `ksmpilot guests --json | jq -r '.[] | select(.pids != null) | select(.pids | index(${pid})) | .identity'`;
}

/** Of a line of a table or a report: its label. */
function firstWord(line: string): string {
  return line.trim().split(/\s+/)[0] ?? '';
}
