/** Runs commands in this process, with what they write and what is typed in memory. */

import { EventEmitter } from 'node:events';
import type { Command } from 'commander';
import { runProgram } from '../../src/cli/exit.js';
import type { Io } from '../../src/cli/io.js';
import { newProgram } from '../../src/cli/program-base.js';

export class MemoryOutput {
  text = '';
  isTTY: boolean | undefined;
  columns: number | undefined;
  rows: number | undefined;
  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

export class MemoryInput extends EventEmitter {
  isTTY: boolean | undefined;
  readonly calls: string[] = [];
  setRawMode(raw: boolean): this {
    this.calls.push(`raw ${raw}`);
    return this;
  }
  resume(): this {
    this.calls.push('resume');
    return this;
  }
  pause(): this {
    this.calls.push('pause');
    return this;
  }
}

export interface MemoryIo extends Io {
  readonly stdout: MemoryOutput;
  readonly stderr: MemoryOutput;
  readonly stdin: MemoryInput;
}

export function memoryIo(env: Record<string, string> = {}): MemoryIo {
  return { stdout: new MemoryOutput(), stderr: new MemoryOutput(), stdin: new MemoryInput(), env };
}

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `runCli((program, io) => registerStatus(program, io), ['status', '--json'])`. */
export async function runCli(
  register: (program: Command, io: Io) => void,
  args: readonly string[],
  io: MemoryIo = memoryIo(),
): Promise<CliResult> {
  const program = newProgram(io);
  register(program, io);
  const code = await runProgram(program, ['node', 'ksmpilot', ...args], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}
