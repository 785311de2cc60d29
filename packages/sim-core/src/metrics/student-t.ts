/**
 * Quantile of Student's t distribution: the `t` that a variable stays below with probability `p`. Relative error below 1e-10
 * up to 1e6 degrees of freedom and 1e-8 beyond, or absolute error below 1e-15 close to the middle.
 * @param degreesOfFreedom Above 0, whole or not; more than 1e9 count as 1e9.
 * @throws RangeError when `p` lies outside (0, 1) or there are no degrees of freedom.
 */
export function studentTQuantile(p: number, degreesOfFreedom: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`studentTQuantile: p is ${p}, must lie between 0 and 1`);
  if (!(degreesOfFreedom > 0)) throw new RangeError(`studentTQuantile: degreesOfFreedom is ${degreesOfFreedom}`);
  if (p === 0.5) return 0;
  return p < 0.5 ? -upperTailQuantile(p, degreesOfFreedom) : upperTailQuantile(1 - p, degreesOfFreedom);
}

/** Probability that a variable with Student's t distribution exceeds `t`. */
export function studentTTail(t: number, degreesOfFreedom: number): number {
  if (t < 0) return 1 - studentTTail(-t, degreesOfFreedom);
  const a = Math.min(degreesOfFreedom, mostDegrees) / 2;
  const ratio = (t * t) / (2 * a);
  // Half of the regularised incomplete beta function at x = df / (df + t^2), or of its complement where that converges faster.
  const x = 1 / (1 + ratio);
  const y = ratio / (1 + ratio);
  const front = Math.exp(-a * Math.log1p(ratio)) * Math.sqrt(y) * (gammaRatio(a) / Math.sqrt(Math.PI));
  if (x < (a + 1) / (a + 2.5)) return (0.5 * front * betaFraction(a, 0.5, x)) / a;
  return 0.5 - front * betaFraction(0.5, a, y);
}

const mostDegrees = 1e9;

/** Newton steps on the logarithm of the tail against the logarithm of `t`, which is nearly straight, kept inside a bracket. */
function upperTailQuantile(tail: number, degreesOfFreedom: number): number {
  const df = Math.min(degreesOfFreedom, mostDegrees);
  let low = 0;
  let high = 1;
  while (studentTTail(high, df) > tail) {
    low = high;
    high *= 2;
  }
  const scale = gammaRatio(df / 2) / Math.sqrt(Math.PI * df);
  let t = (low + high) / 2;
  for (let step = 0; step < 200; step++) {
    const reached = studentTTail(t, df);
    if (reached > tail) low = t;
    else high = t;
    const density = scale * Math.exp(-((df + 1) / 2) * Math.log1p((t * t) / df));
    const newton = t * Math.exp((Math.log(reached / tail) * reached) / (density * t));
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - t) <= 1e-15 * t) return next;
    t = next;
  }
  return t;
}

/** Gamma(a + 1/2) / Gamma(a): the asymptotic series (Abramowitz and Stegun 6.1.49), reached by recurrence from small `a`. */
function gammaRatio(a: number): number {
  let factor = 1;
  let shifted = a;
  for (; shifted < 24; shifted++) factor *= shifted / (shifted + 0.5);
  const s = 1 / shifted;
  const log = 0.5 * Math.log(shifted) - s * (1 / 8 - s * s * (1 / 192 - s * s * (1 / 640 - (17 / 14336) * s * s)));
  return factor * Math.exp(log);
}

/** Continued fraction of the incomplete beta function (DLMF 8.17.22), by the method of Lentz. */
function betaFraction(a: number, b: number, x: number): number {
  const nonZero = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 1_000_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-16) break;
  }
  return fraction;
}
