/** From the host's facts to the programs to run: sorts the tiers of each subject, finds the constants and renders. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KsmpilotError, formatError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { gatherHostFacts } from './host-facts.js';
import { findLayout } from './layout.js';
import { lifetimeProcesses } from './map-pressure.js';
import { composeProgram, type Defines, definesOf, renderProgram } from './program.js';
import type { RunnableProgram } from './runnable.js';
import { type HostFacts, SUBJECTS, type Subject, type Tier, hostObstacle, noTier, sortTiers } from './tier.js';
import { type Candidates, type Refusals, TierChoice } from './tier-choice.js';

/** A subject that cannot be served. */
export interface Unserved {
  readonly name: string;
  readonly state: 'unavailable' | 'failed';
  readonly detail: string;
}

export interface PlanOptions {
  readonly bpftracePath: string;
  readonly root: string;
  /** Another tier serves a subject than before, or none: bpftrace refused one, or all are tried anew. */
  readonly onTierChange?: () => void;
  /**
   * For the side-channel watch: programs that run all the time note single pages, chosen by this salt (0 to 2^31). Default:
   * none do.
   */
  readonly watchSalt?: number;
  /** Most keys of each map. Default: what the programs say, which is for bpftrace's own default. */
  readonly mapKeys?: number;
  /** Do the taxing programs run all the time, too? Default: in windows. */
  readonly exact?: boolean;
}

/** Serves no subject: windows run it beside the programs that count. */
const TIMING = { file: 'service_fault.bt', findsPages: true };

/** Most breaks of watched pages between two frames: at 60 bytes each, a line of 60 KiB. */
const WATCH_MAX = 1024;

type Layout = Awaited<ReturnType<typeof findLayout>>;

export class ProbePlanner {
  readonly #options: PlanOptions;
  /** Kept over plans: what bpftrace refused once is not tried at each. */
  readonly #refusals: Refusals = new Map();
  /** The same until the next boot. One that was not found is looked for again by the next plan. */
  #layout: Promise<Layout> | undefined;

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  /** `lifetimeOneIn`: one merged page in how many is timed. */
  async plan(
    facts: HostFacts,
    lifetimeOneIn: number,
  ): Promise<{ readonly choice: TierChoice; readonly unserved: readonly Unserved[] }> {
    await this.#layout?.catch(() => {
      this.#layout = undefined;
    });
    const candidates: Candidates[] = [];
    const unserved: Unserved[] = [];
    for (const subject of SUBJECTS) {
      const { name, without, tiers } = subject;
      const { usable, excluded } = sortTiers(subject, facts);
      if (usable.length === 0) {
        const detail = `${formatError(noTier(excluded))}. Without it: ${without}`;
        unserved.push({ name, state: 'unavailable', detail });
        continue;
      }
      try {
        const programs: RunnableProgram[] = [];
        for (const tier of usable) programs.push(await this.#render(subject, tier, facts, lifetimeOneIn));
        candidates.push({
          name,
          order: tiers.map((tier) => tier.name),
          programs,
          excluded: excluded.map(({ tier, error }) => ({ tier: tier.name, why: error.message })),
        });
      } catch (error) {
        unserved.push({ name, state: 'failed', detail: `${formatError(error)}. Without it: ${without}` });
      }
    }
    return { choice: new TierChoice(candidates, this.#refusals, this.#options.onTierChange), unserved };
  }

  /**
   * bpf/service_fault.bt as this host would run it, to be joined to a window's programs. undefined: no window needs it,
   * or this host lacks what it takes.
   */
  async timingText(facts: HostFacts): Promise<string | undefined> {
    const cow = SUBJECTS.find(({ name }) => name === 'cow');
    if (cow === undefined || !sortTiers(cow, facts).usable.some(({ taxing }) => taxing)) return undefined;
    try {
      return renderFor(TIMING, (await this.#findLayout(facts)).defines);
    } catch {
      return undefined; // told by the program that counts, which needs the same
    }
  }

  async #render(subject: Subject, tier: Tier, facts: HostFacts, lifetimeOneIn: number): Promise<RunnableProgram> {
    const { name, beside } = subject;
    const { mapKeys } = this.#options;
    const layout = tier.findsPages ? await this.#findLayout(facts) : undefined;
    const by = facts.bpftrace instanceof KsmpilotError ? '' : ` by bpftrace ${facts.bpftrace.version}`;
    return {
      name,
      tier: tier.name,
      taxing: tier.taxing,
      text: renderFor(tier, {
        ...layout?.defines,
        ...this.#watchDefines(tier),
        ...(mapKeys !== undefined && { LIFETIME_PROCESSES: lifetimeProcesses(mapKeys) }),
        LIFETIME_ONE_IN: lifetimeOneIn,
      }),
      title: `bpf/${tier.file}${by}${layout === undefined ? '' : `, kernel bases from ${layout.basesFrom}`}`,
      ...(beside !== undefined && { beside }),
    };
  }

  /** A window would see a page now and then only, and its returns never. */
  #watchDefines({ taxing }: Tier): Defines {
    const { exact = false, watchSalt } = this.#options;
    if (watchSalt === undefined || (taxing && !exact)) return {};
    return { WATCH_MAX, WATCH_SALT: watchSalt };
  }

  /** Looking takes a second, and a quarter of a minute where nothing is found: once for all subjects. */
  async #findLayout({ pagingLevels }: HostFacts): Promise<Layout> {
    this.#layout ??= findLayout({ ...this.#options, pagingLevels, readProgram });
    return this.#layout;
  }
}

/**
 * The text of a program as this host would run it, comments and all, for people: `bpftrace FILE` runs it. `name`: a
 * subject, for its best tier that the facts allow (whether bpftrace takes it is known when it was tried), or the stem of
 * a file in bpf/. Rejects with what stands in the way.
 */
export async function renderedProgram(name: string, options: PlanOptions): Promise<string> {
  const facts = await gatherHostFacts(options);
  const obstacle = hostObstacle(facts);
  if (obstacle !== undefined) throw obstacle;
  const tier = findTier(name, facts);
  const { pagingLevels } = facts;
  const layout = tier.findsPages ? await findLayout({ ...options, pagingLevels, readProgram }) : undefined;
  return renderFor(tier, layout?.defines ?? {});
}

function findTier(name: string, facts: HostFacts): Pick<Tier, 'file' | 'findsPages'> {
  const subject = SUBJECTS.find((one) => one.name === name);
  if (subject !== undefined) {
    const { usable, excluded } = sortTiers(subject, facts);
    const [best] = usable;
    if (best === undefined) throw noTier(excluded);
    return best;
  }
  const tiers = [...SUBJECTS.flatMap((one) => one.tiers), TIMING];
  const tier = tiers.find(({ file }) => file === `${name}.bt`);
  if (tier !== undefined) return tier;
  const names = [...SUBJECTS.map((one) => one.name), ...tiers.map(({ file }) => file.replace(/\.bt$/, ''))];
  throw new KsmpilotError('PROBE_UNSUPPORTED', `there is no program ${name}`, {
    hint: `name one of ${[...new Set(names)].join(', ')}`,
  });
}

/** `values`: of more names than one program has. */
function renderFor(tier: Pick<Tier, 'file'>, values: Defines): string {
  const text = composeProgram(tier.file, readProgram);
  const names = definesOf(text);
  return renderProgram(text, Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name))));
}

function readProgram(file: string): string {
  return readFileSync(join(packageRoot, 'bpf', file), 'utf8');
}
