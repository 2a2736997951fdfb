import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { parseArgs } from 'node:util';
import { guestObstacle } from '../../test/helpers/guest.js';
import { enterKernel } from '../../test/helpers/kernel-lock.js';
import { saveKnobs } from '../../test/helpers/knobs.js';
import { runOnce, type Experiment } from './experiment.js';
import { maxPageSharing } from './max-page-sharing.js';
import { mergeAcrossNodes } from './merge-across-nodes.js';
import { smartScan } from './smart-scan.js';
import { renderTable } from './table.js';
import { useZeroPages } from './use-zero-pages.js';

const EXPERIMENTS: readonly Experiment[] = [useZeroPages, maxPageSharing, mergeAcrossNodes, smartScan];

/** @returns exit code: 0 measured, 1 the host says no, 2 wrong usage */
export async function main(argv: readonly string[]): Promise<number> {
  const chosen = choose(argv);
  if (chosen === undefined) return 2;
  const { obstacle, leave } = await enterKernel();
  try {
    const why = obstacle ?? guestObstacle();
    if (why !== undefined) {
      console.error(`Nothing measured: ${why}`);
      return 1;
    }
    const knobs = saveKnobs();
    try {
      console.log(`Linux ${release()}, medians of ${chosen.repeats} (smallest to largest where they differ)`);
      for (const experiment of chosen.experiments) await measure(experiment, chosen.repeats);
    } finally {
      await knobs.restore();
    }
    return 0;
  } finally {
    leave();
  }
}

function choose(argv: readonly string[]): { experiments: readonly Experiment[]; repeats: number } | undefined {
  const known = EXPERIMENTS.map(({ knob }) => knob as string);
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { repeats: { type: 'string', default: '5' } },
      allowPositionals: true,
    });
    const unknown = positionals.filter((name) => !known.includes(name));
    if (unknown.length > 0) throw new Error(`no such switch: ${unknown.join(', ')}; there are ${known.join(', ')}`);
    const repeats = Number(values.repeats);
    if (!Number.isInteger(repeats) || repeats < 1) throw new Error('--repeats wants a whole number above 0');
    const experiments = EXPERIMENTS.filter(({ knob }) => positionals.length === 0 || positionals.includes(knob));
    return { experiments, repeats };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function measure(experiment: Experiment, repeats: number): Promise<void> {
  const { knob, workload, values } = experiment;
  console.log(`\n${knob}: ${workload}`);
  if (!existsSync(`/sys/kernel/mm/ksm/${knob}`)) {
    console.log('this kernel does not have it');
    return;
  }
  const runs = new Map<number, Record<string, number>[]>(values.map((value) => [value, []]));
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    // Every other time in reverse order, so that a drift of the machine hits all values alike.
    for (const value of repeat % 2 === 0 ? values : values.toReversed()) {
      runs.get(value)?.push(await runOnce(experiment, value));
    }
  }
  console.log(renderTable(knob, runs));
}
