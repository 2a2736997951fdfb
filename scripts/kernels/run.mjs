// @ts-check
/**
 * Runs a command in a stock Debian kernel under QEMU's software emulation:
 *
 *   node scripts/kernels/run.mjs --kernel 6.1 --share FOLDER -- sh script.sh
 *
 * stdout, stderr and exit code are the command's. See test/kernels/README.md.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ScriptFailure, say, sayFailure } from '../bootstrap/say.mjs';
import { openRig } from './rig.mjs';
import { BPFTRACES, KERNELS } from './targets.mjs';

const USAGE = `usage: node scripts/kernels/run.mjs [OPTION]... -- COMMAND [ARGUMENT]...
  --kernel ${Object.keys(KERNELS).join('|')}      which stock Debian kernel (default 6.1)
  --bpftrace ${Object.keys(BPFTRACES).join('|')}   whose root file system (default: of the kernel's own release)
  --share FOLDER          the command finds a copy of it at /share, and starts there
  --memory MIB            default 640
  --cpus N                default 1
  --levels 4|5            of page tables (default 4)
  --append WORDS          more for the kernel's command line, such as lockdown=confidentiality
  --mergeable             the host's KSM may merge the guest's RAM
  --timeout SECONDS       default 600
  --update                look for newer packages first
  --console               show the guest's console on stderr at the end`;

try {
  process.exitCode = await main();
} catch (error) {
  sayFailure(error);
  process.exitCode = 125;
}

async function main() {
  const { values, positionals: command } = readCommandLine();
  if (values.help === true) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if (command.length === 0) throw new ScriptFailure('there is no command to run.', USAGE);
  if (values.share !== undefined && !existsSync(values.share))
    throw new ScriptFailure(`there is no folder ${values.share}.`);
  const kernel = values.kernel ?? '6.1';
  const rig = await openRig(
    { kernel, bpftrace: values.bpftrace ?? KERNELS[kernel]?.bpftrace ?? '' },
    { update: values.update },
  );
  const end = await rig.run({
    command,
    ...(values.share !== undefined && { share: values.share }),
    memoryMib: count('memory', values.memory, 640),
    cpus: count('cpus', values.cpus, 1),
    pagingLevels: values.levels === '5' ? 5 : 4,
    append: values.append ?? '',
    mergeable: values.mergeable === true,
    timeoutMs: count('timeout', values.timeout, 600) * 1000,
    onStdout: (chunk) => process.stdout.write(chunk),
    onStderr: (chunk) => process.stderr.write(chunk),
  });
  if (values.console === true || end.code === undefined) say(end.console);
  if (end.qemu !== '') say(`QEMU: ${end.qemu}`);
  if (end.code !== undefined) return end.code;
  throw new ScriptFailure(end.timedOut ? 'the guest did not end in time.' : 'the guest ended before the command did.');
}

function readCommandLine() {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: {
        kernel: { type: 'string' },
        bpftrace: { type: 'string' },
        share: { type: 'string' },
        memory: { type: 'string' },
        cpus: { type: 'string' },
        append: { type: 'string' },
        levels: { type: 'string' },
        timeout: { type: 'string' },
        mergeable: { type: 'boolean' },
        update: { type: 'boolean' },
        console: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new ScriptFailure(error instanceof Error ? error.message : String(error), USAGE);
  }
}

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {number} fallback
 */
function count(name, text, fallback) {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(value) || value < 1) throw new ScriptFailure(`--${name} ${text} is not a whole number.`, USAGE);
  return value;
}
