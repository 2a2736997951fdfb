import { Argument, type Command } from 'commander';
import { commandFacts } from './command-tree.js';
import { completionScript, SHELLS, type Shell } from './completion-script.js';
import { processIo, type Io } from './io.js';

export function registerCompletion(program: Command, io: Io = processIo): void {
  program
    .command('completion')
    .description('print the completion script of a shell; in bash: source <(ksmpilot completion bash)')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => {
      io.stdout.write(completionScript(shell, commandFacts(program)));
    });
}
