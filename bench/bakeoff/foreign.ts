import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KsmdReader } from '../../src/agent/kernel/ksmd.js';
import { findRivals } from '../../src/agent/kernel/rivals.js';
import { guestObstacle } from '../../test/helpers/guest.js';
import { readKsm, saveKnobs, writeKnobs } from '../../test/helpers/knobs.js';
import { readProcessTimes, treeOf } from './processes.js';
import { Refusal } from './refusal.js';

/** What an earlier cell's or test's guests leave is gone within moments. */
const PATIENCE_MS = 5_000;
const NAMES_SHOWN = 5;

/** @throws Refusal where this host cannot run the bake-off at all */
export function requireHost(): void {
  if (process.geteuid?.() !== 0) throw new Refusal('this is not root', 'run as root: KSM is turned and measured.');
  if (!existsSync('/sys/kernel/mm/ksm/run'))
    throw new Refusal('this kernel has no KSM: /sys/kernel/mm/ksm does not exist', 'boot a kernel with CONFIG_KSM=y.');
  if (new KsmdReader().read(performance.now()) === undefined)
    throw new Refusal(
      "ksmd's CPU time cannot be read",
      'run on the host itself, not in a container, on a kernel with scheduler statistics (CONFIG_SCHED_INFO=y).',
    );
  const why = guestObstacle();
  if (why !== undefined) throw new Refusal(`there can be no guests: ${why}`, 'install a C compiler (apt install gcc).');
}

/**
 * Makes sure that nobody else uses KSM here: they would be measured, and lose their merged pages between two cells.
 * To be asked while the machine's lock is held and none of our guests runs.
 *
 * @throws Refusal that names who does
 */
export async function requireAlone(signal: AbortSignal): Promise<void> {
  const rivals = [...findRivals().map(({ name, pid }) => `${name} (pid ${pid})`), ...otherAgents()];
  if (rivals.length > 0)
    throw new Refusal(`another tuner of KSM is alive: ${named(rivals)}`, 'stop it for as long as the bake-off runs.');
  const deadline = performance.now() + PATIENCE_MS;
  let foreign = mergeableProcesses();
  while (foreign.length > 0 && performance.now() < deadline) {
    await sleep(200, undefined, { signal });
    foreign = mergeableProcesses();
  }
  refuseForeign(foreign);
  const shared = await sharedAfterAScan(signal);
  if (shared > 0)
    throw new Refusal(
      `${shared} pages are merged on this host, and no process to be seen has mergeable memory`,
      'run on the host itself, where all processes can be seen, and with no virtual machines on it.',
    );
}

/**
 * The same in the middle of a cell, when the guests are children of this process.
 *
 * @throws Refusal that names who else has mergeable memory
 */
export function requireOursAlone(): void {
  const ours = new Set(treeOf(readProcessTimes(), process.pid).map(({ pid }) => pid));
  refuseForeign(mergeableProcesses().filter((pid) => !ours.has(pid)));
}

function refuseForeign(pids: readonly number[]): void {
  if (pids.length === 0) return;
  const names = pids.map((pid) => `${readOrEmpty(`/proc/${pid}/comm`).trim()} (pid ${pid})`);
  throw new Refusal(
    `somebody else's memory is mergeable on this host: ${named(names)}`,
    'end those processes, or run on a host without them: the bake-off unmerges everything between two cells.',
  );
}

/**
 * Processes with memory that ksmd may merge, or has merged. Before the kernel told `ksm_mergeable` in ksm_stat, the flag of
 * each of their areas does ("mg" in smaps).
 */
export function mergeableProcesses(proc = '/proc'): readonly number[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const stat = readOrEmpty(`${proc}/${pid}/ksm_stat`);
      if (/^(ksm_rmap_items [1-9]|ksm_zero_pages [1-9]|ksm_merge_any: yes|ksm_mergeable: yes)/m.test(stat)) return true;
      if (/^ksm_mergeable: no/m.test(stat)) return false;
      return (
        Number(readOrEmpty(`${proc}/${pid}/ksm_merging_pages`)) > 0 ||
        /^VmFlags:.* mg\b/m.test(readOrEmpty(`${proc}/${pid}/smaps`))
      );
    })
    .map(Number);
}

/** Other agents of ksmpilot, in whatever mode and state folder: each costs CPU, and one in auto mode moves knobs. */
export function otherAgents(proc = '/proc'): readonly string[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const words = readOrEmpty(`${proc}/${pid}/cmdline`).split('\0');
      return /(^|\/)ksmpilot$/.test(words[1] ?? '') && words[2] === 'run';
    })
    .map((pid) => `ksmpilot (pid ${pid})`);
}

/**
 * pages_shared, without what ended processes left there while ksmd was stopped: ksmd drops that when it comes by. Nothing
 * of anybody who lives is lost by it, as it would be by unmerging.
 */
async function sharedAfterAScan(signal: AbortSignal): Promise<number> {
  if (readKsm('pages_shared') === 0) return 0;
  const knobs = saveKnobs();
  try {
    if (existsSync('/sys/kernel/mm/ksm/advisor_mode')) writeKnobs({ advisor_mode: 'none' });
    writeKnobs({ pages_to_scan: 100_000, sleep_millisecs: 10, run: 1 });
    const deadline = performance.now() + PATIENCE_MS;
    while (readKsm('pages_shared') > 0 && performance.now() < deadline) await sleep(100, undefined, { signal });
    return readKsm('pages_shared');
  } finally {
    writeKnobs({ run: 0 });
    await knobs.restore();
  }
}

function named(list: readonly string[]): string {
  const more = list.length > NAMES_SHOWN ? ` and ${list.length - NAMES_SHOWN} more` : '';
  return `${list.slice(0, NAMES_SHOWN).join(', ')}${more}`;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
