/** Starts processes: the only file that does, beside probes/bpftrace.ts. */

import { execa } from 'execa';

export interface TalkingProcess {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** In a process group of its own, which Ctrl-C in the terminal does not reach. */
  readonly detached: boolean;
}

/** One with pipes to all of its streams, read as it goes. Never rejects. */
export function startTalking({ program, args, env = {}, detached }: TalkingProcess) {
  return execa(program, args, {
    detached,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    env: { ...env },
  });
}

/** One that says on stderr at most why it failed, and that goes on if we are killed. Never rejects. */
export function startQuiet(program: string, args: readonly string[]) {
  return execa(program, args, {
    detached: true,
    cleanup: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    maxBuffer: { stderr: 4096 },
    reject: false,
  });
}
