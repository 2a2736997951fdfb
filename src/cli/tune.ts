import { InvalidArgumentError, type Command } from 'commander';
import type { Tuner__Output } from '../../proto/generated/ksmpilot/v1/Tuner.js';
import { withAgent, type AgentClient } from './client.js';
import { addAgentOptions, type AgentFlags } from './connection.js';
import { paintFor } from './format-colour.js';
import { decisionJson, tunerJson } from './format-json.js';
import { explainText, tunerText } from './format-tune.js';
import { processIo, writeJson, type Io } from './io.js';

interface TuneFlags extends AgentFlags {
  readonly json?: boolean;
  readonly explain?: boolean;
  readonly last: number;
}

const DEFAULT_LAST = 10;
/** As GetTuner allows. */
const MAX_LAST = 1000;

const ACTIONS: readonly {
  readonly name: string;
  readonly text: string;
  readonly work: (agent: AgentClient) => Promise<Tuner__Output>;
}[] = [
  {
    name: 'observe',
    text: 'watch only; leaving auto puts the knobs back as they were found',
    work: (agent) => agent.setMode('MODE_OBSERVE'),
  },
  {
    name: 'advise',
    text: 'decide and tell, write nothing; leaving auto puts the knobs back',
    work: (agent) => agent.setMode('MODE_ADVISE'),
  },
  {
    name: 'auto',
    text: 'decide and write the knobs; again after somebody else moved one, to take over',
    work: (agent) => agent.setMode('MODE_AUTO'),
  },
  { name: 'pause', text: 'leave the knobs where they are until resume', work: (agent) => agent.pause() },
  { name: 'resume', text: 'go on after pause', work: (agent) => agent.resume() },
];

export function registerTune(program: Command, io: Io = processIo): void {
  const tune = addTuneOptions(program.command('tune'))
    .description("the tuner: its mode (alone: show it), its decisions and why; changing needs the agent's token")
    .option('--explain', 'as `tune explain`')
    .action(async (flags: TuneFlags) => {
      if (flags.explain === true) await explain(flags, io);
      else show(await withAgent(flags, (agent) => agent.tuner(1)), flags, io);
    });
  for (const { name, text, work } of ACTIONS) {
    // Options may stand before or after the action: the parent command takes both.
    addAgentOptions(tune.command(name))
      .description(text)
      .option('--json', 'the tuner as one JSON object')
      .action(async (_own: object, command: Command) => {
        const flags = command.optsWithGlobals<TuneFlags>();
        show(await withAgent(flags, work), flags, io);
      });
  }
  addTuneOptions(tune.command('explain'))
    .description('the last decisions: reason, changes, expectation, and whether it came true')
    .action((_own: object, command: Command) => explain(command.optsWithGlobals<TuneFlags>(), io));
}

function addTuneOptions(command: Command): Command {
  return addAgentOptions(command)
    .option('--json', 'JSON; what is not known is null')
    .option('--last <count>', `how many decisions to explain, 1 to ${MAX_LAST}`, readCount, DEFAULT_LAST);
}

async function explain(flags: TuneFlags, io: Io): Promise<void> {
  const tuner = await withAgent(flags, (agent) => agent.tuner(flags.last));
  if (flags.json === true) writeJson(io, tuner.decisions.map(decisionJson));
  else io.stdout.write(explainText(tuner, paintFor(io)));
}

function show(tuner: Tuner__Output, flags: TuneFlags, io: Io): void {
  if (flags.json === true) writeJson(io, tunerJson(tuner));
  else io.stdout.write(tunerText(tuner, paintFor(io)));
}

function readCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > MAX_LAST) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_LAST}.`);
  }
  return count;
}
