/** The full screen of `ksmpilot top`: keys, refreshes, the size of the terminal, and the way out, whatever ends it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { formatError } from '../agent/errors.js';
import { paintFor } from './format-colour.js';
import { topLines, type TopData, type TopPast } from './format-top.js';
import type { Io } from './io.js';
import { Screen } from './terminal.js';
import { KeyReader, type Key } from './top-keys.js';
import { press, type TopView } from './top-view.js';

/** A terminal sends a sequence in one piece; over a slow line the rest of it comes within this. */
const ESCAPE_MS = 60;

export interface LiveOptions {
  readonly io: Io;
  readonly intervalMs: number;
  readonly view: TopView;
  readonly first: TopData;
  readonly look: () => Promise<TopData>;
  readonly past: () => TopPast | undefined;
}

/** Ends by a key or a signal. Keeps showing the last figures while the agent is away, and says so. */
export async function showLive({ io, intervalMs, view: firstView, first, look, past }: LiveOptions): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  const keys = new KeyReader();
  const isUnicode = showsUnicode(io);
  const paint = paintFor(io);
  let view = firstView;
  let data = first;
  let problem: string | undefined;
  let room = { count: 0, rows: 1 };
  let escape: NodeJS.Timeout | undefined;

  const draw = (): void => {
    const screenful = topLines(data, view, { ...screen.size, paint, isUnicode, past: past(), problem, isLive: true });
    room = screenful;
    screen.draw(screenful.lines);
  };
  const take = (pressed: readonly Key[]): void => {
    for (const key of pressed) {
      if (key === 'ctrl-c' || (key === 'q' && !view.isTyping)) {
        end();
        return;
      }
      // The whole job, as the terminal itself would do; the handler below closes the screen before.
      if (key === 'ctrl-z') process.kill(0, 'SIGTSTP');
      else if (key === 'ctrl-l') screen.forget();
      else view = press(view, key, room);
    }
    draw();
  };
  const screen = new Screen(io, (text) => {
    clearTimeout(escape);
    take(keys.read(text));
    if (keys.isWaiting) escape = setTimeout(() => take(keys.flush()), ESCAPE_MS);
  });
  const release = onSignals({
    end,
    suspend: () => {
      screen.close();
      process.kill(process.pid, 'SIGSTOP');
    },
    resume: () => {
      if (ended.signal.aborted) return;
      screen.close();
      screen.open();
      draw();
    },
    crash: () => screen.close(),
  });
  io.stdout.on?.('resize', draw);
  screen.open();
  try {
    draw();
    while (await pause(intervalMs, ended.signal)) {
      if (view.isPaused) continue;
      try {
        data = await look();
        problem = undefined;
      } catch (error) {
        problem = formatError(error);
      }
      if (!ended.signal.aborted && !isPausedNow()) draw();
    }
  } finally {
    clearTimeout(escape);
    io.stdout.off?.('resize', draw);
    screen.close();
    release();
  }

  function isPausedNow(): boolean {
    return view.isPaused;
  }
}

/** @returns Whether to go on. */
export async function pause(intervalMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(intervalMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

/** @returns Takes the handlers away again. */
export function onEndSignal(end: () => void): () => void {
  for (const signal of END_SIGNALS) process.once(signal, end);
  return () => {
    for (const signal of END_SIGNALS) process.off(signal, end);
  };
}

const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function onSignals(on: {
  readonly end: () => void;
  readonly suspend: () => void;
  readonly resume: () => void;
  readonly crash: () => void;
}): () => void {
  const release = onEndSignal(on.end);
  process.on('SIGTSTP', on.suspend);
  process.on('SIGCONT', on.resume);
  // An error that nobody caught ends the process after this.
  process.on('exit', on.crash);
  return () => {
    release();
    process.off('SIGTSTP', on.suspend);
    process.off('SIGCONT', on.resume);
    process.off('exit', on.crash);
  };
}

/** By the locale, as the C library does: the first of these that is set says it. */
export function showsUnicode({ env }: Pick<Io, 'env'>): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((one) => one !== undefined && one !== '');
  return locale !== undefined && /utf-?8/i.test(locale);
}
