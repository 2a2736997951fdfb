import { expect, it } from 'vitest';
import { KsmpilotError } from '../../../../src/agent/errors.js';
import { listMemoryBackends, queryName, setMerge } from '../../../../src/agent/qmp/backends.js';

type Execute = (command: string, args?: Readonly<Record<string, unknown>>, timeoutMs?: number) => Promise<unknown>;

/** Answers from a table, by command or by path and property. */
function asking(answers: Record<string, unknown>): { execute: Execute } {
  return {
    execute: (command, args = {}) => {
      const key = command === 'qom-get' ? `${String(args['path'])}.${String(args['property'])}` : command;
      return key in answers
        ? Promise.resolve(answers[key])
        : Promise.reject(new KsmpilotError('QMP_REFUSED', `no ${key}`));
    },
  };
}

const LIST = [
  { name: 'type', type: 'string' },
  { name: 'pc.ram', type: 'child<memory-backend-ram>' },
  { name: 'dimm1', type: 'child<memory-backend-memfd>' },
  { name: 'rng0', type: 'child<rng-random>' },
];

it('lists memory backends and nothing else', async () => {
  const qmp = asking({
    'qom-list': LIST,
    '/objects/pc.ram.merge': true,
    '/objects/pc.ram.share': false,
    '/objects/pc.ram.size': 1024,
    '/objects/dimm1.merge': false,
    '/objects/dimm1.share': true,
    '/objects/dimm1.size': 2048,
  });
  await expect(listMemoryBackends(qmp)).resolves.toEqual([
    { path: '/objects/pc.ram', merge: true, share: false, sizeBytes: 1024 },
    { path: '/objects/dimm1', merge: false, share: true, sizeBytes: 2048 },
  ]);
});

it.each([
  ['no list', { 'qom-list': {} }],
  ['an entry that is none', { 'qom-list': [7] }],
  [
    'too many',
    {
      'qom-list': Array.from({ length: 1025 }, () => LIST[1]),
      '/objects/pc.ram.merge': true,
      '/objects/pc.ram.share': false,
      '/objects/pc.ram.size': 1,
    },
  ],
  ['merge of another type', { 'qom-list': [LIST[1]], '/objects/pc.ram.merge': 'yes' }],
  [
    'a size of another type',
    {
      'qom-list': [LIST[1]],
      '/objects/pc.ram.merge': true,
      '/objects/pc.ram.share': false,
      '/objects/pc.ram.size': '1G',
    },
  ],
])('refuses an answer with %s', async (_, answers) => {
  await expect(listMemoryBackends(asking(answers))).rejects.toMatchObject({ code: 'QMP_FAILED' });
});

it('tells a change that did not stay', async () => {
  const backend = { path: '/objects/pc.ram', merge: true, share: false, sizeBytes: 1 };
  await expect(
    setMerge(asking({ 'qom-set': {}, '/objects/pc.ram.merge': false }), backend, false),
  ).resolves.toBeUndefined();
  await expect(
    setMerge(asking({ 'qom-set': {}, '/objects/pc.ram.merge': true }), backend, false),
  ).rejects.toMatchObject({
    code: 'QMP_FAILED',
  });
});

it('gives a big backend time', async () => {
  const waited: unknown[] = [];
  const qmp = {
    execute: (command: string, _args?: unknown, timeoutMs?: number) => {
      if (command === 'qom-set') waited.push(timeoutMs);
      return Promise.resolve(false);
    },
  };
  await setMerge(qmp, { path: '/objects/a', merge: true, share: false, sizeBytes: 64 * 2 ** 30 }, false);
  expect(waited).toEqual([670_000]);
});

it('reads the name', async () => {
  await expect(queryName(asking({ 'query-name': { name: 'web' } }))).resolves.toBe('web');
  await expect(queryName(asking({ 'query-name': {} }))).resolves.toBeUndefined();
  await expect(queryName(asking({ 'query-name': [] }))).rejects.toMatchObject({ code: 'QMP_FAILED' });
});
