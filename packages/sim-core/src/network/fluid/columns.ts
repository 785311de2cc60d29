/** A column of numbers with room for `length` entries: the old one, or a copy of it that is at least twice as long. */
export function grownDoubles(old: Float64Array<ArrayBuffer>, length: number, fill = 0): Float64Array<ArrayBuffer> {
  if (length <= old.length) return old;
  const wide = new Float64Array(Math.max(length, 2 * old.length));
  wide.set(old);
  if (fill !== 0) wide.fill(fill, old.length);
  return wide;
}

/** The same for integers. */
export function grownIntegers(old: Int32Array<ArrayBuffer>, length: number, fill = 0): Int32Array<ArrayBuffer> {
  if (length <= old.length) return old;
  const wide = new Int32Array(Math.max(length, 2 * old.length));
  wide.set(old);
  if (fill !== 0) wide.fill(fill, old.length);
  return wide;
}

/** The same for small integers. */
export function grownBytes(old: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= old.length) return old;
  const wide = new Uint8Array(Math.max(length, 2 * old.length));
  wide.set(old);
  return wide;
}
