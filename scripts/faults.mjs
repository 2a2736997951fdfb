// @ts-check
/**
 * `npm run faults`: the fault suite in its long form, hours of it. Progress goes to stderr; the last line of stdout is
 * `N passed, N failed`. docs/reliability.md says what the faults are.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endRunningCommands } from './bootstrap/command.mjs';
import { HOST_TOOLS } from './bootstrap/host.mjs';
import { prepare } from './bootstrap/prepare.mjs';
import { ScriptFailure, sayFailure } from './bootstrap/say.mjs';
import { summary } from './test/tally.mjs';
import { runVitest } from './test/vitest.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HOURS_MS = 12 * 3_600_000;

const USAGE = `usage: npm run faults -- [OPTION]... [FAULT]...
  FAULT      only those whose name has this in it, such as kill or sysfs-gone
  --short    as often as npm test
  --seed N   the random moments of an earlier run
  --write    write docs/reliability.md; rows of faults that do not run stay`;

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

try {
  process.exitCode = await main();
} catch (error) {
  sayFailure(error);
  process.exitCode = 1;
}

async function main() {
  const { values, positionals } = readCommandLine();
  if (values.help === true) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const { bpftrace, compiler, headers } = HOST_TOOLS;
  await prepare({ root: ROOT, tools: [bpftrace, compiler, headers], tracefs: true });
  const step = await runVitest(ROOT, {
    projects: ['faults'],
    timeoutMs: HOURS_MS,
    ...(positionals.length > 0 ? { names: positionals } : {}),
    env: {
      KSMPILOT_FAULTS: values.short === true ? 'short' : 'long',
      ...(values.seed === undefined ? {} : { KSMPILOT_SEED: values.seed }),
      ...(values.write === true ? { KSMPILOT_FAULTS_WRITE: '1' } : {}),
    },
  });
  const { lines, ok } = summary([step]);
  process.stdout.write(`\n${lines.join('\n')}\n`);
  return ok ? 0 : 1;
}

function readCommandLine() {
  try {
    const parsed = parseArgs({
      options: {
        short: { type: 'boolean' },
        seed: { type: 'string' },
        write: { type: 'boolean' },
        help: { type: 'boolean' },
      },
      allowPositionals: true,
    });
    const { seed } = parsed.values;
    if (seed !== undefined && !/^\d{1,10}$/.test(seed)) throw new Error(`--seed ${seed} is no whole number.`);
    const name = parsed.positionals.find((one) => !/^[\w-]+$/.test(one));
    if (name !== undefined) throw new Error(`${name} is no name of a fault.`);
    return parsed;
  } catch (error) {
    throw new ScriptFailure(error instanceof Error ? error.message : String(error), USAGE);
  }
}
