/** Every metric that `GET /metrics` can tell, in the order of the answer and of docs/metrics.md. Pure. */

import { AGENT_FAMILIES } from './families/agent.js';
import { BREAK_FAMILIES } from './families/breaks.js';
import { GUEST_FAMILIES } from './families/guests.js';
import { MEMORY_FAMILIES } from './families/memory.js';
import { SCANNER_FAMILIES } from './families/scanner.js';
import { TUNER_FAMILIES } from './families/tuner.js';
import type { Family } from './family.js';

export const SECTIONS: readonly { readonly title: string; readonly families: readonly Family[] }[] = [
  { title: 'The agent', families: AGENT_FAMILIES },
  { title: 'Memory and worth', families: MEMORY_FAMILIES },
  { title: 'The scanner', families: SCANNER_FAMILIES },
  { title: 'COW breaks', families: BREAK_FAMILIES },
  { title: 'The tuner', families: TUNER_FAMILIES },
  { title: 'Guests', families: GUEST_FAMILIES },
];

export const FAMILIES: readonly Family[] = SECTIONS.flatMap(({ families }) => families);
