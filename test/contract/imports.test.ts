import { describe, expect, it } from 'vitest';
import { importsOf, parse, productFiles, type Import } from '../helpers/source-tree.js';
import ts from 'typescript';

/** ARCHITECTURE.md's import rule as data. Every file must be covered; the first matching row counts. */
const RULES: readonly { readonly files: RegExp; readonly may: readonly RegExp[] }[] = [
  { files: /^src\/tuner\//, may: [/^src\/tuner\//] },
  { files: /^src\/agent\/model\//, may: [/^src\/agent\/(model\/|(errors|risk)\.ts$)/, /^src\/tuner\//] },
  {
    files: /^src\/agent\/kernel\//,
    may: [/^node:(fs|path)$/, /^src\/agent\/(kernel\/|model\/|errors\.ts$|paths\.ts$)/, /^src\/tuner\/types\.ts$/],
  },
  {
    files:
      /^src\/agent\/probes\/(line|window|program|service|tier|early-frame|lifetimes|rows|duty-(policy|ledger|scaling|tally|source))\.ts$/,
    may: [/^src\/agent\/(probes\/|model\/|errors\.ts$)/],
  },
  { files: /^src\/agent\/probes\/bpftrace\.ts$/, may: [/^node:/, /^execa$/, /^src\/agent\//] },
  { files: /^src\/agent\/child-process\.ts$/, may: [/^execa$/] },
  {
    files: /^src\/agent\/probes\//,
    may: [/^node:(?!child_process)/, /^src\/agent\/(probes\/|model\/|errors\.ts$|paths\.ts$|log\.ts$)/],
  },
  {
    files: /^src\/agent\/rpc\/(encode|outbox)\.ts$/,
    may: [/^src\/agent\/(rpc\/|model\/)/, /^src\/tuner\//, /^proto\//],
  },
  {
    files: /^src\/agent\/rpc\//,
    may: [
      /^@grpc\/|^grpc-health-check$/,
      /^node:(?!child_process)/,
      /^proto\//,
      /^src\/agent\/(rpc\/|auth\/|store\/|model\/|errors\.ts$|log\.ts$|paths\.ts$|token\.ts$)/,
      /^src\/tuner\//,
    ],
  },
  {
    files: /^src\/agent\/auth\/(role|identity|certificate-names|rate-limiter)\.ts$/,
    may: [/^node:tls$/, /^src\/agent\/auth\//],
  },
  {
    files: /^src\/agent\/auth\//,
    may: [/^node:(crypto|fs|path|tls)$/, /^src\/agent\/(auth\/|(atomic-file|errors|token)\.ts$)/],
  },
  {
    files: /^src\/agent\/side-channel\//,
    may: [/^src\/agent\/(side-channel\/|model\/|guests\/printable\.ts$)/],
  },
  { files: /^src\/agent\/store\//, may: [/^src\/agent\/(store|model)\//] },
  {
    files: /^src\/agent\/history-store\/(layout|codec|rollup|rollup-chain|query|clock|tiers|fields|schema)\.ts$/,
    may: [/^node:zlib$/, /^src\/agent\/(history-store\/|model\/|config\.ts$)/],
  },
  {
    files: /^src\/agent\/history-store\//,
    may: [
      /^node:(fs|os|path|worker_threads|zlib)$/,
      /^@photostructure\/sqlite$/,
      /^src\/agent\/(history-store\/|model\/|(config|errors|lock|log|paths|state-dir)\.ts$)/,
    ],
  },
  {
    files: /^src\/agent\/demo\/(plan|content|reply|foreign|cpio|vm-plan|vm-root)\.ts$/,
    may: [/^src\/agent\/(demo\/|model\/|errors\.ts$)/],
  },
  {
    files: /^src\/agent\/demo\//,
    may: [/^node:(?!child_process)/, /^koffi$/, /^src\/agent\/(demo\/|model\/|(child-process|errors|log|paths)\.ts$)/],
  },
  { files: /^src\/agent\/guests\//, may: [/^src\/agent\/(guests\/|model\/|errors\.ts$)/] },
  {
    files: /^src\/agent\/memory-map\/(pagemap|page-flags|page-kind|picture)\.ts$/,
    may: [/^src\/agent\/memory-map\/(pagemap|page-flags|page-kind|picture)\.ts$/],
  },
  {
    files: /^src\/agent\/memory-map\//,
    may: [/^node:(fs|path)$/, /^src\/agent\/(memory-map\/|kernel\/|model\/|errors\.ts$)/],
  },
  {
    files:
      /^src\/agent\/estimate\/(random|content-hash|word-set|pilot|content-table|interval|merge-rules|cluster-sums)\.ts$/,
    may: [/^src\/agent\/estimate\//],
  },
  {
    files: /^src\/agent\/estimate\//,
    may: [/^node:(crypto|os|path|timers\/promises)$/, /^src\/agent\/(estimate\/|memory-map\/|kernel\/|errors\.ts$)/],
  },
  {
    files: /^src\/agent\/qmp\/(message|monitors|backends)\.ts$/,
    may: [/^src\/agent\/(qmp\/|guests\/qemu-options\.ts$|errors\.ts$)/],
  },
  {
    files: /^src\/agent\/qmp\//,
    may: [/^node:(fs|net|path)$/, /^src\/agent\/(qmp\/|kernel\/|errors\.ts$)/],
  },
  {
    files: /^src\/agent\/guest-control\/control\.ts$/,
    may: [/^src\/agent\/(guests\/|qmp\/monitors\.ts$|model\/)/],
  },
  {
    files: /^src\/agent\/guest-control\//,
    may: [
      /^node:(fs|path)$/,
      /^src\/agent\/(guest-control\/|guests\/|qmp\/|kernel\/|memory-map\/|model\/|(errors|risk|atomic-file)\.ts$)/,
      /^src\/tuner\/format\.ts$/,
    ],
  },
  { files: /^src\/agent\/policy\//, may: [/^src\/agent\/(policy|model)\//] },
  {
    files: /^src\/agent\/what-if\/what-if\.ts$/,
    may: [
      /^node:timers\/promises$/,
      /^src\/agent\/(what-if\/|jobs\/(job|queue)\.ts$|model\/|errors\.ts$)/,
      /^src\/tuner\/types\.ts$/,
    ],
  },
  { files: /^src\/agent\/what-if\//, may: [/^src\/agent\/(what-if|model)\//, /^src\/tuner\//] },
  {
    files: /^src\/agent\/jobs\//,
    may: [
      /^node:(fs|path|worker_threads)$/,
      /^src\/agent\/(jobs|why|memory-map|guest-control|what-if|estimate|model)\//,
      /^src\/agent\/(errors|paths)\.ts$/,
    ],
  },
  { files: /^src\/agent\/unmerge\/writer\.ts$/, may: [/^src\/agent\/(kernel\/ksm-writer|errors)\.ts$/] },
  {
    files: /^src\/agent\/unmerge\//,
    may: [
      /^node:(fs|path|timers\/promises)$/,
      /^src\/agent\/(unmerge\/|kernel\/|(child-process|errors|risk|paths)\.ts$)/,
      /^src\/tuner\/types\.ts$/,
    ],
  },
  {
    files: /^src\/agent\/why\/gather\.ts$/,
    may: [
      /^node:timers\/promises$/,
      /^src\/agent\/(why\/|memory-map\/|kernel\/|guests\/|model\/|estimate\/(host-memory|random)\.ts$|errors\.ts$)/,
    ],
  },
  {
    files: /^src\/agent\/why\//,
    may: [
      /^src\/agent\/(why\/|guests\/(qemu-options|printable)\.ts$|memory-map\/|model\/|estimate\/random\.ts$)/,
      /^src\/tuner\/format\.ts$/,
    ],
  },
  { files: /^src\/agent\/sd-notify-socket\.ts$/, may: [/^koffi$/] },
  { files: /^src\/agent\/[^/]+\.ts$/, may: [/^node:(?!child_process)/, /^(pino|yaml|zod)$/, /^src\/(agent|tuner)\//] },
  {
    files: /^src\/cli\//,
    may: [/^node:(?!child_process)/, /^commander$/, /^@grpc\//, /^src\//, /^proto\//, /^web\/gateway\//],
  },
  { files: /^web\/gateway\//, may: [/^node:(?!child_process)/, /^@grpc\//, /^proto\//, /^web\/gateway\//] },
  { files: /^web\/page\//, may: [/^chart\.js(\/|$)/, /^proto\//, /^web\/page\//] },
];

const files = productFiles();
const imports = new Map<string, readonly Import[]>(files.map((path) => [path, importsOf(path)]));

describe('import rule', () => {
  it('finds the imports of this very tree', () => {
    expect(files.length).toBeGreaterThan(30);
    expect([...imports.values()].flat().length).toBeGreaterThan(files.length);
  });

  it('covers every file', () => {
    expect(files.filter((path) => !RULES.some((rule) => rule.files.test(path)))).toEqual([]);
  });

  it('is kept', () => {
    const broken = files.flatMap((path) => {
      const rule = RULES.find(({ files: pattern }) => pattern.test(path));
      return (imports.get(path) ?? [])
        .filter(({ target }) => rule?.may.some((pattern) => pattern.test(target)) !== true)
        .map(({ target }) => `${path} imports ${target}`);
    });
    expect(broken).toEqual([]);
  });

  it('has rows that all apply to something', () => {
    expect(RULES.filter((rule) => !files.some((path) => rule.files.test(path))).map((rule) => rule.files)).toEqual([]);
  });
});

describe('shape', () => {
  it('has nobody that imports the program itself', () => {
    const main = 'src/cli/main.ts';
    expect(files.filter((path) => imports.get(path)?.some(({ target }) => target === main) === true)).toEqual([]);
  });

  it('imports execa in two files: one starts bpftrace, one the guests of the demonstration and what unmerges', () => {
    const users = files.filter((path) => imports.get(path)?.some(({ target }) => target === 'execa') === true);
    expect(users).toEqual(['src/agent/child-process.ts', 'src/agent/probes/bpftrace.ts']);
  });

  it('has no cycle, imports of types included', () => {
    expect(findCycle()).toBeUndefined();
  });

  it('has no barrel file', () => {
    const barrels = files.filter((path) => {
      const { statements } = parse(path);
      return (
        statements.some((one) => ts.isExportDeclaration(one)) &&
        statements.every((one) => ts.isExportDeclaration(one) || ts.isImportDeclaration(one))
      );
    });
    expect(barrels.concat(files.filter((path) => path.endsWith('/index.ts')))).toEqual([]);
  });

  it('imports only files that exist', () => {
    const ours = new Set(files);
    const missing = files.flatMap((path) =>
      (imports.get(path) ?? [])
        .filter(({ target }) => /^(src|web)\/.*\.[jt]s$/.test(target) && !ours.has(target))
        .map(({ target }) => `${path} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

/** The first cycle that a depth-first walk meets, as a list of files. */
function findCycle(): string[] | undefined {
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const { target } of imports.get(path) ?? []) {
      const cycle = walk(target, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of files) {
    const cycle = walk(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
