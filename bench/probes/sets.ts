import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { renderedProgram } from '../../src/agent/probes/plan.js';
import { type Defines, definesOf, joinPrograms, renderProgram } from '../../src/agent/probes/program.js';
import { EVENTS } from './held-programs.js';
import { EMPTY, NOTHING, type ProgramSet } from './types.js';

/**
 * The programs of the tracepoint tier, by their file in bpf/ without `.bt`. On the entry tiers (kprobe, fentry) ordinary
 * faults run no program at all, so they are not for this benchmark.
 */
const STEMS: Readonly<Record<string, string>> = { scanner: 'scanner', cow: 'cow_walk', kvm: 'cow_walk_kvm' };

/** Of a host with some hundred thousand merged pages: of one page in so many the lifetime is measured. */
const LIFETIME_ONE_IN = 64;

export interface Sets {
  readonly sets: readonly ProgramSet[];
  /** Programs that this kernel has no tracepoints for, and so are not measured. */
  readonly missing: readonly string[];
}

/** Nothing, an empty program on the same tracepoints, each program alone, as the agent joins them, and the `extra` files. */
export async function programSets(extra: readonly string[]): Promise<Sets> {
  const single: { readonly name: string; readonly title: string; readonly text: string }[] = [];
  const missing: string[] = [];
  for (const [name, stem] of Object.entries(STEMS)) {
    const text = await renderedProgram(stem, { bpftracePath: 'bpftrace', root: '/' });
    const absent = tracepointsOf(text).filter((event) => !existsSync(join(EVENTS, ...event.split(':'))));
    if (absent.length > 0) missing.push(`${name} (no ${absent.join(', ')})`);
    else single.push({ name, title: `bpf/${stem}.bt`, text });
  }
  const joined = (defines: Defines, programs = single): string =>
    joinPrograms(programs.map(({ text }) => withDefines(text, defines)));
  const sampled = { LIFETIME_ONE_IN };
  const inWindows = single.filter(({ name }) => name !== 'scanner');
  const names = (programs: typeof single): string => programs.map(({ name }) => name).join(', ');
  return {
    sets: [
      { name: NOTHING, title: 'nothing attached', text: undefined },
      { name: EMPTY, title: 'an empty program on each of their tracepoints', text: emptyProgram(joined({})) },
      ...single,
      {
        name: 'window',
        title: `what a window of the duty cycle runs: ${names(inWindows)}, noting one break in ${LIFETIME_ONE_IN}`,
        text: joined({ ...sampled, NOTE_BREAKS: 1 }, inWindows),
      },
      {
        name: 'all',
        title: `what \`exact\` runs: ${names(single)} in one bpftrace, the lifetime of one page in ${LIFETIME_ONE_IN}`,
        text: joined(sampled),
      },
      { name: 'all, every lifetime', title: 'the same, the lifetime of every page', text: joined({}) },
      ...extra.map((path) => ({ name: basename(path, '.bt'), title: path, text: readFileSync(path, 'utf8') })),
    ],
    missing,
  };
}

/** Values for those names that the program has. */
function withDefines(text: string, defines: Defines): string {
  const known = definesOf(text);
  return renderProgram(text, Object.fromEntries(Object.entries(defines).filter(([name]) => known.has(name))));
}

/** Programs that do nothing, on the tracepoints of the given text; its frame tells that it runs. */
export function emptyProgram(text: string): string {
  const probes = tracepointsOf(text).map((name) => `tracepoint:${name} { }`);
  return [...probes, 'interval:s:1', '{', '\tprintf("tick empty\\n");', '\tprintf("tock empty\\n");', '}', ''].join(
    '\n',
  );
}

/** `category:name`, each once, in order. */
export function tracepointsOf(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/^tracepoint:(\w+:\w+)/gm)].map(([, name = '']) => name))];
}
