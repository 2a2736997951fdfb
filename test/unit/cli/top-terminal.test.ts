// `ksmpilot top` in a real terminal: tmux holds the pty and tells what is on its screen.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleProgram } from '../../helpers/bundle.js';
import { FakeAgent } from '../../helpers/fake-agent.js';
import { manyGuests } from '../../helpers/fake-many-guests.js';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;
if (!hasTmux) console.warn('skipped: tmux is not installed (apt-get install tmux)');

/** A shell in a terminal of its own; Node's start takes seconds on a busy machine. */
class Terminal implements Disposable {
  readonly #socket: string;

  constructor(dir: string, columns: number, rows: number) {
    this.#socket = join(dir, `tmux-${columns}-${Math.random().toString(36).slice(2)}`);
    const shell = 'env PS1="ready> " LANG=C.UTF-8 sh';
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), shell);
  }

  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  key(name: string): void {
    this.#tmux('send-keys', name);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  lines(): string[] {
    return this.#tmux('capture-pane', '-p').replace(/\n$/, '').split('\n');
  }

  /** Of the program that the shell runs. */
  childPid(): number {
    const shell = this.state('#{pane_pid}');
    return Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim().split(' ').at(-1));
  }

  state(format: string): string {
    return this.#tmux('display-message', '-p', format).trim();
  }

  async until(what: (lines: readonly string[]) => boolean, name: string): Promise<string[]> {
    const endMs = Date.now() + 40_000;
    for (;;) {
      const lines = this.lines();
      if (what(lines)) return lines;
      if (Date.now() > endMs) throw new Error(`${name} did not come:\n${lines.join('\n')}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  [Symbol.dispose](): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: string[]): string {
    return spawnSync('tmux', ['-u', '-S', this.#socket, ...args], { encoding: 'utf8' }).stdout;
  }
}

describe.runIf(hasTmux)('in a terminal', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ksmpilot-top-'));
  const few = new FakeAgent({ pastSec: 7200 });
  const many = new FakeAgent({ guests: (timeMs, sec) => manyGuests(100, timeMs, sec) });
  let command: (agent: 'few' | 'many') => string;
  beforeAll(async () => {
    const program = await bundleProgram('test/helpers/programs/top.ts');
    const ports = { few: await few.start(), many: await many.start() };
    command = (agent) => `${process.execPath} ${program} top --agent 127.0.0.1:${ports[agent]}`;
  }, 60_000);
  afterAll(() => {
    few.stop();
    many.stop();
    rmSync(dir, { recursive: true });
  });

  const isUp = (lines: readonly string[]): boolean => lines.some((line) => line.includes('q quit'));
  const isBack = (lines: readonly string[]): boolean => /ready> *$/.test(lines.findLast((line) => line !== '') ?? '');

  /** The shell has its screen, its echo and its line editing again. */
  async function expectClean(terminal: Terminal): Promise<void> {
    await terminal.until(isBack, 'the prompt');
    expect(terminal.state('#{alternate_on} #{cursor_flag}')).toBe('0 1');
    terminal.type('stty -a | tr " " "\\n" | grep -xE -e "-?(icanon|echo|isig);?" | tr "\\n" " "; echo; echo done');
    terminal.key('Enter');
    const lines = await terminal.until((all) => all.includes('done'), 'stty');
    expect(lines.join('\n')).toMatch(/^(isig icanon echo|.*\bisig icanon echo) *$/m);
  }

  test('80x24: fits, sorts, is resized, and goes without a trace', async () => {
    using terminal = new Terminal(dir, 80, 24);
    await terminal.until(isBack, 'the prompt');
    terminal.type(command('few'));
    terminal.key('Enter');
    const lines = await terminal.until(isUp, 'top');
    expect(terminal.state('#{alternate_on}')).toBe('1');
    expect(lines[0]).toMatch(/^hv-7 {2}Linux .* mode auto/);
    expect(lines.find((line) => line.startsWith('saved'))).toMatch(/[▁▂▃▄▅▆▇█]{8}/);
    expect(lines.find((line) => line.startsWith('NAME'))).toMatch(/SAVED\* .*COST .*WORTH .*BREAKS\/s$/);
    expect(lines.some((line) => line.startsWith('web-1 '))).toBe(true);
    expect(lines[23]).toContain('q quit');
    terminal.key('n');
    await terminal.until((all) => all.some((line) => line.startsWith('NAME*')), 'the other order');
    terminal.resize(140, 40);
    const wide = await terminal.until((all) => isUp(all.slice(39)), 'the larger screen');
    expect(wide.find((line) => line.startsWith('NAME'))).toMatch(/KIND .*OFFERED /);
    terminal.resize(80, 24);
    await terminal.until((all) => all.length === 24 && isUp(all.slice(23)), 'the smaller screen');
    terminal.key('q');
    await expectClean(terminal);
  }, 120_000);

  test('200x50 with 100 guests: scrolls to the last, filters', async () => {
    using terminal = new Terminal(dir, 200, 50);
    await terminal.until(isBack, 'the prompt');
    terminal.type(command('many'));
    terminal.key('Enter');
    const lines = await terminal.until(isUp, 'top');
    const rows = Number(/^1-(\d+) of 100 /.exec(lines[49] ?? '')?.[1]);
    expect(rows).toBeGreaterThan(38);
    terminal.key('End');
    await terminal.until((all) => /^\d+-100 of 100 /.test(all[49] ?? ''), 'the end');
    terminal.key('Up');
    await terminal.until((all) => /-99 of 100 /.test(all[49] ?? ''), 'one back');
    terminal.type('/ci-runner');
    terminal.key('Enter');
    await terminal.until(
      (all) => /^1-\d+ of \d+ \(of 100\) {2}by saved {2}\/ci-runner/.test(all[49] ?? ''),
      'the filter',
    );
    terminal.key('Escape');
    await terminal.until((all) => /^1-\d+ of 100 /.test(all[49] ?? ''), 'all again');
    terminal.key('C-c');
    await expectClean(terminal);
  }, 120_000);

  test('Ctrl-Z gives the terminal back, fg takes it again, and kill leaves it clean', async () => {
    using terminal = new Terminal(dir, 80, 24);
    await terminal.until(isBack, 'the prompt');
    terminal.type('set -m');
    terminal.key('Enter');
    terminal.type(command('few'));
    terminal.key('Enter');
    await terminal.until(isUp, 'top');
    terminal.key('C-z');
    await expectClean(terminal);
    terminal.type('clear; fg');
    terminal.key('Enter');
    await terminal.until(isUp, 'top again');
    expect(terminal.state('#{alternate_on}')).toBe('1');
    terminal.key('n');
    await terminal.until((all) => all.some((line) => line.startsWith('NAME*')), 'keys again');
    process.kill(terminal.childPid(), 'SIGTERM');
    await expectClean(terminal);
  }, 180_000);
});
