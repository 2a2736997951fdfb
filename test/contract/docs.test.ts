import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderDocs } from '../../scripts/docs/render.mjs';
import { ERROR_CODES } from '../../src/agent/errors.js';
import { packageRoot } from '../../src/agent/paths.js';
import { REASONS } from '../../src/agent/why/reason.js';
import { exists, filesUnder, readSource } from '../helpers/source-tree.js';

/** Headings as GitHub makes anchors of them. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = markdown.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, text = '']) =>
      text
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('docs/errors.md', () => {
  it('lists every code of src/agent/errors.ts, and no other', () => {
    const listed = [...readSource('docs/errors.md').matchAll(/^(?:\| *|#+ +|- +)`?([A-Z][A-Z0-9_]+)`?/gm)].map(
      ([, code]) => code,
    );
    expect([...new Set(listed)].sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });
});

describe('docs/why.md', () => {
  it('lists every reason of src/agent/why/reason.ts with its effect, and no other', () => {
    const listed = [...readSource('docs/why.md').matchAll(/^\| `([a-z_]+)` \| ([a-z]+) \|/gm)].map(
      ([, code, effect]) => [code, effect],
    );
    expect(listed).toEqual(Object.entries(REASONS).map(([code, { effect }]) => [code, effect]));
  });
});

describe('generated documents', async () => {
  const documents = await renderDocs(packageRoot);

  it.each(Object.entries(documents))('%s is what the program says; `npm run docs` writes it', (path, text) => {
    expect(readSource(path)).toBe(text);
  });

  it('has every command of the README', () => {
    const cli = documents['docs/cli.md'] ?? '';
    const named = [...readSource('README.md').matchAll(/^\| `ksmpilot ([a-z]+)/gm)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(4);
    for (const name of named) expect(cli).toContain(`## ksmpilot ${name ?? ''}\n`);
  });
});

describe('README.md', () => {
  const readme = readSource('README.md');

  it('fits on a few screens', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it('gives the two commands, and package.json has them', () => {
    const { scripts } = JSON.parse(readSource('package.json')) as { scripts: Record<string, string> };
    expect(readme).toMatch(/^npm start\b/m);
    expect(readme).toMatch(/^npm test\b/m);
    // exec: a signal to npm's shell must reach the program
    expect(scripts['start']).toBe('exec node scripts/start.mjs');
    expect(scripts['test']).toBe('exec node scripts/test.mjs');
  });
});

describe('links and paths', () => {
  const documents = filesUnder('.').filter((path) => path.endsWith('.md'));

  it('lead to files that exist', () => {
    const dead = documents.flatMap((path) =>
      [...readSource(path).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !exists(`${path.includes('/') ? path.replace(/[^/]+$/, '') : ''}${target}`))
        .map((target) => `${path}: ${target}`),
    );
    expect(dead).toEqual([]);
  });

  it('lead to headings that exist', () => {
    const dead = documents.flatMap((path) =>
      [...readSource(path).matchAll(/\]\(([^)#\s:]*)#([^)\s]+)\)/g)]
        .map(([, target = '', anchor = '']) => ({
          file: target === '' ? path : posix.join(posix.dirname(path), target),
          anchor,
        }))
        .filter(({ file, anchor }) => file.endsWith('.md') && exists(file) && !anchorsOf(readSource(file)).has(anchor))
        .map(({ file, anchor }) => `${path}: ${file}#${anchor}`),
    );
    expect(dead).toEqual([]);
  });

  it('in docs/README.md lead to every document', () => {
    const map = readSource('docs/README.md');
    const left = filesUnder('docs').filter((path) => path.endsWith('.md') && path !== 'docs/README.md');
    expect(left.length).toBeGreaterThan(20);
    expect(left.filter((path) => !map.includes(`](${path.slice('docs/'.length)})`))).toEqual([]);
  });

  it('in ARCHITECTURE.md are those of this tree', () => {
    const named = [
      ...readSource('ARCHITECTURE.md').matchAll(/\b(?:src|web|bpf|proto|test|scripts|docs)\/[\w./*-]*/g),
    ].map(([path]) => path.replace(/\/?\*.*$/, '').replace(/[.:]$/, ''));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((path) => !exists(path) && !exists(`${path}.ts`))).toEqual([]);
  });
});

describe('bpf/README.md', () => {
  const files = filesUnder('bpf').filter((path) => path.endsWith('.bt'));
  const programs = files.filter((path) => !path.startsWith('bpf/parts/'));

  it('names every program and every part, and only those that exist', () => {
    const named = [...readSource('bpf/README.md').matchAll(/((?:\bparts\/)?\b[a-z0-9_]+\.bt)\b/g)].map(
      ([, name]) => `bpf/${name ?? ''}`,
    );
    expect(programs.length).toBeGreaterThan(1);
    expect([...new Set(named)].sort()).toEqual(files);
  });

  it.each(programs)('%s begins by saying what it is for', (path) => {
    const header = /^(?:#!.*\n)?\/\*([\s\S]*?)\*\//.exec(readSource(path))?.[1] ?? '';
    expect(header.split('\n').length).toBeGreaterThan(5);
    expect(header).toContain(path.slice('bpf/'.length, -'.bt'.length));
  });
});
