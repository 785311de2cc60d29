/**
 * Portable flow hash for ECMP: splitmix64 (Steele, Lea, Flood 2014) chained over 32-bit words, in two 32-bit halves so
 * that every platform gives the same 64 bits: `h = seed; for each word: h = splitmix64(h xor word)`.
 */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/** Upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  return Math.floor(((a >>> 16) * b + Math.floor(((a & 0xffff) * b) / 0x10000)) / 0x10000);
}

/** The hash of the first `count` of four words. Halves are locals throughout: millions of flows are hashed. */
function chained(seedHigh: number, seedLow: number, count: number, a: number, b: number, c: number, d: number): Hash64 {
  let high = seedHigh;
  let low = seedLow;
  for (let i = 0; i < count; i++) {
    const sum = ((low ^ (i === 0 ? a : i === 1 ? b : i === 2 ? c : d)) >>> 0) + 0x7f4a7c15;
    low = sum >>> 0;
    high = (high + 0x9e3779b9 + (sum > 0xffffffff ? 1 : 0)) >>> 0;
    low = (low ^ ((low >>> 30) | (high << 2))) >>> 0;
    high = (high ^ (high >>> 30)) >>> 0;
    high = (Math.imul(high, 0x1ce4e5b9) + Math.imul(low, 0xbf58476d) + multiplyHigh(low, 0x1ce4e5b9)) >>> 0;
    low = Math.imul(low, 0x1ce4e5b9) >>> 0;
    low = (low ^ ((low >>> 27) | (high << 5))) >>> 0;
    high = (high ^ (high >>> 27)) >>> 0;
    high = (Math.imul(high, 0x133111eb) + Math.imul(low, 0x94d049bb) + multiplyHigh(low, 0x133111eb)) >>> 0;
    low = Math.imul(low, 0x133111eb) >>> 0;
    low = (low ^ ((low >>> 31) | (high << 1))) >>> 0;
    high = (high ^ (high >>> 31)) >>> 0;
  }
  return { high, low };
}

/** One output of splitmix64 from a 64-bit state; words are unsigned 32-bit. */
export function splitMix64({ high, low }: Hash64): Hash64 {
  return chained(high, low, 1, 0, 0, 0, 0);
}

/** What tells one flow from another: end points, queue pair and the seed of the switches' hash. */
export interface FlowKey {
  readonly source: number;
  readonly destination: number;
  readonly queuePair: number;
  readonly seed: number;
}

/** 64-bit hash of a flow at one tier: words source, destination, queue pair, tier, in this order. */
export function flowHash(flow: FlowKey, tier: number): Hash64 {
  const { source, destination, queuePair, seed } = flow;
  return chained(Math.floor(seed / 0x100000000) >>> 0, seed >>> 0, 4, source, destination, queuePair, tier);
}

/** Which of `choices` ports (1 <= choices < 2^20) a flow takes at a tier: the hash modulo their number. */
export function flowChoice(flow: FlowKey, tier: number, choices: number): number {
  if (choices <= 1) return 0;
  const { high, low } = flowHash(flow, tier);
  if ((choices & (choices - 1)) === 0) return low & (choices - 1);
  return ((high % choices) * (0x100000000 % choices) + (low % choices)) % choices;
}
