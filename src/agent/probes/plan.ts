/** From the host's facts to the programs to run: picks the tier of each subject, finds the constants and renders. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KsmpilotError, formatError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { findLayout } from './layout.js';
import { type Defines, renderProgram } from './program.js';
import type { RunnableProgram } from './supervisor.js';
import { type HostFacts, SUBJECTS, pickTier } from './tier.js';

/** A subject that cannot be served. */
export interface Unserved {
  readonly name: string;
  readonly state: 'unavailable' | 'failed';
  readonly detail: string;
}

export interface PlanOptions {
  readonly bpftracePath: string;
  readonly root: string;
}

type Layout = Awaited<ReturnType<typeof findLayout>>;

export class ProbePlanner {
  readonly #options: PlanOptions;
  /** The same until the next boot. */
  #layout: Layout | undefined;

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  /** `lifetimeOneIn`: one merged page in how many is timed. */
  async plan(
    facts: HostFacts,
    lifetimeOneIn: number,
  ): Promise<{ programs: readonly RunnableProgram[]; unserved: readonly Unserved[] }> {
    const programs: RunnableProgram[] = [];
    const unserved: Unserved[] = [];
    const by = facts.bpftrace instanceof KsmpilotError ? '' : ` by bpftrace ${facts.bpftrace.version}`;
    for (const { name, without, ...subject } of SUBJECTS) {
      const detailOf = (error: unknown): string => `${formatError(error)}. Without it: ${without}`;
      const tier = pickTier({ name, without, ...subject }, facts);
      if (tier instanceof KsmpilotError) {
        unserved.push({ name, state: 'unavailable', detail: detailOf(tier) });
        continue;
      }
      try {
        const layout = tier.walks ? await this.#findLayout(facts) : undefined;
        const defines: Defines = layout?.defines ?? { LIFETIME_ONE_IN: lifetimeOneIn };
        programs.push({
          name,
          text: renderProgram(readProgram(tier.file), defines),
          title: `bpf/${tier.file}${by}${layout === undefined ? '' : `, kernel bases from ${layout.basesFrom}`}`,
        });
      } catch (error) {
        unserved.push({ name, state: 'failed', detail: detailOf(error) });
      }
    }
    return { programs, unserved };
  }

  async #findLayout({ pagingLevels }: HostFacts): Promise<Layout> {
    this.#layout ??= await findLayout({ ...this.#options, pagingLevels, readProgram });
    return this.#layout;
  }
}

function readProgram(file: string): string {
  return readFileSync(join(packageRoot, 'bpf', file), 'utf8');
}
