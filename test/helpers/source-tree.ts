/** The files of this checkout and what they import, for the contract tests. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../src/agent/paths.js';

const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.cache', 'coverage', 'test-results']);
const GENERATED = 'proto/generated';

/** Every file we wrote below `folder`, as a path from the checkout's root; sorted. */
export function filesUnder(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
      if (NOT_OURS.has(entry.name) || path === GENERATED) return [];
      return entry.isDirectory() ? filesUnder(path) : [path];
    });
}

export function readSource(path: string): string {
  return readFileSync(join(packageRoot, path), 'utf8');
}

export function exists(path: string): boolean {
  return existsSync(join(packageRoot, path));
}

/** TypeScript of the product: src and web, without configuration of tools. */
export function productFiles(): string[] {
  return [...filesUnder('src'), ...filesUnder('web')].filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.config.ts'),
  );
}

export interface Import {
  /** A path from the root (`src/agent/errors.ts`) for our own files, else as written (`node:fs`, `execa`). */
  readonly target: string;
  readonly typeOnly: boolean;
  /** Imported names; undefined for a whole module (`* as`, default, side effect, dynamic). */
  readonly names: readonly string[] | undefined;
}

export function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readSource(path), ts.ScriptTarget.ES2023, true);
}

/** Static, dynamic, re-exporting and type imports of one file. */
export function importsOf(path: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Expression, typeOnly: boolean, names: readonly string[] | undefined): void => {
    if (ts.isStringLiteral(specifier)) found.push({ target: resolve(path, specifier.text), typeOnly, names });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const bindings = clause?.namedBindings;
      const named = bindings !== undefined && ts.isNamedImports(bindings) && clause?.name === undefined;
      add(
        node.moduleSpecifier,
        clause?.phaseModifier === ts.SyntaxKind.TypeKeyword ||
          (named && bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly)),
        named ? bindings.elements.map((element) => (element.propertyName ?? element.name).text) : undefined,
      );
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add(node.moduleSpecifier, node.isTypeOnly, undefined);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier !== undefined) add(specifier, false, undefined);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(path));
  return found;
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const path = normalize(join(dirname(from), specifier));
  const source = path.replace(/\.js$/, '.ts');
  return exists(source) || source.startsWith(GENERATED) ? source : path;
}
