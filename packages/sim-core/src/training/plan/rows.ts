/** Lists of numbers one after the other: row r holds the items from start[r] to start[r + 1], each with a share. */
export interface Rows {
  readonly start: Int32Array;
  readonly item: Int32Array;
  readonly share: Float64Array;
}

/** @param shares Of each item (default none). */
export function rowsOf(items: readonly (readonly number[])[], shares?: readonly (readonly number[])[]): Rows {
  const start = new Int32Array(items.length + 1);
  items.forEach((row, r) => {
    start[r + 1] = (start[r] as number) + row.length;
  });
  const all = start[items.length] as number;
  const item = new Int32Array(all);
  const share = new Float64Array(shares ? all : 0);
  items.forEach((row, r) => {
    item.set(row, start[r]);
    if (shares) share.set(shares[r] ?? [], start[r]);
  });
  return { start, item, share };
}
