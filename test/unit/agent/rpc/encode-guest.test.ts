import type { SideChannelReport } from '../../../../src/agent/model/side-channel.js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeGuest, encodeGuestList } from '../../../../src/agent/rpc/encode-guest.js';
import { toCount, toFigure } from '../../../../src/agent/rpc/encode-number.js';
import { loadProto } from '../../../../src/agent/rpc/proto.js';
import { testGuest, testGuests } from '../../../helpers/agent-port.js';

/** Through the wire and back, as any client sees it. */
function roundTrip(type: string, message: object): Record<string, unknown> {
  const definition = loadProto()[`ksmpilot.v1.${type}`] as MessageTypeDefinition<object, object>;
  return definition.deserialize(definition.serialize(message)) as Record<string, unknown>;
}

const GUEST = testGuest({ kind: 'qemu', name: 'web', pids: [12, 13] });

test('what is not known of a guest has no key, not 0', () => {
  expect(roundTrip('Guest', encodeGuest(GUEST))).toEqual({
    kind: 'qemu',
    name: 'web',
    id: '12@12',
    identity: 'qemu/web',
    key: 'qemu/web#12.12',
    pids: [12, 13],
    doubts: [],
  });
});

test('every figure has its field; a loss is negative', () => {
  const row = {
    ...GUEST,
    doubts: ['It is not looked at yet.'],
    mergeableBytes: 1,
    savedBytes: 2,
    zeroBytes: 0,
    rmapItemBytes: 4,
    ksmdCores: 0.5,
    worthCores: -0.25,
    merge: 'mixed',
    mergesTotal: 6,
    cowBreaksTotal: 7,
    cowBreaksSeen: 1,
    zeroBreaksTotal: 9,
    mergesPerSec: 1.5,
    cowBreaksPerSec: 0,
    mergeLifetimeP50Sec: 2.5,
  } as const;
  expect(roundTrip('Guest', encodeGuest(row))).toMatchObject({
    doubts: ['It is not looked at yet.'],
    mergeable_bytes: 1,
    saved_bytes: 2,
    zero_bytes: 0,
    rmap_item_bytes: 4,
    ksmd_cores: 0.5,
    worth_per_hour: -0.25,
    merge: 'mixed',
    merges_total: 6,
    cow_breaks_total: 7,
    cow_breaks_seen: 1,
    zero_breaks_total: 9,
    merges_per_sec: 1.5,
    cow_breaks_per_sec: 0,
    merge_lifetime_p50_s: 2.5,
  });
});

const OFF: SideChannelReport = { state: 'off', detail: 'off: no breaks.', threshold: 0.5, suspects: [] };

test('the side-channel watch: no score while it is off, 0 for who has nothing, the evidence for who is suspicious', () => {
  const suspect = {
    key: GUEST.key,
    name: GUEST.name,
    score: 0.75,
    suspicious: true,
    sinceMs: 5,
    text: 'Because.',
    evidence: { returningPages: 6, returns: 12, sweepShare: 1, periodSec: 2.5, otherPages: 3, accidents: 0.03 },
  };
  const on = { ...OFF, state: 'on', oneIn: 4, foundFrom: 29, pages: 10, missed: 0, slowestSec: 60 } as const;
  const table = testGuests([GUEST]);
  const off = roundTrip('GuestList', encodeGuestList(table, OFF));
  expect(off).toMatchObject({
    side_channel: { state: 'off', detail: 'off: no breaks.', threshold: 0.5, suspects: [] },
  });
  expect(off.guests).not.toMatchObject([{ suspicion: 0 }]);
  expect(roundTrip('GuestList', encodeGuestList(table, on))).toMatchObject({
    guests: [{ suspicion: 0 }],
    side_channel: { state: 'on', one_in: 4, found_from: 29, pages: 10, missed: 0, slowest_sec: 60 },
  });
  expect(roundTrip('GuestList', encodeGuestList(table, { ...on, suspects: [suspect] }))).toMatchObject({
    guests: [{ suspicion: 0.75, suspicion_text: 'Because.' }],
    side_channel: {
      suspects: [
        { key: GUEST.key, score: 0.75, suspicious: true, since_ms: 5, returning_pages: 6, returns: 12, sweep_share: 1 },
      ],
    },
  });
  const harmless = encodeGuestList(table, { ...on, suspects: [{ ...suspect, score: 0.2, suspicious: false }] });
  expect(harmless.guests?.[0]?.suspicion_text).toBeUndefined();
});

test('the rest and who is not looked at yet; before the first look nothing is claimed', () => {
  const table = testGuests([GUEST], { savedBytes: 4096, worthCores: -0.5 }, 3);
  expect(roundTrip('GuestList', encodeGuestList(table, OFF))).toMatchObject({
    time_ms: table.timeMs,
    guests: [{ name: 'web' }],
    rest: { saved_bytes: 4096, worth_per_hour: -0.5 },
    pending: 3,
  });
  expect(roundTrip('GuestList', encodeGuestList(undefined, OFF))).toMatchObject({
    time_ms: 0,
    guests: [],
    rest: null,
    pending: 0,
  });
});

test('whatever numbers a row holds, the wire holds the same, or nothing', () => {
  const figure = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(NaN, Infinity, -Infinity, -0, 2 ** 60, null));
  fc.assert(
    fc.property(figure, figure, (savedBytes, worthCores) => {
      const told = roundTrip('Guest', encodeGuest({ ...GUEST, savedBytes, worthCores }));
      expect(told['saved_bytes']).toBe(toCount(savedBytes));
      expect(told['worth_per_hour']).toBe(toFigure(worthCores));
    }),
  );
});
