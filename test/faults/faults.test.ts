import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'vitest';
import { packageRoot } from '../../src/agent/paths.js';
import { chance } from '../helpers/chance.js';
import { useKernel } from '../helpers/kernel-session.js';
import { FAULTS } from './catalogue.js';
import { type Outcome, withOutcomes } from './report.js';
import { Rig } from './rig.js';

// Each fault happens to the real agent while it tunes the real KSM.

useKernel();

/** `npm run faults` says `long`. */
const length = process.env.KSMPILOT_FAULTS === 'long' ? 'long' : 'short';
const seed = Number(process.env.KSMPILOT_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** `npm run faults -- --write` */
const document = process.env.KSMPILOT_FAULTS_WRITE === '1' ? join(packageRoot, 'docs', 'reliability.md') : undefined;
/** One time may take so long, on a host with other work. */
const ONE_MS = 90_000;

describe(`faults, KSMPILOT_SEED=${seed}`, () => {
  let outcome: Outcome | undefined;

  // After each, so that a long run that is ended leaves what it has.
  afterEach(() => {
    if (outcome === undefined || document === undefined) return;
    writeFileSync(document, withOutcomes(readFileSync(document, 'utf8'), FAULTS, [outcome]));
    outcome = undefined;
  });

  for (const fault of FAULTS) {
    const { id } = fault;
    const times = fault.times[length];
    it(
      `${id}, ${times} times`,
      async () => {
        outcome = { id, times, held: false, seen: '' };
        await using rig = await Rig.start();
        const seen = await fault.run(rig, times, chance(seed));
        outcome = { id, times, held: true, seen: [seen, `up to ${rig.mostMemory}`].filter(Boolean).join('; ') };
        process.stdout.write(`${id}: ${outcome.seen}\n`);
      },
      ONE_MS * (times + 1),
    );
  }
});
