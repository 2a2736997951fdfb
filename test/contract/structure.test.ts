import { describe, expect, it } from 'vitest';
import ts from 'typescript';
import { exists, filesUnder, importsOf, parse, productFiles, readSource } from '../helpers/source-tree.js';

const files = productFiles();

/** Modules whose answers depend on their arguments alone. */
const PURE = [
  /^src\/tuner\//,
  /^src\/agent\/model\//,
  /^src\/agent\/guests\//,
  /^src\/agent\/probes\/(line|window|program|service|tier|early-frame|lifetimes|rows|duty-(policy|ledger|scaling|tally|source))\.ts$/,
  /^src\/agent\/rpc\/(encode|outbox)\.ts$/,
  /^src\/agent\/demo\/(plan|content|foreign|reply|cpio|vm-plan|vm-root)\.ts$/,
  /^src\/agent\/memory-map\/(pagemap|page-flags|page-kind|picture|areas|memory-map)\.ts$/,
  /^src\/agent\/estimate\/(?!pace|priority|host-memory)[^/]+\.ts$/,
  /^src\/agent\/qmp\/(message|monitors|backends)\.ts$/,
  /^src\/agent\/guest-control\/control\.ts$/,
  /^src\/agent\/risk\.ts$/,
  /^src\/agent\/history-store\/(layout|codec|rollup|rollup-chain|query|clock|tiers|fields|schema)\.ts$/,
  /^src\/agent\/why\/(?!gather)[^/]+\.ts$/,
  /^web\/page\/(series|format)\.ts$/,
  /^web\/gateway\/metrics\/(?!endpoint|reading)/,
];

/** What a pure module must not touch: clocks, chance, timers, the process. */
const IMPURE = new Set([
  'Date.now',
  'Math.random',
  'performance',
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
]);

/** Who writes files, and where. Only the first may write under /sys. */
const WRITERS: Readonly<Record<string, string>> = {
  'src/agent/kernel/ksm-writer.ts': '/sys/kernel/mm/ksm',
  'src/agent/atomic-file.ts': 'the state folder',
  'src/agent/history-store/open-file.ts': 'the folder of the history',
  'src/agent/audit-log.ts': 'the state folder',
  'src/agent/baseline.ts': 'the state folder',
  'src/agent/lock.ts': 'the state folder',
  'src/agent/state-dir.ts': 'the state folder',
  'src/agent/token.ts': 'the state folder',
  'src/agent/auth/token-file.ts': 'the file of tokens',
  'src/agent/rpc/server.ts': "the state folder's socket",
  'src/agent/rpc/unix-socket.ts': "the state folder's socket",
  'src/agent/rpc/group-socket.ts': "the mode of the page's socket",
  'src/agent/probes/bpftrace.ts': 'rendered programs in a private temporary folder',
  'src/cli/record.ts': 'the record file that the operator names',
  'src/agent/demo/guest.ts': "/proc/self/oom_score_adj, the guest's own",
  'src/agent/demo/vm-files.ts': "the machines' root file system, in a private temporary folder, removed at once",
};

const READ_ONLY_FS = new Set([
  'accessSync',
  'closeSync',
  'constants',
  'createReadStream',
  'Dirent',
  'existsSync',
  'fstatSync',
  'lstatSync',
  'open',
  'openSync',
  'opendirSync',
  'readFile',
  'readFileSync',
  'readSync',
  'readdir',
  'readdirSync',
  'readlinkSync',
  'realpathSync',
  'stat',
  'statSync',
  'statfsSync',
  'Stats',
]);

describe('pure modules', () => {
  it('touch no clock, no timer, no chance, no process', () => {
    const pure = files.filter((path) => PURE.some((pattern) => pattern.test(path)));
    expect(pure.length).toBeGreaterThan(10);
    expect(pure.flatMap((path) => impureUses(path).map((use) => `${path}: ${use}`))).toEqual([]);
  });

  it('are recognised when they are not', () => {
    expect(impureUses('src/agent/demo/guest.ts')).toContain('process');
    expect(impureUses('src/agent/demo/guest.ts')).toContain('Math.random');
  });
});

