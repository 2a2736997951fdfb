// One thread of bench/policies: plays the cases it is told by name, one after the other.
import { register } from 'node:module';
import { parentPort } from 'node:worker_threads';

register('../typescript.mjs', import.meta.url);
const { allCases } = await import('./cases.ts');
const { contest } = await import('./contest.ts');
const cases = new Map(allCases().map((one) => [one.name, one]));
parentPort.on('message', ({ name, prices, pairs }) => parentPort.postMessage(contest(cases.get(name), prices, pairs)));
