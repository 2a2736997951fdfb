/**
 * Asks for the past that a view shows and keeps what was answered. One question at a time: a newer one cancels the one before.
 * Answers are shared by all views, so that the way back from a zoom needs no question.
 */

import { ApiError, type Api, type ApiParams } from '../api.js';

/** A span of the past, with what else the answer depends on. */
export interface Question {
  readonly path: 'history' | 'events';
  readonly params: ApiParams;
  readonly fromMs: number;
  readonly toMs: number;
  /** Does the span move on with time? Then an answer is good for a fiftieth of it, and at least for `FRESH_MS`. */
  readonly isLive: boolean;
}

/** What is known of the newest question. */
export type Standing =
  | { readonly state: 'idle' | 'asking' | 'known' }
  /** `error.isAbsence`: there is no history here; else it may pass. */
  | { readonly state: 'refused'; readonly error: ApiError };

interface Answer {
  readonly atMs: number;
  readonly question: Question;
  readonly value: unknown;
}

const FRESH_MS = 30_000;
const FRESH_PART = 1 / 50;
const RETRY_MS = 10_000;
const MOST_ANSWERS = 32;
/** While a chart is dragged or a window resized, only the last of many questions is asked. */
const SETTLE_MS = 60;

const answers = new Map<string, Answer>();

export class Loader<T> {
  readonly #api: Api;
  readonly #onChange: () => void;
  #question: { readonly key: string; readonly question: Question } | undefined;
  #asking: AbortController | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;
  #standing: Standing = { state: 'idle' };
  #refusedAtMs = 0;
  #answer: Answer | undefined;

  /** @param onChange called after each answer and each refusal */
  constructor(api: Api, onChange: () => void) {
    this.#api = api;
    this.#onChange = onChange;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** The newest answer, which may be to an earlier question while the newest is asked; undefined: none yet. */
  get answer(): { readonly value: T; readonly question: Question } | undefined {
    return this.#answer as { readonly value: T; readonly question: Question } | undefined;
  }

  /** Asks, unless the same has been asked or answered lately. To be called at each update. */
  want(question: Question): void {
    const key = keyOf(question, this.#api);
    const isNew = key !== this.#question?.key;
    if (!isNew && this.#standing.state === 'asking') return;
    if (!isNew && this.#standing.state === 'refused' && Date.now() - this.#refusedAtMs < RETRY_MS) return;
    if (!isNew && this.#standing.state === 'known' && this.#answer !== undefined && isFresh(this.#answer, question))
      return;
    this.#question = { key, question };
    const known = answers.get(key);
    if (known !== undefined && isFresh(known, question)) {
      this.#cancel();
      this.#answer = known;
      this.#standing = { state: 'known' };
      return;
    }
    this.#cancel();
    const wasRefused = this.#standing.state === 'refused' && !isNew;
    // A refusal stays said while the same is asked again.
    if (!wasRefused) this.#standing = { state: 'asking' };
    else this.#refusedAtMs = Date.now();
    this.#settle = setTimeout(() => void this.#ask(key, question), this.#answer === undefined ? 0 : SETTLE_MS);
  }

  /** Ends what is asked, and forgets the question: the ring has all that is shown. */
  rest(): void {
    this.#cancel();
    this.#question = undefined;
    this.#answer = undefined;
    this.#standing = { state: 'idle' };
  }

  stop(): void {
    this.#cancel();
  }

  #cancel(): void {
    clearTimeout(this.#settle);
    this.#asking?.abort();
    this.#asking = undefined;
  }

  async #ask(key: string, question: Question): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    const span = { from_ms: Math.round(question.fromMs), to_ms: Math.round(question.toMs) };
    try {
      const value = await this.#api.get<unknown>(question.path, { ...span, ...question.params }, asking.signal);
      if (asking.signal.aborted) return;
      this.#answer = { atMs: Date.now(), question, value };
      keep(key, this.#answer);
      this.#standing = { state: 'known' };
    } catch (error) {
      if (asking.signal.aborted) return;
      this.#refusedAtMs = Date.now();
      this.#standing = { state: 'refused', error: error instanceof ApiError ? error : unknownError(error) };
    }
    this.#onChange();
  }
}

function keyOf({ path, params, fromMs, toMs, isLive }: Question, api: Api): string {
  const span = isLive ? String(Math.round(toMs - fromMs)) : `${Math.round(fromMs)}-${Math.round(toMs)}`;
  return `${span} ${api.url(path, params)}`;
}

function isFresh({ question, atMs }: Answer, wanted: Question): boolean {
  // A span that ended before it was asked for does not change any more.
  if (!wanted.isLive) return question.toMs < atMs - FRESH_MS || Date.now() - atMs < FRESH_MS;
  return wanted.toMs - question.toMs < Math.max(FRESH_MS, (wanted.toMs - wanted.fromMs) * FRESH_PART);
}

function keep(key: string, answer: Answer): void {
  answers.delete(key);
  answers.set(key, answer);
  for (const oldest of answers.keys()) {
    if (answers.size <= MOST_ANSWERS) break;
    answers.delete(oldest);
  }
}

function unknownError(error: unknown): ApiError {
  return new ApiError({ code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), status: 0 });
}
