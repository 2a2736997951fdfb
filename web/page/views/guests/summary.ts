/** The guests of a host in a few words. Pure. */

import type { GuestList__Output } from '../../../../proto/generated/ksmpilot/v1/GuestList.js';
import { bytes, count, signedCores } from '../../format.js';
import { guestsWord } from './columns.js';
import { sumsOf } from './sums.js';

/** A loss smaller than this, in cores, is none. */
const EVEN_CORES = 0.0005;

/** `12 guests save 4.2 GiB, worth +0.512 cores. 1 costs more than it saves. 2 offer no memory.` */
export function summaryOf(list: GuestList__Output | undefined): string {
  if (list === undefined) return 'Waiting for the first look at the guests.';
  const { guests } = list;
  if (guests.length === 0) return 'No guests.';
  const { saved_bytes: saved, worth_per_hour: worth } = sumsOf(guests);
  const word = guestsWord(guests.length, guests.length);
  const parts = [
    saved === undefined
      ? `${word}. What each saves is not known on this host.`
      : `${word} ${guests.length === 1 ? 'saves' : 'save'} ${bytes(saved)}${worth === undefined ? '' : `, worth ${signedCores(worth)} cores`}.`,
    counted(guests.filter(({ worth_per_hour: one }) => one !== undefined && one < -EVEN_CORES).length, [
      'costs more than it saves.',
      'cost more than they save.',
    ]),
    counted(guests.filter(({ merge }) => merge === 'off').length, ['offers no memory.', 'offer no memory.']),
    counted(list.pending, ['process is not looked at yet.', 'processes are not looked at yet.']),
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function counted(figure: number, [one, many]: readonly [string, string]): string {
  if (figure === 0) return '';
  return `${count(figure)} ${figure === 1 ? one : many}`;
}
