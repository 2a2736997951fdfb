/** Model -> protobuf messages: guests, what each saves and costs. Pure; absent stays absent. */

import type { Guest } from '../../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestList } from '../../../proto/generated/ksmpilot/v1/GuestList.js';
import type { GuestRest } from '../../../proto/generated/ksmpilot/v1/GuestRest.js';
import type { GuestAccount, GuestRow, GuestTable } from '../model/guest.js';
import type { SideChannelReport } from '../model/side-channel.js';
import { encodeSideChannel } from './encode-side-channel.js';
import { toCount, toFigure } from './encode-number.js';

export function encodeGuestList(table: GuestTable | undefined, watch: SideChannelReport): GuestList {
  const side_channel = encodeSideChannel(watch);
  if (table === undefined) return { time_ms: 0, guests: [], rest: null, pending: 0, side_channel };
  const suspects = new Map(watch.suspects.map((suspect) => [suspect.key, suspect]));
  return {
    side_channel,
    time_ms: table.timeMs,
    guests: table.guests.map((row) => {
      if (watch.state !== 'on') return encodeGuest(row);
      const { score = 0, suspicious = false, text } = suspects.get(row.key) ?? {};
      return { ...encodeGuest(row), suspicion: score, suspicion_text: suspicious ? text : undefined };
    }),
    rest: encodeRest(table.rest),
    pending: table.pending,
  };
}

export function encodeGuest(row: GuestRow): Guest {
  return {
    kind: row.kind,
    name: row.name,
    id: row.id,
    identity: row.identity,
    key: row.key,
    pids: [...row.pids],
    doubts: [...row.doubts],
    mergeable_bytes: toCount(row.mergeableBytes),
    saved_bytes: toCount(row.savedBytes),
    zero_bytes: toCount(row.zeroBytes),
    rmap_item_bytes: toCount(row.rmapItemBytes),
    merges_total: toCount(row.mergesTotal),
    cow_breaks_total: toCount(row.cowBreaksTotal),
    cow_breaks_seen: toCount(row.cowBreaksSeen),
    zero_breaks_total: toCount(row.zeroBreaksTotal),
    ksmd_cores: toFigure(row.ksmdCores),
    worth_per_hour: toFigure(row.worthCores),
    merges_per_sec: toFigure(row.mergesPerSec),
    cow_breaks_per_sec: toFigure(row.cowBreaksPerSec),
    merge_lifetime_p50_s: toFigure(row.mergeLifetimeP50Sec),
    merge: row.merge ?? undefined,
  };
}

function encodeRest(rest: GuestAccount): GuestRest {
  return {
    saved_bytes: toCount(rest.savedBytes),
    zero_bytes: toCount(rest.zeroBytes),
    rmap_item_bytes: toCount(rest.rmapItemBytes),
    ksmd_cores: toFigure(rest.ksmdCores),
    worth_per_hour: toFigure(rest.worthCores),
  };
}
