/** `{ [key]: value }`, or nothing when the value is undefined: for optional fields under exactOptionalPropertyTypes. */
export function defined<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
