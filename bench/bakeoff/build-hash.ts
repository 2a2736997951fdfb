import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { isPriced } from './plan.js';

/**
 * What a row rests on, as one hash, so that a resumed run takes over only rows that it would measure alike: how a cell is
 * run and scored, its workload, its policy, for ksmpilot the built tuner with what tells it and obeys it, and the seed.
 * Each with all that it imports, comments and types left out.
 *
 * The bench's own sources count as they were when first asked for, since that is what this process has loaded; the built
 * tuner as it is, since each cell starts it anew.
 */
export class BuildHashes {
  readonly #root: string;
  readonly #seed: number;
  readonly #bench = new Map<string, string>();

  constructor(options: {
    /** The checkout. */
    readonly root: string;
    readonly seed: number;
  }) {
    this.#root = options.root;
    this.#seed = options.seed;
  }

  of({ workload, policy }: { readonly workload: string; readonly policy: string }): string {
    const key = `${workload} ${policy}`;
    const bench = this.#bench.get(key) ?? hashOf(this.#root, benchFiles(this.#root, workload, policy));
    this.#bench.set(key, bench);
    const tuner = isPriced(policy)
      ? hashOf(
          this.#root,
          TUNER.map((file) => join(this.#root, 'dist', 'src', file)),
        )
      : '';
    return createHash('sha256').update(`${this.#seed} ${bench} ${tuner}`).digest('hex').slice(0, 12);
  }
}

function hashOf(root: string, entries: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of closure(entries))
    hash
      .update(`${relative(root, path)}\0`)
      .update(read(path).code)
      .update('\0');
  return hash.digest('hex');
}

function benchFiles(root: string, workload: string, policy: string): readonly string[] {
  const bench = join(root, 'bench', 'bakeoff');
  return [
    join(bench, 'cell.ts'),
    join(bench, 'score.ts'),
    firstThatExists([join(bench, 'workloads', `${workload}.ts`), join(bench, 'workloads', 'all.ts')]),
    ...policyFiles(join(bench, 'policies'), policy),
  ];
}

/** From a sample to a knob: what decides in the agent. */
const TUNER = ['agent/sampler.js', 'agent/model/observe.js', 'agent/pilot.js'];

/**
 * The files that name the policy in quotes (`'off'`, for `advisor:60` also `'advisor'`), or are called like it; where there
 * is none, all policies.
 */
function policyFiles(folder: string, policy: string): readonly string[] {
  const [kind = policy] = policy.split(':');
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && file !== 'all.ts')
    .map((file) => join(folder, file));
  const found = files.filter((file) => basename(file) === `${kind}.ts` || read(file).code.includes(`'${kind}'`));
  return found.length > 0 ? found : [join(folder, 'all.ts')];
}

function firstThatExists(paths: readonly string[]): string {
  const path = paths.find((one) => existsSync(one));
  if (path === undefined) throw new Error(`none of these exists: ${paths.join(', ')}`);
  return path;
}

/** The files and all that they import or name relative to themselves (a guest's C source), in the order of their names. */
function closure(entries: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    if (!/\.[jt]s$/.test(path)) continue;
    for (const [, target = ''] of read(path).code.matchAll(RELATIVE)) {
      const found = sourceOf(join(dirname(path), target));
      if (found !== undefined) open.push(found);
    }
  }
  return [...seen].sort();
}

/** `from './x.js'`, `import './x.js'`, `new URL('./x.c', import.meta.url)`. */
const RELATIVE = /(?:from |import |new URL\()['"](\.[^'"]+)['"]/g;

/** The file that an import names; undefined for folders and for what is made at run time. */
function sourceOf(path: string): string | undefined {
  return [path.replace(/\.js$/, '.ts'), path].find(
    (one) => statSync(one, { throwIfNoEntry: false })?.isFile() === true,
  );
}

/** Compiled text by path; a file that changed since is compiled again, as dist/ may be built anew in the middle of a run. */
const compiled = new Map<string, { readonly text: string; readonly code: string }>();

function read(path: string): { readonly code: string } {
  const text = readFileSync(path, 'utf8');
  const known = compiled.get(path);
  if (known?.text === text) return known;
  const code = /\.[jt]s$/.test(path) ? withoutComments(text, path) : text;
  compiled.set(path, { text, code });
  return { code };
}

function withoutComments(text: string, fileName: string): string {
  return ts.transpileModule(text, {
    fileName,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ESNext,
      verbatimModuleSyntax: true,
      removeComments: true,
    },
  }).outputText;
}
