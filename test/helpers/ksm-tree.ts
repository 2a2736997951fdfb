import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KsmSysfs } from '../../src/agent/model/raw.js';

interface BasicKnobs {
  readonly run: number;
  readonly pages_to_scan: number;
  readonly sleep_millisecs: number;
  /** Absent: a kernel before 6.7. */
  readonly smart_scan?: number;
}

/** A folder that stands for `/`, with a sys/kernel/mm/ksm whose files keep what is written to them. */
export interface KsmTree {
  readonly root: string;
  knobs(): BasicKnobs;
  ksm(): KsmSysfs;
  set(knob: keyof BasicKnobs, value: number): void;
  drop(knob: keyof BasicKnobs): void;
  remove(): void;
}

export function makeKsmTree(values: BasicKnobs): KsmTree {
  const root = mkdtempSync(join(tmpdir(), 'ksmpilot-tree-'));
  const dir = join(root, 'sys/kernel/mm/ksm');
  mkdirSync(dir, { recursive: true });
  const set = (knob: string, value: number): void => writeFileSync(join(dir, knob), `${value}\n`);
  for (const [knob, value] of Object.entries(values)) set(knob, value as number);
  const read = (knob: string): number => Number(readFileSync(join(dir, knob), 'utf8'));
  const knobs = (): BasicKnobs => ({
    run: read('run'),
    pages_to_scan: read('pages_to_scan'),
    sleep_millisecs: read('sleep_millisecs'),
    ...(values.smart_scan === undefined ? {} : { smart_scan: read('smart_scan') }),
  });
  return {
    root,
    knobs,
    ksm: knobs,
    set,
    drop: (knob) => rmSync(join(dir, knob)),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
