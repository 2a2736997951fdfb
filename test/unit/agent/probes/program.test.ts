import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../src/agent/paths.js';
import { composeProgram, definesOf, joinPrograms, renderProgram } from '../../../../src/agent/probes/program.js';

const readFile = (file: string): string => readFileSync(join(packageRoot, 'bpf', file), 'utf8');
const read = (file: string): string => composeProgram(file, readFile);
const listed = (folder: string): string[] =>
  readdirSync(join(packageRoot, 'bpf', folder)).filter((file) => file.endsWith('.bt'));
const files = listed('.');
const parts = listed('parts').map((file) => `parts/${file}`);

const A =
  '#!/usr/bin/env bpftrace\n/*\n * a.bt\n */\n#define N 1\n#define BASE 0x10\n\ninterval:s:1\n{\n\tprint(@a); // all\n}\n\nEND\n{\n\tclear(@a);\n}\n';
const B = '#define N 1\n\nBEGIN\n{\n\t@b = (uint64)N;\n}\n\nEND\n{\n\tclear(@b);\n}\n';

describe('a composed program', () => {
  const compose = (texts: Record<string, string>): string => composeProgram('a.bt', (file) => texts[file] ?? '');

  it('has its parts in place, indented, without the comments at their heads', () => {
    const text = compose({
      'a.bt': 'kprobe:f\n{\n\t#include "parts/b.bt"\n\t@a = 1;\n}\n',
      'parts/b.bt': '/*\n * What b does.\n */\n// why\nif (1) {\n\t#include "parts/c.bt"\n}\n',
      'parts/c.bt': '/*\n * c.\n */\n@c = 1;\n\n@d = $1;\n',
    });
    expect(text).toBe('kprobe:f\n{\n\t// why\n\tif (1) {\n\t\t@c = 1;\n\n\t\t@d = $1;\n\t}\n\t@a = 1;\n}\n');
  });

  it('keeps the comment of a part at the left edge, which explains its defines', () => {
    const text = compose({ 'a.bt': '#include "parts/b.bt"\n\nBEGIN\n', 'parts/b.bt': '/*\n * B.\n */\n#define B 1\n' });
    expect(text).toBe('/*\n * B.\n */\n#define B 1\n\nBEGIN\n');
    expect([...definesOf(text).keys()]).toEqual(['B']);
  });

  it('cannot include itself', () => {
    expect(() => compose({ 'a.bt': '#include "parts/b.bt"\n', 'parts/b.bt': '#include "parts/b.bt"\n' })).toThrow(
      'bpf/parts/b.bt includes itself',
    );
  });
});

describe('a rendered program', () => {
  it('has the given values in place of the defaults, and the other defaults as they were', () => {
    const text = renderProgram(A, { N: 8 });
    expect(definesOf(text)).toEqual(
      new Map([
        ['N', '8'],
        ['BASE', '0x10'],
      ]),
    );
    expect(text.replace('#define N 8', '#define N 1')).toBe(A);
  });

  it('takes expressions with signs that mean something to String.replace', () => {
    expect(definesOf(renderProgram(A, { BASE: "($flags & 0x10000) $& $'" })).get('BASE')).toBe(
      "($flags & 0x10000) $& $'",
    );
  });

  it.each([
    ['a name that it does not have', { NOPE: 1 }, [], 'no #define NOPE'],
    ['a value of two lines', { N: '1\nBEGIN {}' }, [], 'more than one line'],
    ['a value that would go on in the next line', { N: '1 \\' }, [], 'more than one line'],
    ['a required name left out', { N: 1 }, ['BASE'], '#define BASE is not given'],
  ])('refuses %s', (_what, defines, required, message) => {
    expect(() => renderProgram(A, defines, required)).toThrow(message);
  });
});

describe('joined programs', () => {
  it('have their defines first and once, no comments, and one END with the statements of all', () => {
    expect(joinPrograms([A, B])).toBe(
      '#define N 1\n#define BASE 0x10\ninterval:s:1\n{\n\tprint(@a);\n}\nBEGIN\n{\n\t@b = (uint64)N;\n}\nEND\n{\n\tclear(@a);\n\tclear(@b);\n}\n',
    );
  });

  it('forget each map once in that END, whichever programs name it', () => {
    expect(joinPrograms([A, A]).match(/clear\(@a\)/g)).toHaveLength(1);
  });

  it('print as often as told', () => {
    expect(joinPrograms([A], 5)).toContain('interval:s:5\n');
  });

  it('must agree on their defines', () => {
    expect(() => joinPrograms([A, renderProgram(B, { N: 2 })])).toThrow('#define N has two values: 1 and 2');
  });
});

describe('the programs in bpf/', () => {
  it('are those that we know', () => {
    expect(files.sort()).toEqual([
      'bases.bt',
      'calibrate.bt',
      'cow_fentry.bt',
      'cow_kprobe.bt',
      'cow_walk.bt',
      'cow_walk_kvm.bt',
      'scanner.bt',
      'scanner_kprobe.bt',
      'service_fault.bt',
    ]);
  });

  it.each(files)('%s tells its purpose, how to run it and a sample of its output', (file) => {
    const text = readFile(file);
    expect(text).toMatch(new RegExp(`^#!/usr/bin/env bpftrace\n/\\*\n \\* ${file} - `));
    expect(text).toContain('USAGE:');
    expect(text).toMatch(/SAMPLE OUTPUT/);
  });

  it.each(files)('%s uses only what bpftrace 0.17 to 0.27 all take', (file) => {
    const code = read(file).replace(/\/\*[\s\S]*?\*\//g, '');
    expect(code).not.toMatch(
      /args\.|fentry:|fexit:|\blet\b|\bfor\s*\(|config\s*=|offsetof|rawtracepoint:|\bbegin\b|\bend\b\s*\{/,
    );
  });

  it.each(files)('%s has its macros in places of whole expressions only, as bpftrace 0.24 and later demand', (file) => {
    for (const name of definesOf(read(file)).keys()) {
      expect(read(file)).not.toMatch(new RegExp(`->\\s*${name}\\b|@${name}\\b|:${name}\\b`));
    }
  });

  it.each(files)('%s has one END block at most, and no part left to put in', (file) => {
    expect(read(file).match(/^END$/gm)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(read(file)).not.toContain('#include');
  });

  it.each(parts)('%s tells what it does, and some program uses it', (part) => {
    expect(readFile(part)).toMatch(/^\/\*\n \* [\s\S]+?\n \*\/\n/);
    expect([...files, ...parts].some((file) => readFile(file).includes(`#include "${part}"`))).toBe(true);
  });

  it('have one page-table walk among them', () => {
    const walks = [...files, ...parts].filter((file) => /\$mm->pgd/.test(readFile(file)));
    expect(walks).toEqual(['parts/walk.bt']);
  });

  it('have one frame each, named as the subject', () => {
    for (const [file, name] of [
      ['scanner.bt', 'scanner'],
      ['scanner_kprobe.bt', 'scanner'],
      ['cow_fentry.bt', 'cow'],
      ['cow_kprobe.bt', 'cow'],
      ['cow_walk.bt', 'cow'],
      ['cow_walk_kvm.bt', 'kvm'],
    ] as const) {
      expect([...read(file).matchAll(/printf\("t[io]ck (\w+)/g)].map((match) => match[1])).toEqual([name, name]);
    }
  });
});
