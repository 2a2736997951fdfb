/** The order of a table's rows. Pure. */

export interface Order<Key extends string> {
  readonly key: Key;
  readonly descending: boolean;
}

type Value = string | number | undefined;

/**
 * Unknown values come last in either direction; equals go by `tie`, so that rows keep their places. Names as people
 * count: vm-2 before vm-10.
 */
export function ordered<Key extends string, Row extends { readonly [K in Key]?: Value }>(
  rows: readonly Row[],
  { key, descending }: Order<Key>,
  tie: (row: Row) => string | number,
): readonly Row[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right]: readonly [Value, Value] = [a[key], b[key]];
    if (left === undefined || right === undefined) {
      return left === right ? compare(tie(a), tie(b)) : left === undefined ? 1 : -1;
    }
    return sign * compare(left, right) || compare(tie(a), tie(b));
  });
}

const names = new Intl.Collator('en', { numeric: true });

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : names.compare(String(a), String(b));
}
