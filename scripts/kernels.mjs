// @ts-check
/**
 * `npm run test:kernels`: boots stock Debian kernels under QEMU and runs the probe tests inside. Progress goes to stderr;
 * the last line of stdout is `N passed, N failed`, except with --json.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endRunningCommands } from './bootstrap/command.mjs';
import { HOST_TOOLS, ensureTools } from './bootstrap/host.mjs';
import { withCheckoutLock } from './bootstrap/lock.mjs';
import { installPackages, missingPackages } from './bootstrap/packages.mjs';
import { ScriptFailure, say, sayFailure } from './bootstrap/say.mjs';
import { CACHE, openRig } from './kernels/rig.mjs';
import { kernelsMarkdown, tableOf } from './kernels/table.mjs';
import { GUESTS } from './kernels/targets.mjs';
import { summary } from './test/tally.mjs';
import { runVitest } from './test/vitest.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = 'docs/kernels.md';

const USAGE = `usage: npm run test:kernels -- [OPTION]...
  --kernel VERSION    only this kernel; may be repeated
  --bpftrace VERSION  only with this bpftrace; may be repeated
  --update            look for newer packages first
  --json              one JSON document on stdout: what each guest reported
  --write             write ${DOCUMENT}; wants all guests, and no failure
  --list              name the guests and end
Packages and images are kept in .cache/kernels. KSMPILOT_DEBIAN_MIRROR and KSMPILOT_DEBIAN_SECURITY_MIRROR name other mirrors.`;

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
  const { values } = readCommandLine();
  const guests = chosen(values.kernel, values.bpftrace);
  if (values.help === true) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if (values.list === true) {
    process.stdout.write(`${guests.map(describe).join('\n')}\n`);
    return 0;
  }
  if (values.write === true && guests.length < GUESTS.length) {
    throw new ScriptFailure(`--write is for a run of all guests: ${DOCUMENT} lists them all.`, USAGE);
  }
  const startedMs = Date.now();
  // No build: the guests get what vite makes of the sources.
  const why = missingPackages(ROOT);
  if (why !== undefined) await withCheckoutLock(ROOT, () => installPackages(ROOT, why));
  await ensureTools([HOST_TOOLS.compiler, HOST_TOOLS.headers]);
  for (const guest of guests) {
    rmSync(resultFile(guest), { force: true });
    await openRig(guest, { update: values.update === true });
  }
  say(`Images are ready after ${seconds(startedMs)} s.`);
  const names = guests.map(({ kernel, bpftrace }) => `${kernel}/${bpftrace}`).join(',');
  const step = await runVitest(ROOT, {
    projects: ['kernels'],
    timeoutMs: guests.length * 15 * 60_000,
    env: { KSMPILOT_TEST_GUESTS: names },
  });
  const results = guests.flatMap(readResult);
  const { lines, ok } = summary([step]);
  if (values.write === true) write(results, ok);
  say(`\n${tableOf(results)}\n\nAll in all ${seconds(startedMs)} s.`);
  process.stdout.write(
    values.json === true ? `${JSON.stringify({ ok, results }, null, 1)}\n` : `${lines.join('\n')}\n`,
  );
  return ok ? 0 : 1;
}

function readCommandLine() {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      options: {
        kernel: { type: 'string', multiple: true },
        bpftrace: { type: 'string', multiple: true },
        update: { type: 'boolean' },
        json: { type: 'boolean' },
        write: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new ScriptFailure(error instanceof Error ? error.message : String(error), USAGE);
  }
}

/**
 * @param {readonly string[] | undefined} kernels
 * @param {readonly string[] | undefined} bpftraces
 */
function chosen(kernels, bpftraces) {
  const guests = GUESTS.filter(
    ({ kernel, bpftrace }) => (kernels ?? [kernel]).includes(kernel) && (bpftraces ?? [bpftrace]).includes(bpftrace),
  );
  if (guests.length === 0)
    throw new ScriptFailure('no guest is like that.', `there are:\n${GUESTS.map(describe).join('\n')}`);
  return guests;
}

/** @param {import('./kernels/targets.mjs').Guest} guest */
function describe({ kernel, bpftrace, levels }) {
  return `kernel ${kernel}, bpftrace ${bpftrace}, page tables of ${levels} levels`;
}

/** @param {import('./kernels/targets.mjs').Guest} guest */
function resultFile({ kernel, bpftrace }) {
  return join(CACHE, 'results', `${kernel}-${bpftrace}.json`);
}

/**
 * @param {import('./kernels/targets.mjs').Guest} guest
 * @returns {import('../test/kernels/boot.js').GuestResult[]} none: it did not get so far
 */
function readResult(guest) {
  try {
    return [JSON.parse(readFileSync(resultFile(guest), 'utf8'))];
  } catch {
    return [];
  }
}

/**
 * @param {readonly import('../test/kernels/boot.js').GuestResult[]} results
 * @param {boolean} ok
 */
function write(results, ok) {
  if (!ok) {
    say(`${DOCUMENT} stays as it is: it tells of runs without a failure.`);
    return;
  }
  writeFileSync(join(ROOT, DOCUMENT), kernelsMarkdown(results));
  say(`wrote ${DOCUMENT}`);
}

/** @param {number} startedMs */
function seconds(startedMs) {
  return Math.round((Date.now() - startedMs) / 1000);
}
