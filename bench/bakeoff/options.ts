import { parseArgs } from 'node:util';
import { UsageError } from './refusal.js';
import type { Selection } from './plan.js';

/** What the command line may choose from. */
export interface Catalogue {
  readonly workloads: readonly string[];
  readonly policies: readonly string[];
  readonly corePolicies: readonly string[];
  /** Also names that no list has, such as `fixed:300/20`. */
  readonly isPolicy: (name: string) => boolean;
}

export type Options =
  | { readonly kind: 'help' }
  | { readonly kind: 'report'; readonly files: readonly string[] }
  | {
      readonly kind: 'run';
      readonly selection: Selection;
      /** True when all workloads and policies run at full length: only that writes docs/bakeoff.md. */
      readonly full: boolean;
      readonly quick: boolean;
      /** In place of each workload's own length, in seconds. */
      readonly seconds: number | undefined;
      /** Rows are written here. */
      readonly json: string | undefined;
      /** Rows are taken from here. */
      readonly resume: string | undefined;
      /** Cores of others' load from which a row is not kept. */
      readonly redoAbove: number | undefined;
    };

/** Where a full run keeps its rows unless told otherwise. */
export const FULL_ROWS = '.cache/bakeoff/rows.json';

/** The six that the bake-off must have to count (`--core`). */
export const CORE_WORKLOADS = ['storm', 'churn', 'idle', 'volatile', 'steady', 'aged'] as const;
const QUICK_WORKLOADS = ['storm', 'churn', 'idle'];
const QUICK_POLICIES = ['off', 'default', 'ksmtuned', 'advisor', 'fixed:1250/10', 'ksmpilot'];
const PRICES = [4, 8, 16];
const QUICK_PRICES = [8];
export const REPEATS = 3;

export const HELP = `Usage: npm run bench:bakeoff -- [options]

Runs KSM under ksmpilot and under every other way to run it, on this kernel, with real processes, and scores each.
Without options: everything, ${REPEATS} times (many hours), then writes docs/bakeoff.md.

  --quick              ${QUICK_WORKLOADS.join(', ')} under ${QUICK_POLICIES.join(', ')}
                       at price ${QUICK_PRICES.join()}, once, with short windows: about ten minutes; writes no document
  --core               ${CORE_WORKLOADS.join(', ')} under the main policies
  --workload NAME      only this one; repeatable, or separated by commas
  --policy NAME        only this one; repeatable, or separated by commas; also fixed:N/S for any pages_to_scan
                       and sleep_millisecs
  --repeats N          how often each cell runs (default ${REPEATS}; with --quick 1)
  --prices A,B,...     GiB per core, one run of ksmpilot for each (default ${PRICES.join()})
  --seconds N          length of every window in place of the workload's own
  --seed N             another random order and other contents (default 1)
  --shard I/N          the I-th of N parts of all cells, for several machines or nights
  --json FILE          write the rows here, after each cell (a file that is there is kept as FILE~);
                       a full run writes ${FULL_ROWS} unless told otherwise
  --resume FILE        take the rows that are there, run what is missing, and add it to the file (or to --json FILE)
  --redo-above CORES   with --resume: also run again what was measured beside more load of others than that
  --report FILE...     run nothing: read rows, write docs/bakeoff.md
  --help               this

Needs root, a C compiler, a build, and nobody else's mergeable memory. KSM_LOCK=FILE in the environment: each cell also
holds FILE as flock(1) does. Exit codes: 0 done, 1 the host says no or a cell failed, 2 wrong usage, 130 interrupted.`;

/** @throws UsageError */
export function readOptions(argv: readonly string[], catalogue: Catalogue): Options {
  const { values, positionals } = parsed(argv);
  if (values.help === true) return { kind: 'help' };
  if (values.report !== undefined) return { kind: 'report', files: [...listOf(values.report), ...positionals] };
  if (positionals.length > 0) throw new UsageError(`what is ${positionals.join(' ')}?`);
  const [quick, core] = [values.quick === true, values.core === true];
  if (quick && core) throw new UsageError('--quick and --core exclude each other');

  const chosen = { workloads: listOf(values.workload), policies: listOf(values.policy) };
  const preset = quick
    ? { workloads: QUICK_WORKLOADS, policies: QUICK_POLICIES }
    : core
      ? { workloads: CORE_WORKLOADS, policies: catalogue.corePolicies }
      : catalogue;
  for (const name of chosen.workloads) check('workload', name, catalogue.workloads.includes(name), catalogue.workloads);
  for (const name of chosen.policies) check('policy', name, catalogue.isPolicy(name), catalogue.policies);
  const selection: Selection = {
    workloads: chosen.workloads.length > 0 ? chosen.workloads : preset.workloads,
    policies: chosen.policies.length > 0 ? chosen.policies : preset.policies,
    prices: pricesOf(values.prices) ?? (quick ? QUICK_PRICES : PRICES),
    repeats: wholeNumber('--repeats', values.repeats) ?? (quick ? 1 : REPEATS),
    seed: wholeNumber('--seed', values.seed, 0) ?? 1,
    shard: shardOf(values.shard),
  };
  const seconds = wholeNumber('--seconds', values.seconds);
  const partial = quick || core || chosen.workloads.length > 0 || chosen.policies.length > 0;
  const full = !partial && selection.shard === undefined && seconds === undefined;
  const json = values.json ?? values.resume ?? (full ? FULL_ROWS : undefined);
  const redoAbove = coresOf(values['redo-above']);
  return { kind: 'run', selection, full, quick, seconds, json, resume: values.resume, redoAbove };
}

function parsed(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const list = { type: 'string', multiple: true } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        ...{ quick: flag, core: flag, help: flag, workload: list, policy: list, report: list },
        ...{ repeats: text, prices: text, seconds: text, seed: text, shard: text, json: text, resume: text },
        'redo-above': text,
      },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Each once, in the order given. */
function listOf(values: readonly string[] | undefined): readonly string[] {
  const names = (values ?? []).flatMap((value) => value.split(',')).map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

function check(what: string, name: string, known: boolean, names: readonly string[]): void {
  if (!known) throw new UsageError(`there is no ${what} ${name}; there are ${names.join(', ')}`);
}

function pricesOf(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  const prices = listOf([text]).map(Number);
  if (prices.length === 0 || !prices.every((price) => Number.isFinite(price) && price > 0))
    throw new UsageError(`--prices wants numbers above 0, such as 4,8,16, not ${text}`);
  return prices;
}

function wholeNumber(option: string, text: string | undefined, least = 1): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least)
    throw new UsageError(`${option} wants a whole number from ${least}, not ${text}`);
  return value;
}

function coresOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const cores = Number(text);
  if (text.trim() === '' || !(cores >= 0)) throw new UsageError(`--redo-above wants a number of cores, not ${text}`);
  return cores;
}

function shardOf(text: string | undefined): Selection['shard'] {
  if (text === undefined) return undefined;
  const [, part, of] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (part === undefined || of === undefined || part < 1 || part > of)
    throw new UsageError(`--shard wants I/N with I from 1 to N, such as 1/3, not ${text}`);
  return { part, of };
}
