/** Copies a column into a longer one. */
export function widen<T extends Float64Array | Int32Array | Uint8Array>(narrow: T, wide: T): T {
  wide.set(narrow);
  return wide;
}
