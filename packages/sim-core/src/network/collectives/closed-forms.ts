import type { UniformLink } from './algorithms/algorithm.js';
import { hierarchicalSeconds, type TwoLevels } from './algorithms/hierarchical.js';
import { collectiveAlgorithm } from './algorithms/registry.js';
import type { AlgorithmName, CollectiveOp } from './types.js';

/**
 * Seconds of a collective on an idle, uniform network (spec/model.md 5.2).
 * @throws RangeError when the algorithm has no such form or cannot run the operation.
 */
export function uniformSeconds(
  op: CollectiveOp,
  algorithm: AlgorithmName,
  ranks: number,
  bytes: number,
  link: UniformLink,
): number {
  const known = collectiveAlgorithm(algorithm);
  if (!known) throw new RangeError(`uniformSeconds: ${algorithm} has no uniform form`);
  return known.seconds(op, ranks, bytes, link);
}

/** Seconds of a hierarchical collective by its two bandwidths (spec/model.md 5.2). */
export function twoLevelSeconds(op: CollectiveOp, bytes: number, levels: TwoLevels): number {
  return hierarchicalSeconds(op, bytes, levels);
}
