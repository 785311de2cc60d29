const sizes: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};
const times: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86400 };

function quantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const found = /^\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)\s*$/.exec(text);
  if (!found) return undefined;
  const unit = found[2] ?? '';
  const factor = unit === '' ? 1 : units[unit];
  return factor === undefined ? undefined : Number(found[1]) * factor;
}

/** Bytes from `8`, `64MiB`, `1.5GB`; undefined when it is no size. */
export const parseSize = (text: string): number | undefined => quantity(text, sizes);

/** Seconds from `10`, `5min`, `54d`; undefined when it is no time. */
export const parseTime = (text: string): number | undefined => quantity(text, times);

/** A plain whole number; undefined when it is none. */
export function parseCount(text: string): number | undefined {
  return /^\d+$/.test(text.trim()) ? Number(text.trim()) : undefined;
}

/** A value in the unit that its field's name ends in: `30min` of `intervalSeconds` is 1800. What is no quantity stays as it is. */
export function inUnitOf(field: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (field.endsWith('Seconds')) return parseTime(value) ?? value;
  if (field.endsWith('Bytes')) return parseSize(value) ?? value;
  if (field.endsWith('BytesPerSecond')) return parseSize(value.replace(/\/s$/, '')) ?? value;
  if (!field.endsWith('Hours')) return value;
  const seconds = parseTime(value);
  return seconds === undefined ? value : seconds / 3600;
}
