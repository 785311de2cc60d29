/**
 * Portable flow hash for ECMP: splitmix64 (Steele, Lea, Flood 2014) chained over 32-bit words, in two 32-bit halves so
 * that every platform gives the same 64 bits: `h = seed; for each word: h = splitmix64(h xor word)`.
 */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

function multiply(aHigh: number, aLow: number, bHigh: number, bLow: number): Hash64 {
  const a0 = aLow & 0xffff;
  const a1 = aLow >>> 16;
  const b0 = bLow & 0xffff;
  const b1 = bLow >>> 16;
  const low = a0 * b0;
  const mid1 = a1 * b0 + (low >>> 16);
  const mid2 = a0 * b1 + (mid1 % 0x10000);
  const carry = a1 * b1 + Math.floor(mid1 / 0x10000) + Math.floor(mid2 / 0x10000);
  const high = Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh) + carry;
  return { high: high >>> 0, low: Math.imul(aLow, bLow) >>> 0 };
}

function xorShift(value: Hash64, bits: number): Hash64 {
  return {
    high: (value.high ^ (value.high >>> bits)) >>> 0,
    low: (value.low ^ ((value.low >>> bits) | (value.high << (32 - bits)))) >>> 0,
  };
}

/** One output of splitmix64 from a 64-bit state; words are unsigned 32-bit. */
export function splitMix64(state: Hash64): Hash64 {
  const sum = state.low + 0x7f4a7c15;
  const low = sum >>> 0;
  const high = (state.high + 0x9e3779b9 + (sum > 0xffffffff ? 1 : 0)) >>> 0;
  let z = xorShift({ high, low }, 30);
  z = xorShift(multiply(z.high, z.low, 0xbf58476d, 0x1ce4e5b9), 27);
  return xorShift(multiply(z.high, z.low, 0x94d049bb, 0x133111eb), 31);
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
  let hash: Hash64 = { high: Math.floor(flow.seed / 0x100000000) >>> 0, low: flow.seed >>> 0 };
  for (const word of [flow.source, flow.destination, flow.queuePair, tier]) {
    hash = splitMix64({ high: hash.high, low: (hash.low ^ word) >>> 0 });
  }
  return hash;
}

/** Which of `choices` ports (1 <= choices < 2^20) a flow takes at a tier: the hash modulo their number. */
export function flowChoice(flow: FlowKey, tier: number, choices: number): number {
  if (choices <= 1) return 0;
  const { high, low } = flowHash(flow, tier);
  return ((high % choices) * (0x100000000 % choices) + (low % choices)) % choices;
}
