/** The taxing programs as a window runs them. */

import { type Defines, definesOf, joinPrograms, renderProgram } from './program.js';
import type { ProgramSource, RunnableProgram } from './runnable.js';

/** What the windows run. */
export interface DutyPrograms {
  readonly source: ProgramSource;
  /** bpf/service_fault.bt as this host runs it; undefined: breaks are not timed. */
  readonly timingText: string | undefined;
  /** Of one page in so many the merge lifetime is known. */
  readonly lifetimeOneIn: number;
}

/**
 * Each program notes when it saw a break, for the lifetimes; and, where `isTimed`, the timing program goes with the first
 * one. bpftrace refusing that is not held against the others.
 */
export function windowSource({ source, timingText, lifetimeOneIn }: DutyPrograms, isTimed: boolean): ProgramSource {
  const timing = { text: isTimed ? timingText : undefined };
  const defines = { NOTE_BREAKS: 1, LIFETIME_ONE_IN: lifetimeOneIn };
  const originals = new WeakMap<RunnableProgram, RunnableProgram>();
  const originalOf = (program: RunnableProgram): RunnableProgram => originals.get(program) ?? program;
  return {
    current: () =>
      source.current().map((program, index) => {
        const text = renderProgram(program.text, knownTo(program.text, defines));
        const own = {
          ...program,
          text: index === 0 && timing.text !== undefined ? joinPrograms([text, timing.text]) : text,
        };
        originals.set(own, program);
        return own;
      }),
    hasNext: (program) => timing.text !== undefined || source.hasNext(originalOf(program)),
    refuse: (program, why) => {
      if (timing.text === undefined) source.refuse(originalOf(program), why);
      timing.text = undefined;
    },
    forgive: () => {
      source.forgive();
    },
    whyNoBetter: (program) => source.whyNoBetter(originalOf(program)),
  };
}

function knownTo(text: string, defines: Defines): Defines {
  const names = definesOf(text);
  return Object.fromEntries(Object.entries(defines).filter(([name]) => names.has(name)));
}
