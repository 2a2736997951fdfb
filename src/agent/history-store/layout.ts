/** Which figures a stored row has, and in which order. Pure. */

/** gauge: rolled up to mean, least and most. total: a count since the agent's start; rolled up to its last value. */
export type FieldKind = 'gauge' | 'total';

export interface Field {
  /** As in the .proto: of SampleFrame or Guest. */
  readonly name: string;
  readonly kind: FieldKind;
  /** Steps to the unit: figures are kept as whole numbers of 1/per. 1/1024 keeps bytes as KiB. */
  readonly per: number;
}

/** One column of figures in a stored chunk. */
export interface Column {
  readonly per: number;
  /** Kept as the distance to that column of the same row; absent: to the row before. */
  readonly base?: number;
}

/** A row of samples has one figure a field; a rolled-up row has {@link ROLLED_GAUGE} of them a gauge. */
export interface Layout {
  readonly isRolled: boolean;
  readonly fields: readonly Field[];
  /** Of the figures, by field. */
  readonly offsets: readonly number[];
  readonly columns: readonly Column[];
  /** For the file: a later version of ksmpilot reads the layout with the rows. Equal texts, equal layouts. */
  readonly text: string;
}

/** The figures of a gauge in a rolled-up row, from its offset on: samples in which it was known, mean, least, most. */
export const ROLLED_GAUGE = { known: 0, mean: 1, min: 2, max: 3 } as const;

export function makeLayout(fields: readonly Field[], isRolled: boolean): Layout {
  const offsets: number[] = [];
  const columns: Column[] = [];
  for (const { kind, per } of fields) {
    offsets.push(columns.length);
    if (isRolled && kind === 'gauge') {
      const base = columns.length + ROLLED_GAUGE.mean;
      columns.push({ per: 1 }, { per }, { per, base }, { per, base });
    } else {
      columns.push({ per });
    }
  }
  const text = JSON.stringify({ isRolled, fields: fields.map(({ name, kind, per }) => [name, kind, per]) });
  return { isRolled, fields, offsets, columns, text };
}

/** @throws SyntaxError, TypeError for what is no text of a layout */
export function parseLayout(text: string): Layout {
  const { isRolled, fields } = JSON.parse(text) as { isRolled: boolean; fields: [string, FieldKind, number][] };
  return makeLayout(
    fields.map(([name, kind, per]) => ({ name, kind, per })),
    isRolled,
  );
}

/** Brings the figures of a row from one layout to another; a field that was not kept then is NaN. */
export function relayout(values: Float64Array, from: Layout, to: Layout): Float64Array {
  const result = new Float64Array(to.columns.length).fill(Number.NaN);
  to.fields.forEach(({ name, kind }, index) => {
    const source = from.fields.findIndex((field) => field.name === name && field.kind === kind);
    const at = to.offsets[index] ?? 0;
    if (source < 0) {
      if (to.isRolled && kind === 'gauge') result[at + ROLLED_GAUGE.known] = 0;
      return;
    }
    const start = from.offsets[source] ?? 0;
    result.set(values.subarray(start, from.offsets[source + 1] ?? from.columns.length), at);
  });
  return result;
}
