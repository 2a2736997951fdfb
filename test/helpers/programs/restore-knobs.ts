/** Restores the baseline of the state directory of argument 1, as an agent does at its start, and prints the report. */

import { BaselineStore, restoreBaseline } from '../../../src/agent/baseline.js';
import { readBootId } from '../../../src/agent/kernel/host-facts.js';
import { KsmWriter } from '../../../src/agent/kernel/ksm-writer.js';

const store = new BaselineStore({ stateDir: process.argv[2] ?? '', bootId: readBootId() ?? '' });
console.log(JSON.stringify(restoreBaseline(store, new KsmWriter())));
