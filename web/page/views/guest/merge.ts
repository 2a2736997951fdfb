/** Switching the merging of one guest: first what it would do and take, then the question, then what came of it. */

import type { Guest__Output } from '../../../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestMergeReport__Output } from '../../../../proto/generated/ksmpilot/v1/GuestMergeReport.js';
import { change } from '../../change.js';
import { askUser } from '../../dialog.js';
import { element, setText } from '../../dom.js';
import { richText, copyable } from '../../rich-text.js';
import type { App } from '../../view.js';
import { GOALS, isShort, memoryWords, outcomeWords, type Goal } from './merge-plan.js';
import { refusalOf } from './on-demand.js';

const STANDING: Readonly<Record<string, string>> = {
  on: 'Its memory is offered to KSM.',
  off: 'Its memory is not offered to KSM.',
  mixed: 'Some of its processes offer memory to KSM, others do not.',
};

export class MergeControl {
  readonly root: HTMLElement;
  readonly #app: App;
  readonly #standing = element('p', { 'data-testid': 'merge-standing' });
  readonly #buttons: readonly { readonly goal: Goal; readonly button: HTMLButtonElement }[];
  readonly #said = element('div', { role: 'status', 'data-testid': 'merge-said' });
  #guest: Guest__Output | undefined;
  #isBusy = false;

  constructor(app: App) {
    this.#app = app;
    this.#buttons = GOALS.map(({ goal, title, means }) => {
      const button = element('button', { type: 'button', title: means, 'data-testid': `merge-${goal}` }, title);
      button.addEventListener('click', () => void this.#go(goal));
      return { goal, button };
    });
    this.root = element(
      'section',
      { class: 'panel merge-control', 'aria-labelledby': 'merge-title' },
      element('h2', { id: 'merge-title' }, 'Merging of this guest'),
      this.#standing,
      element('div', { class: 'buttons' }, ...this.#buttons.map(({ button }) => button)),
      this.#said,
    );
  }

  /** @param guest undefined: it is not running */
  update(guest: Guest__Output | undefined): void {
    this.#guest = guest;
    const known = guest?.merge === undefined ? undefined : STANDING[guest.merge];
    setText(
      this.#standing,
      guest === undefined ? 'It is not running.' : (known ?? 'Whether it offers memory is not known.'),
    );
    this.#enable();
  }

  #enable(): void {
    for (const { goal, button } of this.#buttons) {
      button.disabled = this.#isBusy || this.#guest === undefined || this.#guest.merge === goal;
    }
  }

  async #go(goal: Goal): Promise<void> {
    const guest = this.#guest;
    if (guest === undefined || this.#isBusy) return;
    this.#isBusy = true;
    this.#enable();
    setText(this.#said, 'Looking at what it would do.');
    try {
      await this.#planAndDo(guest, goal);
    } catch (error) {
      this.#said.replaceChildren(refusalOf(error));
    }
    this.#isBusy = false;
    this.#enable();
  }

  async #planAndDo({ key, name }: Guest__Output, merge: Goal): Promise<void> {
    const call = (dry_run: boolean): Promise<GuestMergeReport__Output> =>
      change<GuestMergeReport__Output>(this.#app, 'guests/merge', { guest: key, merge, dry_run });
    const plan = await call(true);
    setText(this.#said, '');
    const isAgreed = await askUser({
      id: 'merge',
      title: titleOf(merge, name),
      body: bodyOf(plan),
      yes: plan.feasible ? YES[merge] : undefined,
      no: plan.feasible ? 'Leave it' : 'Close',
      grave: plan.feasible && merge === 'off',
    });
    if (!isAgreed) return;
    setText(this.#said, 'Switching; the guest may stand still while memory is copied.');
    const done = await call(false);
    this.#said.replaceChildren(
      element('p', { class: done.changed ? 'held' : '' }, outcomeWords(done)),
      ...done.steps.map((step) => element('p', { class: 'soft' }, ...richText(step))),
    );
  }
}

const YES: Readonly<Record<Goal, string>> = { on: 'Switch on', off: 'Switch off', restore: 'Put back' };

function titleOf(goal: Goal, name: string): string {
  if (goal === 'restore') return `Put the merging of ${name} back?`;
  return `Switch the merging of ${name} ${goal}?`;
}

function bodyOf(plan: GuestMergeReport__Output): Node[] {
  const memory = memoryWords(plan);
  return [
    ...(plan.steps.length === 0
      ? []
      : [element('ol', { class: 'steps' }, ...plan.steps.map((step) => element('li', {}, ...richText(step))))]),
    ...(memory === undefined ? [] : [element('p', { class: isShort(plan) ? 'missed' : '' }, memory), gaugeOf(plan)]),
    ...(plan.advice.length === 0
      ? []
      : [
          element('p', {}, 'ksmpilot does not switch this guest itself. What to set instead:'),
          element('ul', { class: 'advice' }, ...plan.advice.map((line) => element('li', {}, adviceOf(line)))),
        ]),
  ];
}

/** Lines without backticks are commands or settings as a whole. */
function adviceOf(line: string): HTMLElement {
  return line.includes('`') ? element('p', {}, ...richText(line, true)) : copyable(line);
}

/** Needed against usable, as a bar; the sentence above says the same. */
function gaugeOf({ needed_bytes: needed = 0, usable_bytes: usable }: GuestMergeReport__Output): HTMLElement {
  const meter = element('meter', { min: '0', 'aria-label': 'Needed of the memory that is usable' });
  meter.max = Math.max(1, usable ?? needed);
  meter.high = 0.8 * meter.max;
  meter.optimum = 0;
  meter.value = needed;
  meter.hidden = usable === undefined;
  return meter;
}
