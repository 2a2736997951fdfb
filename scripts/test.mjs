// @ts-check
/**
 * `npm test`: gets what the tests need, builds, checks types and lint, then runs the vitest projects. Kernel and browser
 * tests share the machine's one KSM, so they run one after the other and never beside each other. The last line is
 * `N passed, N failed`, with `, N skipped` where a test said why it cannot run here.
 *
 * `npm test -- --project unit PATTERN` runs only that, without type check and lint.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endRunningCommands, runCommand } from './bootstrap/command.mjs';
import { HOST_TOOLS } from './bootstrap/host.mjs';
import { MINIMUM_NODE, nodeProblem } from './bootstrap/node-version.mjs';
import { prepare } from './bootstrap/prepare.mjs';
import { ScriptFailure, say, sayFailure } from './bootstrap/say.mjs';
import { singleStep, summary } from './test/tally.mjs';
import { runVitest } from './test/vitest.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Runs of vitest in their order, and how long each may take, in milliseconds: a hang must end and be named. */
const RUNS = [
  { projects: ['unit', 'contract'], timeoutMs: 15 * 60_000, tools: [HOST_TOOLS.shellcheck] },
  // Kernels of its own: one guest here, the others with `npm run test:kernels`.
  { projects: ['kernels'], timeoutMs: 15 * 60_000, tools: [HOST_TOOLS.compiler, HOST_TOOLS.headers] },
  // Makes the packages and installs them in a Debian that is not booted.
  { projects: ['package'], timeoutMs: 15 * 60_000, tools: [HOST_TOOLS.debootstrap, HOST_TOOLS.strip] },
  {
    projects: ['kernel'],
    timeoutMs: 25 * 60_000,
    tools: [HOST_TOOLS.bpftrace, HOST_TOOLS.compiler, HOST_TOOLS.headers],
  },
  // In their short form; `npm run faults` has the long one.
  {
    projects: ['faults'],
    timeoutMs: 20 * 60_000,
    tools: [HOST_TOOLS.bpftrace, HOST_TOOLS.compiler, HOST_TOOLS.headers],
  },
  // Every command of the documents, and the example in Python, beside an agent with demonstration guests.
  {
    projects: ['docs'],
    timeoutMs: 10 * 60_000,
    tools: [
      HOST_TOOLS.bpftrace,
      HOST_TOOLS.curl,
      HOST_TOOLS.jq,
      HOST_TOOLS.openssl,
      HOST_TOOLS.protoc,
      HOST_TOOLS.pythonPlugin,
      HOST_TOOLS.pythonGrpc,
    ],
  },
  { projects: ['browser'], timeoutMs: 10 * 60_000, tools: [HOST_TOOLS.bpftrace, HOST_TOOLS.chromium] },
];

/** Runs that have to be named: `npm run test:package` boots Debians with the package, each with a KSM of its own. */
const NAMED_RUNS = [
  { projects: ['package-boot'], timeoutMs: 80 * 60_000, tools: [HOST_TOOLS.debootstrap, HOST_TOOLS.strip] },
];

for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.on(signal, () => {
    endRunningCommands();
    process.exit(code);
  });
}

const problem = nodeProblem(process.versions.node, MINIMUM_NODE);
if (problem !== undefined) {
  console.error(problem);
  process.exitCode = 1;
} else {
  await main();
}

async function main() {
  /** @type {import('./test/tally.mjs').Step[]} */
  const steps = [];
  try {
    const { projects, patterns } = readCommandLine(process.argv.slice(2));
    const runs = [...RUNS, ...NAMED_RUNS]
      .map((run) => ({
        ...run,
        projects: run.projects.filter((name) => projects.includes(name)),
      }))
      .filter((run) => run.projects.length > 0);
    const whole = runs.length === RUNS.length && patterns.length === 0;
    const tools = [...new Set(runs.flatMap((run) => run.tools))];
    steps.push(
      singleStep(
        'build',
        await prepared(
          tools,
          runs.some(({ projects }) => projects.includes('kernel') || projects.includes('faults')),
        ),
      ),
    );
    if (steps.every((step) => step.failed.length === 0)) {
      if (whole) steps.push(await check('type check', 'typecheck'), await check('lint', 'lint'));
      for (const run of runs) steps.push(await runVitest(ROOT, { ...run, patterns }));
    }
  } catch (error) {
    sayFailure(error);
    steps.push(singleStep('npm test itself', false));
  }
  const { lines, ok } = summary(steps);
  process.stdout.write(`\n${lines.join('\n')}\n`);
  process.exitCode = ok ? 0 : 1;
}

/** @param {string[]} argv */
function readCommandLine(argv) {
  const known = [...RUNS, ...NAMED_RUNS].flatMap((run) => run.projects);
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      options: { project: { type: 'string', multiple: true } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new ScriptFailure(error instanceof Error ? error.message : String(error), usage(known));
  }
  const projects = parsed.values.project ?? RUNS.flatMap((run) => run.projects);
  for (const name of projects) {
    if (!known.includes(name)) throw new ScriptFailure(`there is no test project "${name}".`, usage(known));
  }
  return { projects, patterns: parsed.positionals };
}

/** @param {readonly string[]} known */
function usage(known) {
  return `npm test [-- [--project ${known.join('|')}]... [PART OF A TEST FILE'S PATH]...]`;
}

/**
 * @param {readonly import('./bootstrap/host.mjs').HostTool[]} tools
 * @param {boolean} tracefs
 */
async function prepared(tools, tracefs) {
  try {
    await prepare({ root: ROOT, tools, tracefs });
    return true;
  } catch (error) {
    sayFailure(error);
    return false;
  }
}

/**
 * @param {string} name
 * @param {'typecheck' | 'lint'} script a script of package.json
 */
async function check(name, script) {
  say(`\n== ${name}`);
  const startedMs = Date.now();
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const bin = join(ROOT, 'node_modules', '.bin');
  const result = await runCommand(['sh', '-c', scripts[script]], {
    cwd: ROOT,
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    label: name,
    timeoutMs: 5 * 60_000,
  });
  say(`${result.code === 0 ? 'ok' : 'FAILED'}, ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  return singleStep(name, result.code === 0);
}
