import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseLine } from '../../../../src/agent/probes/line.js';

const session = (version: string): string[] =>
  readFileSync(new URL(`../../../fixtures/bpftrace/${version}/session.jsonl`, import.meta.url), 'utf8').split('\n');

describe('a line of bpftrace', () => {
  it.each(['0.17', '0.23', '0.27'])('of version %s is understood, every one', (version) => {
    const messages = session(version)
      .map(parseLine)
      .filter((message) => message !== undefined);
    const kinds = new Set(messages.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['attaching', 'enter', 'exit', 'hist', 'map', 'scan', 'tick', 'tock']);
    expect(messages[0]).toEqual({ kind: 'attaching', probes: 15 });
  });

  it('that is blank says nothing', () => {
    expect(parseLine('')).toBeUndefined();
    expect(parseLine('  \t')).toBeUndefined();
  });

  it('with a map gives its cells by joined key', () => {
    expect(parseLine('{"type": "map", "data": {"@cow": {"4242,0": 31, "4243,1": 7}}}')).toEqual({
      kind: 'map',
      name: '@cow',
      entries: new Map([
        ['4242,0', 31],
        ['4243,1', 7],
      ]),
    });
  });

  it('with a map without keys gives one cell', () => {
    expect(parseLine('{"type": "map", "data": {"@n": 7}}')).toMatchObject({ entries: new Map([['', 7]]) });
  });

  it('with an integer above 2^63 as a string keeps the string', () => {
    expect(parseLine('{"type": "map", "data": {"@n": "18446744073709551615"}}')).toMatchObject({
      entries: new Map([['', '18446744073709551615']]),
    });
  });

  it('with a histogram gives its bars, open ones too', () => {
    const line =
      '{"type":"hist","data":{"@service_ns":[{"max":-1,"count":1},{"min":4,"max":7,"count":2},{"min":8,"count":3}]}}';
    expect(parseLine(line)).toEqual({
      kind: 'hist',
      name: '@service_ns',
      entries: [
        { max: -1, count: 1 },
        { min: 4, max: 7, count: 2 },
        { min: 8, count: 3 },
      ],
    });
  });

  it('of our programs is read field by field', () => {
    const scan = 'scan seq=42 us=180532 cpu_us=9120 rmap=5000 new=250 into=1250 zero=1 fail=2 removed=3\n';
    expect(parseLine(JSON.stringify({ type: 'printf', data: scan }))).toEqual({
      kind: 'scan',
      scan: {
        seq: 42,
        durationUs: 180_532,
        cpuUs: 9120,
        rmapItems: 5000,
        mergesNew: 250,
        mergesInto: 1250,
        mergesZero: 1,
        failures: 2,
        removals: 3,
      },
    });
  });

  it.each(['CPU 0/KVM', 'a=b comm=c', '', 'new\nline', 'ünï'])('keeps the name "%s" of a process whole', (comm) => {
    const line = JSON.stringify({ type: 'printf', data: `enter pid=7 comm=${comm}\n` });
    expect(parseLine(line)).toEqual({ kind: 'enter', pid: 7, comm });
  });

  it('of lost events is counted', () => {
    expect(parseLine('{"type": "lost_events", "data": {"events": 12}}')).toEqual({ kind: 'lost', events: 12 });
  });

  it('of a kind that we do not know is passed on, not refused', () => {
    expect(parseLine('{"type": "helper_error", "msg": "x", "retcode": -7}')).toEqual({
      kind: 'other',
      text: 'helper_error: ',
    });
  });

  it.each([
    '{',
    'null',
    '[]',
    '{"type": 7}',
    '{"type": "map", "data": 3}',
    '{"type": "map", "data": {"@a": {"1": [2]}}}',
    'ERROR: x',
  ])('such as %s is garbage, and said so', (line) => {
    expect(parseLine(line)).toEqual({ kind: 'unparsed', text: line });
  });

  it('never throws, whatever it is', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => void parseLine(line)));
  });
});
