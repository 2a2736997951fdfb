/** The tuner's settings as a form. They hold until the agent ends; the file is what lasts. */

import type { TunerSettings__Output } from '../../../../proto/generated/ksmpilot/v1/TunerSettings.js';
import { change } from '../../change.js';
import { element, setText } from '../../dom.js';
import type { PageState } from '../../state.js';
import type { App } from '../../view.js';
import { refusalOf } from '../guest/on-demand.js';
import { changesOf, faultOf, SETTING_FIELDS, type Entered, type SettingField } from './setting-fields.js';

const LASTING = 'Until the agent ends; to keep them, write them into its configuration file.';

interface Field {
  readonly field: SettingField;
  readonly input: HTMLInputElement;
  readonly fault: HTMLElement;
}

export class SettingsForm {
  readonly root: HTMLElement;
  readonly #app: App;
  readonly #fields: readonly Field[] = SETTING_FIELDS.map(makeField);
  readonly #save = element('button', { type: 'submit', class: 'main', 'data-testid': 'settings-save' }, 'Change');
  readonly #undo = element('button', { type: 'button', 'data-testid': 'settings-undo' }, 'As in force');
  readonly #said = element('div', { class: 'said', role: 'status', 'data-testid': 'settings-message' }, LASTING);
  #inForce: TunerSettings__Output | undefined;
  #isTouched = false;
  #isBusy = false;

  constructor(app: App) {
    this.#app = app;
    const form = element(
      'form',
      { novalidate: '', class: 'settings-form' },
      ...this.#fields.map((field) => rowOf(field)),
      element('div', { class: 'buttons' }, this.#save, this.#undo, this.#said),
    );
    form.addEventListener('input', () => {
      this.#isTouched = true;
      this.#enable();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#undo.addEventListener('click', () => {
      this.#isTouched = false;
      this.#fill();
      this.#enable();
    });
    this.root = element(
      'section',
      { class: 'panel settings', 'aria-labelledby': 'settings-title' },
      element('h2', { id: 'settings-title' }, 'Price, cap and what the tuner may do'),
      form,
    );
  }

  /** What somebody is typing is not overwritten. */
  update({ tuner }: PageState): void {
    const inForce = tuner?.settings ?? undefined;
    if (inForce !== undefined && JSON.stringify(inForce) !== JSON.stringify(this.#inForce)) {
      this.#inForce = inForce;
      if (!this.#isTouched) this.#fill();
    }
    this.#enable();
  }

  #fill(): void {
    for (const { field, input, fault } of this.#fields) {
      const value = this.#inForce?.[field.key];
      if (field.form === 'switch') input.checked = value === true;
      else input.value = value === undefined ? '' : String(value);
      setText(fault, '');
      input.removeAttribute('aria-invalid');
    }
  }

  get #entered(): Entered {
    return Object.fromEntries(
      this.#fields.map(({ field, input }) => [field.key, field.form === 'switch' ? input.checked : input.value]),
    );
  }

  #enable(): void {
    const changes = this.#inForce === undefined ? {} : changesOf(this.#entered, this.#inForce);
    const isChanged = Object.keys(changes).length > 0;
    for (const { input } of this.#fields) input.disabled = this.#inForce === undefined || this.#isBusy;
    this.#save.disabled = !isChanged || this.#isBusy;
    this.#undo.disabled = !isChanged || this.#isBusy;
  }

  /** Marks every field that cannot be, and goes to the first. */
  #check(): boolean {
    let first: HTMLInputElement | undefined;
    for (const { field, input, fault } of this.#fields) {
      const said = field.form === 'number' ? faultOf(field, input.value) : undefined;
      setText(fault, said ?? '');
      if (said === undefined) input.removeAttribute('aria-invalid');
      else input.setAttribute('aria-invalid', 'true');
      if (said !== undefined) first ??= input;
    }
    first?.focus();
    return first === undefined;
  }

  async #send(): Promise<void> {
    if (this.#inForce === undefined || this.#isBusy || !this.#check()) return;
    const tuner = changesOf(this.#entered, this.#inForce);
    this.#isBusy = true;
    this.#enable();
    try {
      await change(this.#app, 'settings', { tuner });
      this.#isTouched = false;
      this.#inForce = { ...this.#inForce, ...tuner };
      setText(this.#said, `Changed. ${LASTING}`);
    } catch (error) {
      this.#said.replaceChildren(refusalOf(error));
    }
    this.#isBusy = false;
    this.#enable();
  }
}

function makeField(field: SettingField): Field {
  const id = `setting-${field.key}`;
  const described = { 'aria-describedby': `${id}-means ${id}-fault`, 'data-testid': id };
  const input =
    field.form === 'switch'
      ? element('input', { type: 'checkbox', id, ...described })
      : element('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off', id, ...described });
  return { field, input, fault: element('span', { class: 'message', id: `${id}-fault` }) };
}

function rowOf({ field, input, fault }: Field): HTMLElement {
  const { key, label, means, form } = field;
  return element(
    'div',
    { class: `setting ${form}` },
    element('label', { for: input.id }, label),
    element(
      'span',
      { class: 'entry' },
      input,
      ...(form === 'number' ? [element('span', { class: 'unit' }, field.unit)] : []),
    ),
    element('span', { class: 'soft means', id: `setting-${key}-means` }, means),
    fault,
  );
}
