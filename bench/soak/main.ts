/** Command line of the soak; see scripts/soak.mjs. */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { enterKernel } from '../../test/helpers/kernel-lock.js';
import { saveKnobs } from '../../test/helpers/knobs.js';
import { soak } from './soak.js';
import { findings, text } from './verdict.js';

/** @returns exit code: 0 nothing grows, 1 something does, or the host says no */
export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { minutes: { type: 'string', default: '10' }, json: { type: 'string' } },
  });
  const minutes = Number(values.minutes);
  if (!(minutes >= 0.5)) throw new RangeError('--minutes takes a number from 0.5 up');
  const { obstacle, leave } = await enterKernel();
  if (obstacle !== undefined) {
    process.stderr.write(`Nothing soaked: ${obstacle}\n`);
    return 1;
  }
  const knobs = saveKnobs();
  try {
    const soaked = await soak(minutes, (line) => process.stderr.write(`${line}\n`));
    const found = findings(soaked.looks);
    const { guests, readers, missed, historyBytes, looks } = soaked;
    process.stdout.write(
      `${text(found)}\n${minutes} min: ${guests} guests and ${readers} readers came and went, ` +
        `${looks.at(-1)?.samples ?? 0} samples, ${missed} lost, history ${(historyBytes / 2 ** 20).toFixed(1)} MiB\n`,
    );
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...soaked, findings: found })}\n`);
    return found.every(({ ok }) => ok) && missed === 0 ? 0 : 1;
  } finally {
    await knobs.restore();
    leave();
  }
}
