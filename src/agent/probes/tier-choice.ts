/**
 * Which tier serves each subject: the best of its candidates that bpftrace has not refused. The facts of a host only
 * exclude what cannot work; whether the rest works is known when it has been tried.
 */

import type { ProgramSource, RunnableProgram } from './runnable.js';
import type { SubjectName, TierName } from './tier.js';

/** A tier that does not serve, and why: by the host's facts, or by what bpftrace said when it was tried. */
export interface PassedOver {
  readonly tier: TierName;
  readonly why: string;
}

/** The tiers of one subject on this host. */
export interface Candidates {
  readonly name: SubjectName;
  /** All tiers of the subject, best first. */
  readonly order: readonly TierName[];
  /** Those that may work, best first. */
  readonly programs: readonly RunnableProgram[];
  /** Those that the facts exclude. */
  readonly excluded: readonly PassedOver[];
}

/** Refusals by subject and tier; they outlive a plan, because a new plan is made for other reasons. */
export type Refusals = Map<string, string>;

export class TierChoice implements ProgramSource {
  readonly #candidates: readonly Candidates[];
  readonly #refusals: Refusals;
  readonly #onChange: () => void;

  /** `onChange`: another tier serves now, or none. */
  constructor(
    candidates: readonly Candidates[],
    refusals: Refusals = new Map(),
    onChange: () => void = () => undefined,
  ) {
    this.#candidates = candidates;
    this.#refusals = refusals;
    this.#onChange = onChange;
  }

  current(): readonly RunnableProgram[] {
    return this.#candidates.flatMap(({ name }) => this.programFor(name) ?? []);
  }

  /** undefined: none works, or it is not needed beside the tier that serves another subject. */
  programFor(name: SubjectName): RunnableProgram | undefined {
    const program = this.#of(name)?.programs.find((one) => !this.#refusals.has(keyOf(one)));
    return program === undefined || this.#isNeedless(program) ? undefined : program;
  }

  /** Why this subject needs no program of its own; undefined: it does, or none would work. */
  needless(name: SubjectName): string | undefined {
    const program = this.#of(name)?.programs.find(({ beside }) => beside !== undefined);
    if (program?.beside === undefined || !this.#isNeedless(program)) return undefined;
    return `not needed: the ${this.programFor(program.beside)?.tier ?? ''} tier of ${program.beside} sees the same`;
  }

  hasNext(program: RunnableProgram): boolean {
    const programs = this.#of(program.name)?.programs ?? [];
    const index = programs.findIndex((one) => keyOf(one) === keyOf(program));
    return programs.slice(index + 1).some((one) => !this.#refusals.has(keyOf(one)));
  }

  refuse(program: RunnableProgram, why: string): void {
    this.#refusals.set(keyOf(program), why);
    this.#onChange();
  }

  forgive(): void {
    this.#refusals.clear();
    this.#onChange();
  }

  whyNoBetter(program: RunnableProgram): string {
    const order = this.#of(program.name)?.order ?? [];
    const better = this.passedOver(program.name).filter(
      ({ tier }) => order.indexOf(tier) < order.indexOf(program.tier),
    );
    return better.map(({ tier, why }) => `; no ${tier}: ${why}`).join('');
  }

  /** The tiers that do not serve here, best first. */
  passedOver(name: SubjectName): readonly PassedOver[] {
    const candidates = this.#of(name);
    const refused = (candidates?.programs ?? []).flatMap((program) => {
      const why = this.#refusals.get(keyOf(program));
      return why === undefined ? [] : [{ tier: program.tier, why }];
    });
    const all = [...(candidates?.excluded ?? []), ...refused];
    return (candidates?.order ?? []).flatMap((tier) => all.filter((one) => one.tier === tier));
  }

  /** The part of the choice that one bpftrace runs, such as the programs that tax nobody. */
  only(isMeant: (program: RunnableProgram) => boolean): ProgramSource {
    return {
      current: () => this.current().filter(isMeant),
      hasNext: (program) => this.hasNext(program),
      refuse: (program, why) => {
        this.refuse(program, why);
      },
      forgive: () => {
        for (const { programs } of this.#candidates) {
          for (const program of programs.filter(isMeant)) this.#refusals.delete(keyOf(program));
        }
        this.#onChange();
      },
      whyNoBetter: (program) => this.whyNoBetter(program),
    };
  }

  #of(name: SubjectName): Candidates | undefined {
    return this.#candidates.find((one) => one.name === name);
  }

  #isNeedless({ beside }: RunnableProgram): boolean {
    return beside !== undefined && this.programFor(beside)?.taxing === false;
  }
}

function keyOf({ name, tier }: RunnableProgram): string {
  return `${name} ${tier}`;
}
