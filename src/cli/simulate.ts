import { readFileSync, statSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { errnoOf, KsmpilotError } from '../agent/errors.js';
import { DEFAULT_TUNER_SETTINGS, SETTING_RANGES } from '../tuner/settings.js';
import { policyNamed, POLICY_FORMS } from '../tuner/sim/named-policies.js';
import type { PolicyStart } from '../tuner/sim/policy.js';
import { DEFAULT_SIZE, scenario, SCENARIO_NAMES, type ScenarioName } from '../tuner/sim/scenarios.js';
import { simulate } from '../tuner/sim/simulate.js';
import { replay, USUAL_POLICIES } from '../agent/what-if/replay.js';
import type { TunerSettings } from '../tuner/types.js';
import { simulateJson, simulateText, type SimReport } from './format-simulate.js';
import { processIo, writeJson, type Io } from './io.js';
import { parseRecord } from './record-file.js';

/** A week at one sample a second is smaller. */
const MAX_FILE_BYTES = 512 * 2 ** 20;

interface SimulateFlags {
  readonly scenario?: ScenarioName;
  readonly policy: readonly string[];
  readonly price: number;
  readonly maxCpu: number;
  readonly guests: number;
  readonly guestGib: number;
  readonly seconds: number;
  readonly cold?: boolean;
  readonly json?: boolean;
}

export function registerSimulate(program: Command, io: Io = processIo): void {
  const { gibPerCore, maxCpuPct } = SETTING_RANGES;
  program
    .command('simulate')
    .description('replays a recorded host, or a built-in scenario, under several policies and compares them')
    .argument('[file]', 'a record, written by `ksmpilot record`')
    .option('--scenario <name>', `instead of a file: ${SCENARIO_NAMES.join(', ')}`, readScenario)
    .option('--policy <name...>', `${POLICY_FORMS.join(', ')} (default: ${USUAL_POLICIES.join(' ')})`, readPolicy, [])
    .option('--price <gib>', 'GiB of memory, held for an hour, worth one CPU core for an hour', between(gibPerCore), 8)
    .option('--max-cpu <pct>', "ksmpilot's CPU cap, per cent of one core", between(maxCpuPct), 50)
    .option('--guests <n>', 'of a scenario', between({ min: 1, max: 10_000, whole: true }), DEFAULT_SIZE.guests)
    .option(
      '--guest-gib <gib>',
      'memory of each guest',
      between({ min: 0.01, max: 4096 }),
      DEFAULT_SIZE.guestBytes / 2 ** 30,
    )
    .option('--seconds <n>', 'of a scenario', between({ min: 10, max: 604_800, whole: true }), DEFAULT_SIZE.seconds)
    .option('--cold', 'of a record: begin with nothing merged, as after a boot')
    .option('--json', 'one JSON object')
    .action((file: string | undefined, flags: SimulateFlags, command: Command) => {
      if ((file === undefined) === (flags.scenario === undefined)) {
        command.error('ksmpilot: name either a record or --scenario.');
      }
      const report = file === undefined ? ofScenario(flags) : ofRecord(file, flags);
      if (flags.json === true) writeJson(io, simulateJson(report));
      else io.stdout.write(simulateText(report));
    });
}

function ofScenario(flags: SimulateFlags): SimReport {
  const workload = scenario(flags.scenario ?? 'steady', {
    guests: flags.guests,
    guestBytes: flags.guestGib * 2 ** 30,
    seconds: flags.seconds,
  });
  return {
    what: `${flags.guests} guests of ${flags.guestGib} GiB for ${flags.seconds} s; ${workload.what}`,
    source: workload.name,
    seconds: workload.seconds,
    gibPerCore: flags.price,
    fit: null,
    unknowns: [
      'A scenario is made up: what a host gains depends on its guests. `ksmpilot record` takes those into account.',
    ],
    results: startsOf(flags).map((start) => simulate(workload, start)),
  };
}

function ofRecord(path: string, flags: SimulateFlags): SimReport {
  const history = parseRecord(read(path), path);
  const { what, seconds, fit, unknowns, results } = replay({
    history,
    policies: flags.policy,
    settings: settingsOf(flags),
    cold: flags.cold === true,
  });
  return { what, source: path, seconds, gibPerCore: flags.price, fit, unknowns, results };
}

function read(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES) {
      throw new KsmpilotError('RECORD_INVALID', `${path} has ${size} bytes; a record has ${MAX_FILE_BYTES} at most.`, {
        hint: 'Record less at a time: `ksmpilot record FILE --seconds N`.',
      });
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof KsmpilotError) throw error;
    throw new KsmpilotError('RECORD_INVALID', `${path} cannot be read: ${errnoOf(error) ?? String(error)}.`, {
      hint: '`ksmpilot record FILE` writes one from a running agent.',
      cause: error,
    });
  }
}

function startsOf(flags: SimulateFlags): readonly PolicyStart[] {
  const names = flags.policy.length === 0 ? USUAL_POLICIES : [...new Set(flags.policy)];
  return names.map((name) => policyNamed(name, settingsOf(flags))).filter((start) => start !== undefined);
}

function settingsOf({ price, maxCpu }: SimulateFlags): TunerSettings {
  return { ...DEFAULT_TUNER_SETTINGS, gibPerCore: price, maxCpuPct: maxCpu };
}

function readScenario(text: string): ScenarioName {
  const name = SCENARIO_NAMES.find((one) => one === text);
  if (name === undefined) throw new InvalidArgumentError(`It must be one of ${SCENARIO_NAMES.join(', ')}.`);
  return name;
}

function readPolicy(text: string, before: readonly string[]): readonly string[] {
  if (policyNamed(text, DEFAULT_TUNER_SETTINGS) === undefined) {
    throw new InvalidArgumentError(`It must be one of ${POLICY_FORMS.join(', ')}.`);
  }
  return [...before, text];
}

function between(range: {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const { min, max, whole } = range;
    if (text.trim() === '' || !(value >= min && value <= max) || (whole === true && !Number.isInteger(value))) {
      throw new InvalidArgumentError(`It must be a${whole === true ? ' whole' : ''} number from ${min} to ${max}.`);
    }
    return value;
  };
}
