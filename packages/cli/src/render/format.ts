/** 12,345: as the locale en-US groups a whole number. Node's tables of locales, loaded at their first use, take 7 MiB. */
export function grouped(integer: number): string {
  if (!Number.isSafeInteger(integer)) return integer.toLocaleString('en-US');
  return (Object.is(integer, -0) ? '-0' : String(integer)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number with three significant digits and thousands separators where it is large. */
export function number(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) return grouped(Math.round(value));
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(2);
  return String(Number(value.toPrecision(digits)));
}

/** 12,345 */
export const whole = (value: number): string => grouped(Math.round(value));

export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)}%`;

/** Seconds in the unit that a person would use. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'never';
  if (seconds === 0) return '0 s';
  if (seconds < 1e-3) return `${(seconds * 1e6).toPrecision(3)} us`;
  if (seconds < 1) return `${(seconds * 1e3).toPrecision(3)} ms`;
  if (seconds < 120) return `${seconds.toPrecision(4)} s`;
  if (seconds < 7200) return `${(seconds / 60).toPrecision(3)} min`;
  if (seconds < 172800) return `${(seconds / 3600).toPrecision(3)} h`;
  if (seconds < 86400 * 730) return `${(seconds / 86400).toPrecision(3)} days`;
  return `${(seconds / 86400 / 365.25).toPrecision(3)} years`;
}

export const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** Large counts with an SI prefix: 405.9 B parameters, 1.2 E FLOP. */
export function si(value: number, digits = 4): string {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
  let scaled = value;
  let index = 0;
  while (Math.abs(scaled) >= 1000 && index < prefixes.length - 1) {
    scaled /= 1000;
    index++;
  }
  return `${Number(scaled.toPrecision(digits))} ${prefixes[index]}`.trimEnd();
}
