import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { allCommands, commandFacts, type CommandFacts } from '../../../src/cli/command-tree.js';
import { manualPage, pageName } from '../../../src/cli/man-page.js';
import { createProgram, EXAMPLES } from '../../../src/cli/program.js';

const MANUAL = { version: '1.2.3', epilogue: EXAMPLES };
let program: CommandFacts;

beforeAll(() => {
  program = commandFacts(createProgram());
});

function page(name: string): string {
  const command = allCommands(program).find((one) => pageName(one) === name);
  if (command === undefined) throw new Error(`no page ${name}`);
  return manualPage(command, MANUAL);
}

describe('a manual page', () => {
  it('begins with the name and one clause, as whatis(1) takes it', () => {
    expect(page('ksmpilot-restore')).toMatch(/^\.SH NAME\nksmpilot\\-restore \\- put every knob back [^:.\n]*$/m);
  });

  it('has every option of its command with what it means', () => {
    const text = page('ksmpilot-run');
    expect(text).toContain('.TP\n\\fB\\-\\-no\\-probes\\fR\nrun no BPF programs');
    const run = program.commands.find((one) => pageName(one) === 'ksmpilot-run');
    expect(text.match(/^\.TP$/gm)).toHaveLength(run?.options.length ?? 0);
  });

  it('of the program lists the commands and ends with examples, exit codes and files', () => {
    const text = page('ksmpilot');
    for (const command of program.commands) {
      expect(text).toContain(`\\fB${pageName(command).replaceAll('-', '\\-')}(1)\\fR`);
    }
    expect(text).toMatch(/\.SH EXAMPLES\n\.nf\n {2}ksmpilot doctor/);
    expect(text).toContain('.SH EXIT CODES\n0 fine, 1 the host');
    expect(text).toContain('/etc/ksmpilot/config.yaml');
  });

  it('keeps what groff would take for its own language', () => {
    const command = { path: ['ksmpilot', 'odd'], options: [], arguments: [], commands: [] };
    const text = manualPage({ ...command, description: String.raw`.so \fBfiles and 'quotes` }, MANUAL);
    expect(text).toContain(String.raw`.SH DESCRIPTION` + '\n' + String.raw`\&.so \efBfiles and 'quotes.`);
  });

  it('is one that groff formats without a warning', ({ skip }) => {
    for (const command of allCommands(program)) {
      const { error, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z'], {
        input: manualPage(command, MANUAL),
        encoding: 'utf8',
      });
      if (error !== undefined) skip(`groff is not on this host: ${error.message}`);
      expect(stderr, pageName(command)).toBe('');
    }
  });
});
