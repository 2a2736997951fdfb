/**
 * An agent that does nothing but move knobs, for a test that kills it. Argument 1: state directory; argument 2: `once`
 * (run, pages_to_scan, sleep_millisecs, then `moved` and wait) or `always` (pages_to_scan without end after `moved`).
 */

import { BaselineStore } from '../../../src/agent/baseline.js';
import { BaselineKnobPort } from '../../../src/agent/baseline-port.js';
import { readBootId } from '../../../src/agent/kernel/host-facts.js';
import { KsmWriter } from '../../../src/agent/kernel/ksm-writer.js';

const [, , stateDir = '', how] = process.argv;
const store = new BaselineStore({ stateDir, bootId: readBootId() ?? '' });
const port = new BaselineKnobPort({ port: new KsmWriter(), store });
port.write('pages_to_scan', 1300);
port.write('sleep_millisecs', 17);
port.write('run', 1);
console.log('moved');
for (let pages = 1000; how === 'always'; pages = 1000 + ((pages + 1) % 500)) port.write('pages_to_scan', pages);
process.stdin.resume();
