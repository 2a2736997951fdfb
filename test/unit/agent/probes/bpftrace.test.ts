import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  bpftraceVersion,
  launchBpftrace,
  listStruct,
  type BpftraceExit,
} from '../../../../src/agent/probes/bpftrace.js';

const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-test-bpftrace-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let scripts = 0;

/** A shell script that stands in for bpftrace. */
function script(body: string): string {
  const path = join(folder, `bpftrace-${(scripts += 1)}`);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function run(
  path: string,
  program = 'BEGIN { }',
  onLine?: (line: string, stop: () => void) => void,
): Promise<BpftraceExit & { lines: string[] }> {
  const lines: string[] = [];
  const child = launchBpftrace({
    path,
    program,
    mapKeys: 512,
    onLine: (line) => {
      lines.push(line);
      onLine?.(line, () => child.stop());
    },
    onStderrLine: () => undefined,
  });
  return { ...(await child.exited), lines };
}

describe('the version', () => {
  it.each([
    ['bpftrace v0.17.0', '0.17.0'],
    ['bpftrace v0.23.2-34-gdeadbeef', '0.23.2'],
    ['bpftrace 0.27.1', '0.27.1'],
  ])('of "%s" is %s', async (text, version) => {
    expect(await bpftraceVersion(script(`echo '${text}'`))).toBe(version);
  });

  it('of a program that is none, or fails, is an error that says what it said', async () => {
    await expect(bpftraceVersion(script('echo hello'))).rejects.toMatchObject({
      code: 'BPFTRACE_FAILED',
      message: expect.stringContaining('hello') as unknown,
    });
    await expect(bpftraceVersion(script('echo bad luck >&2; exit 3'))).rejects.toMatchObject({
      code: 'BPFTRACE_FAILED',
      message: expect.stringMatching(/ended with 3: bad luck/) as unknown,
    });
    await expect(bpftraceVersion('/nonexistent/bpftrace')).rejects.toMatchObject({ code: 'BPFTRACE_MISSING' });
  });

  it("of a struct is bpftrace's listing", async () => {
    expect(await listStruct(script('echo "$1 $2"'), 'mm_struct')).toBe('-lv struct mm_struct');
  });
});

describe('a run', () => {
  it('reads the program from a file, with the sizes of maps in both spellings', async () => {
    const path = script('cat "$3"; echo; echo "$1 $2 $BPFTRACE_MAP_KEYS_MAX $BPFTRACE_MAX_MAP_KEYS"');
    expect((await run(path, 'BEGIN { exit(); }')).lines).toEqual(['BEGIN { exit(); }', '-f json 512 512']);
  });

  it('keeps what is a notice elsewhere where it is an error', async () => {
    const told = 'ERROR: kfunc:do_wp_page: could not read traceable functions from available_filter_functions';
    const exit = await run(script(`echo 'could not read available_filter_functions' >&2; echo '${told}' >&2; exit 1`));
    expect(exit.stderr).toBe(told);
  });

  it('gives its end and the end of stderr, notices left out', async () => {
    const notice = 'ERROR: Unknown error -1: couldn\\047t set RLIMIT_MEMLOCK for bpftrace.';
    const exit = await run(
      script(`printf "${notice}\\n" >&2; for i in $(seq 30); do echo "line $i" >&2; done; exit 4`),
    );
    expect(exit).toMatchObject({ code: 4, signal: undefined });
    expect(exit.stderr.split('\n')).toHaveLength(12);
    expect(exit.stderr).toMatch(/^line 19\n[\s\S]*line 30$/);
  });

  it('ended by a signal says which', async () => {
    expect(await run(script('kill -9 $$'))).toMatchObject({ code: undefined, signal: 'SIGKILL' });
  });

  it('that cannot start ends at once, with the reason', async () => {
    const exit = await run('/nonexistent/bpftrace');
    expect(exit).toMatchObject({ code: undefined, signal: undefined });
    expect(exit.stderr).toContain('ENOENT');
  });

  it('is told to end by SIGTERM, and what it prints then still arrives', async () => {
    const path = script('trap "echo last; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
    const exit = await run(path, '', (line, stop) => {
      if (line === 'ready') stop();
    });
    expect(exit).toMatchObject({ code: 0, lines: ['ready', 'last'] });
  });
});
