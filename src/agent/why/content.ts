/** What the contents themselves, and the switches about contents, keep from merging. Pure. */

import { bytes, duration } from '../../tuner/format.js';
import { RMAP_ITEM_BYTES } from '../model/derive.js';
import type { Evidence } from './evidence.js';
import { because, type Reason } from './reason.js';
import { isWorthTelling } from './share.js';

/** Fewer pages that changed among those looked at say nothing. */
const CHANGED_LEAST = 0.02;

/**
 * ksmd puts a page into the unstable tree only if it has the contents of the visit before: what changes from one full
 * scan to the next never merges with another such page. `pages_volatile` does not tell: with smart_scan it is mostly
 * pages that were skipped.
 */
export function volatile(evidence: Evidence): Reason | undefined {
  const { look, memory, pageSize } = evidence;
  if (look === undefined || look.drawn === 0 || look.changed < CHANGED_LEAST * look.drawn) return undefined;
  const pages = Math.round((look.changed / look.drawn) * memory.offered);
  if (!isWorthTelling(pages, evidence)) return undefined;
  const source = 'contents, two looks';
  return because('volatile', {
    sentence:
      `About ${bytes(pages * pageSize)} changed within ${duration(look.seconds)} (${look.changed} of ${look.drawn} pages ` +
      'drawn by lot). What changes between two visits of ksmd does not merge; with slower scans that is more.',
    evidence: [
      { what: 'looked at', value: look.drawn, unit: 'pages', source },
      { what: 'changed', value: look.changed, unit: 'pages', source },
      { what: 'apart', value: look.seconds, unit: 's', source },
    ],
    cure:
      'None from outside: the guest writes there. If it never merges, not offering that memory saves the scanning ' +
      '(`ksmpilot guest`).',
    bytes: pages * pageSize,
    bound: 'about',
  });
}

export function zeroPages(evidence: Evidence): Reason | undefined {
  const { look, memory, pageSize, ksm } = evidence;
  if (ksm?.use_zero_pages !== 0 || look === undefined || look.drawn === 0) return undefined;
  const pages = Math.round((look.zero / look.drawn) * memory.offered);
  if (pages === 0 || !isWorthTelling(pages, evidence)) return undefined;
  const perPage = pageSize / (ksm.max_page_sharing ?? Infinity) + RMAP_ITEM_BYTES;
  const source = 'contents, two looks';
  return because('use_zero_pages_off', {
    sentence:
      `About ${bytes(pages * pageSize)} are zeros. With use_zero_pages off they merge to KSM pages, ` +
      `${String(ksm.max_page_sharing ?? 'any number of')} to one, which costs memory, records and scanning.`,
    evidence: [
      { what: 'use_zero_pages', value: 0, source: '/sys/kernel/mm/ksm/use_zero_pages' },
      { what: 'looked at', value: look.drawn, unit: 'pages', source },
      { what: 'zeros', value: look.zero, unit: 'pages', source },
    ],
    cure:
      'echo 1 > /sys/kernel/mm/ksm/use_zero_pages. It acts on pages that merge from then on, and makes writes to them ' +
      'invisible to cow_ksm: see docs/switches.md.',
    bytes: Math.round(pages * perPage),
    bound: 'about',
  });
}

/** A content with more copies than that gets several KSM pages, in a chain; all copies do merge. */
export function pageSharing({ ksm, pageSize, tally }: Evidence): Reason | undefined {
  const { stable_node_chains: chains = 0, stable_node_dups: dups = 0, max_page_sharing: most } = ksm ?? {};
  if (chains === 0 || most === undefined || (tally.merged ?? 0) === 0) return undefined;
  const size = Math.max(0, dups - chains) * pageSize;
  return because('max_page_sharing', {
    sentence:
      `On this host ${chains === 1 ? '1 content has' : `${chains} contents have`} more copies than max_page_sharing ` +
      `(${most}), and ${chains === 1 ? 'takes' : 'take'} ${dups} KSM pages. ` +
      `All copies merge; one page for each content would save up to ${bytes(size)} more, on the whole host.`,
    evidence: [
      { what: 'max_page_sharing', value: most, source: '/sys/kernel/mm/ksm/max_page_sharing' },
      { what: 'contents', value: chains, source: '/sys/kernel/mm/ksm/stable_node_chains' },
      { what: 'their KSM pages', value: dups, unit: 'pages', source: '/sys/kernel/mm/ksm/stable_node_dups' },
    ],
    cure:
      'Leave it: 256 loses 0.4 % of such contents. A change needs everything unmerged first. If they are zeros, ' +
      'use_zero_pages is the cure.',
    bytes: size,
    bound: 'at most',
  });
}

export function nodesApart({ ksm, nodes, pageSize }: Evidence): Reason | undefined {
  if (ksm?.merge_across_nodes !== 0 || nodes < 2) return undefined;
  const size = (nodes - 1) * (ksm.pages_shared ?? 0) * pageSize;
  return because('nodes_apart', {
    sentence:
      `merge_across_nodes is 0: each of the ${nodes} nodes keeps its own KSM page of a content. One for all would ` +
      `save up to ${bytes(size)} more, on the whole host.`,
    evidence: [
      { what: 'merge_across_nodes', value: 0, source: '/sys/kernel/mm/ksm/merge_across_nodes' },
      { what: 'nodes with memory', value: nodes, source: '/sys/devices/system/node/has_memory' },
    ],
    cure: 'Right where guests are bound to nodes. A change needs everything unmerged first (`ksmpilot unmerge`).',
    bytes: size,
    bound: 'at most',
  });
}
