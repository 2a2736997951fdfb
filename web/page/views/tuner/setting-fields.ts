/** The tuner's settings as fields of a form: what each means, and what may stand in it. Pure. */

import type { TunerSettings__Output } from '../../../../proto/generated/ksmpilot/v1/TunerSettings.js';

export type SettingKey = keyof TunerSettings__Output;

interface FieldBase {
  readonly key: SettingKey;
  readonly label: string;
  readonly means: string;
}

export interface NumberField extends FieldBase {
  readonly form: 'number';
  readonly unit: string;
  readonly min: number;
  readonly max: number;
}

export interface SwitchField extends FieldBase {
  readonly form: 'switch';
}

export type SettingField = NumberField | SwitchField;

/** Ranges are those of src/agent/config.ts; a test compares them. */
export const SETTING_FIELDS: readonly SettingField[] = [
  {
    key: 'gib_per_core',
    form: 'number',
    label: 'Price',
    unit: 'GiB a core',
    means: 'Memory, held for an hour, that is worth one core for an hour. Less: memory is dear, scan more.',
    min: 0.1,
    max: 1024,
  },
  {
    key: 'max_cpu_pct',
    form: 'number',
    label: 'CPU cap',
    unit: '% of a core',
    means: 'Most that ksmd may use.',
    min: 1,
    max: 100,
  },
  {
    key: 'min_full_scan_sec',
    form: 'number',
    label: 'Shortest full scan',
    unit: 's',
    means: 'A walk over all mergeable memory in less time is not aimed at.',
    min: 0.1,
    max: 3600,
  },
  {
    key: 'max_full_scan_sec',
    form: 'number',
    label: 'Longest between rounds',
    unit: 's',
    means: 'Longest time between two rounds of scanning that pay.',
    min: 1,
    max: 86_400,
  },
  { key: 'may_start', form: 'switch', label: 'May start ksmd', means: 'Auto may switch run from 0 to 1.' },
  {
    key: 'may_stop',
    form: 'switch',
    label: 'May rest ksmd',
    means: 'Auto may switch run from 1 to 0 between rounds; merged memory stays merged.',
  },
  {
    key: 'smart_scan',
    form: 'switch',
    label: 'May hold smart_scan',
    means: 'Auto may hold smart_scan at 0 for the full scans of a round.',
  },
];

/** What is wrong with the text of a number field; undefined: nothing. */
export function faultOf({ label, min, max, unit }: NumberField, text: string): string | undefined {
  const value = Number(text.trim());
  if (text.trim() !== '' && Number.isFinite(value) && value >= min && value <= max) return undefined;
  return `${label} is a number from ${min} to ${max} ${unit}.`;
}

export type Entered = Readonly<Partial<Record<SettingKey, string | boolean>>>;

/** Only what differs from what is in force; number fields as text, switches as they are. */
export function changesOf(entered: Entered, inForce: TunerSettings__Output): Partial<TunerSettings__Output> {
  const changes: Partial<Record<SettingKey, number | boolean>> = {};
  for (const { key, form } of SETTING_FIELDS) {
    const given = entered[key];
    if (given === undefined) continue;
    const value = form === 'number' ? Number(given) : given === true;
    if (value !== inForce[key]) changes[key] = value;
  }
  return changes as Partial<TunerSettings__Output>;
}