describe('writing', () => {
  it('is done by the files listed here, and by no other', () => {
    const writers = files.filter(
      (path) =>
        opensForWriting(path) ||
        importsOf(path).some(
          ({ target, names, typeOnly }) =>
            /^(node:)?fs(\/promises)?$/.test(target) &&
            !typeOnly &&
            (names === undefined || names.some((name) => !READ_ONLY_FS.has(name))),
        ),
    );
    expect(writers.filter((path) => WRITERS[path] === undefined)).toEqual([]);
    expect(writers).toContain('src/agent/kernel/ksm-writer.ts');
  });

  it('lists files that exist', () => {
    expect(Object.keys(WRITERS).filter((path) => !exists(path))).toEqual([]);
  });
});

describe('files and folders', () => {
  const code = [...files, ...filesUnder('test'), ...filesUnder('scripts')].filter((path) => /\.(ts|mjs)$/.test(path));

  it('has no file above 400 lines', () => {
    const long = code.map((path) => `${path}: ${readSource(path).trimEnd().split('\n').length}`);
    expect(long.filter((text) => Number(text.split(': ')[1]) > 400)).toEqual([]);
  });

  it('has no folder for whatever is left over', () => {
    const vague = /(^|\/)(utils?|helpers?|common|misc|shared|lib)(\/|\.ts$)/;
    expect(code.filter((path) => vague.test(path) && !path.startsWith('test/helpers/'))).toEqual([]);
  });

  it('has unit tests where their sources are', () => {
    // The mirror leaves src/ out: test/unit/agent/errors.test.ts. What a test of several files is called is its own.
    const astray = filesUnder('test/unit').filter((path) => {
      const folder = path.replace(/^test\/unit\//, '').replace(/\/?[^/]+$/, '');
      return !exists(`src/${folder}`) && !exists(folder);
    });
    expect(astray).toEqual([]);
  });

  it('silences neither the linter nor the compiler, skips no test without a reason, leaves nothing to do', () => {
    const marks = [
      ['eslint', 'disable'].join('-'),
      ['@ts', 'ignore'].join('-'),
      ['@ts', 'nocheck'].join('-'),
      ['TO', 'DO'].join(''),
      ['FIX', 'ME'].join(''),
      ['it', 'skip('].join('.'),
      ['test', 'skip('].join('.'),
      ['describe', 'skip('].join('.'),
      ['it', 'only('].join('.'),
    ];
    const found = code.flatMap((path) => {
      const text = readSource(path);
      return marks.filter((mark) => text.includes(mark)).map((mark) => `${path}: ${mark}`);
    });
    expect(found).toEqual([]);
  });

  it('names no place that only its builders have', () => {
    const private_ = ['', 'work', ''].join('/');
    const text = /\.(ts|mjs|js|json|md|yaml|yml|bt|proto|c|sh|css|html)$|^\.ci\/|^bin\//;
    const found = filesUnder('.').filter(
      (path) => text.test(path) && new RegExp(`(^|[^\\w])${private_}`).test(readSource(path)),
    );
    expect(found).toEqual([]);
  });
});

/** Does a call of open or openSync ask for more than reading? */
function opensForWriting(path: string): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && /^open(Sync)?$/.test(node.expression.text)) {
      const flags = node.arguments[1];
      if (flags !== undefined && !/^'r'$|O_RDONLY/.test(flags.getText())) found = true;
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(path));
  return found;
}

/** Names of IMPURE that a file refers to as globals. */
function impureUses(path: string): string[] {
  const uses = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const name = `${node.expression.text}.${node.name.text}`;
      if (IMPURE.has(name)) uses.add(name);
      visit(node.expression); // the name behind the dot is no global
      return;
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && (node.arguments?.length ?? 0) === 0) {
      uses.add('new Date()');
    }
    if (ts.isIdentifier(node) && IMPURE.has(node.text) && isValueUse(node)) uses.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(parse(path));
  return [...uses];
}

/** Is this name read as a variable, rather than naming a property, a parameter or a variable of the file's own? */
function isValueUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isParameter(parent) || ts.isVariableDeclaration(parent) || ts.isBindingElement(parent)) return false;
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) return parent.name !== node;
  const locals = node.getSourceFile().getFullText();
  return !new RegExp(`(const|let|\\(|, )\\s*\\{?\\s*${node.text}\\s*(:|=|\\)|,| of )`).test(locals);
}
