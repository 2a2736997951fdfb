import { expect, it } from 'vitest';
import { parseQmpMessage, QmpSplitter } from '../../../../src/agent/qmp/message.js';

it('reads what QEMU sends', () => {
  const greeting = '{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}';
  expect(parseQmpMessage(greeting)).toEqual({ type: 'greeting', version: '7.2.22' });
  expect(parseQmpMessage('{"QMP": {}}')).toEqual({ type: 'greeting', version: 'unknown' });
  expect(parseQmpMessage('{"return": [1], "id": 4}')).toEqual({ type: 'return', id: 4, value: [1] });
  expect(parseQmpMessage('{"return": {}}')).toEqual({ type: 'return', id: undefined, value: {} });
  expect(parseQmpMessage('{"id": 2, "error": {"class": "GenericError", "desc": "no"}}')).toEqual({
    type: 'error',
    id: 2,
    class: 'GenericError',
    text: 'no',
  });
  expect(parseQmpMessage('{"event": "STOP", "timestamp": {"seconds": 1}, "data": {}}')).toEqual({
    type: 'event',
    name: 'STOP',
  });
});

it.each(['', 'HTTP/1.1 400', '[]', 'null', '{}', '{"error": "x"}', '{"return"', '(qemu) '])(
  'knows %j for none',
  (text) => {
    expect(parseQmpMessage(text)).toBeUndefined();
  },
);

it('puts pieces of any size together', () => {
  const text = '{"a": 1}\r\n\r\n{\r\n    "b": {\r\n    }\r\n}\r\n{"c": 3}\n';
  for (const size of [1, 2, 3, 7, text.length]) {
    const splitter = new QmpSplitter(1000);
    const messages: string[] = [];
    for (let at = 0; at < text.length; at += size)
      messages.push(...(splitter.add(text.slice(at, at + size)) ?? ['long']));
    expect(messages.map((one) => JSON.parse(one) as unknown)).toEqual([{ a: 1 }, { b: {} }, { c: 3 }]);
  }
});

it('gives up on what never ends', () => {
  expect(new QmpSplitter(10).add('x'.repeat(11))).toBeUndefined();
  expect(new QmpSplitter(10).add(`${'x'.repeat(11)}\n`)).toBeUndefined();
  const spread = new QmpSplitter(10);
  expect(spread.add('{\n"a": 1,\n')).toEqual([]);
  expect(spread.add('"b": 2,\n')).toBeUndefined();
});
