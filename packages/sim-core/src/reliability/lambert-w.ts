/**
 * Principal branch of the Lambert W function: w * exp(w) = x, w >= -1, for x >= -1/e. Halley's iteration from the series at
 * the branch point (Corless et al. 1996, 4.22) or from log1p.
 */
export function lambertW0(x: number): number {
  const fromBranch = Math.E * x + 1;
  if (Number.isNaN(x) || fromBranch < -1e-12) throw new RangeError(`lambertW0: x is ${x}, must be -1/e or more`);
  if (fromBranch <= 0) return -1;
  if (fromBranch < 1e-12) {
    const p = Math.sqrt(2 * fromBranch);
    return -1 + p - (p * p) / 3;
  }
  const p = Math.sqrt(2 * fromBranch);
  let w = x < -0.2 ? -1 + p - (p * p) / 3 + (11 / 72) * p ** 3 : Math.log1p(x) * (x > 1 ? 0.7 : 1);
  for (let i = 0; i < 60; i++) {
    const e = Math.exp(w);
    const error = w * e - x;
    const step = error / (e * (w + 1) - ((w + 2) * error) / (2 * w + 2));
    w -= step;
    if (Math.abs(step) <= 1e-15 * Math.max(1e-3, Math.abs(w))) break;
  }
  return w;
}
