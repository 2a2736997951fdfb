import fc from 'fast-check';
import { it } from 'vitest';
import { KsmpilotError } from '../../src/agent/errors.js';
import { GatewayError } from '../../web/gateway/errors.js';
import { Refused } from '../../web/gateway/status.js';
import { type Entry, INPUTS } from './plan.js';

/** Another for each run; fast-check prints it with the shortest input that fails. Given again, it repeats the run. */
export const SEED = Number(process.env.KSMPILOT_SEED ?? Math.floor(Math.random() * 2 ** 31)) | 0;

/** One input of some kilobytes takes microseconds; what takes this long on a busy host hangs on a larger one. */
const SLOW_MS = 2_000;
const TEST_MS = 120_000;

/** What a parser may say of an input: a code of the catalogue. */
export function isCatalogued(error: unknown): boolean {
  return error instanceof KsmpilotError || error instanceof GatewayError || error instanceof Refused;
}

export interface FuzzOptions<Input> {
  /** Inputs that once failed: they are tried first, in each run. */
  readonly kept?: readonly Input[];
  /** What else may be thrown, and who catches it. */
  readonly mayThrow?: (error: unknown) => boolean;
}

/** Gives the entry as many inputs as the plan says; it takes each, or refuses it by the catalogue, in no time. */
export function fuzz<Input>(
  entry: Entry,
  inputs: fc.Arbitrary<Input>,
  take: (input: Input) => void,
  { kept = [], mayThrow = () => false }: FuzzOptions<Input> = {},
): void {
  it(
    `${entry}: ${INPUTS[entry]} inputs, KSMPILOT_SEED=${SEED}`,
    () => {
      const property = fc.property(inputs, (input) => {
        const started = performance.now();
        try {
          take(input);
        } catch (error) {
          if (!isCatalogued(error) && !mayThrow(error)) throw error;
        }
        const tookMs = performance.now() - started;
        if (tookMs > SLOW_MS) throw new Error(`one input took ${tookMs} ms`);
      });
      fc.assert(property, { numRuns: INPUTS[entry] + kept.length, seed: SEED, examples: kept.map((input) => [input]) });
    },
    TEST_MS,
  );
}
