import type { CollectiveOp } from '../types.js';

/** The switch that reduces and multicasts (NVLS, SHARP), as an end of a transfer. */
export const inSwitch = -1;

/** Bytes from one member of the group to another (positions in the group, or `inSwitch`). */
export interface Transfer {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** Transfers that may run at the same time. A member enters its next step when its sends and receives of this one are done. */
export type Step = readonly Transfer[];

/** A uniform network: every member sends and receives at this rate, a hop costs this latency. */
export interface UniformLink {
  readonly alphaSeconds: number;
  readonly bandwidthBytesPerSecond: number;
}

/**
 * A collective algorithm. It knows ranks and bytes, never the topology. The closed form and the steps are two ways to one
 * number: on a network whose ports are the only limit, steps run one after the other take `seconds`.
 */
export interface CollectiveAlgorithm {
  readonly name: string;
  readonly operations: readonly CollectiveOp[];
  /**
   * True when chunks of all steps are under way at once, so that the whole is one activity with a weight on each link; false
   * when partners change from step to step, so that each step is an activity of its own (spec/model.md 5.5).
   */
  readonly pipelined: boolean;
  /** Seconds on an idle uniform network (spec/model.md 5.2). `bytes` is S of spec/model.md 5.1. */
  seconds(op: CollectiveOp, ranks: number, bytes: number, link: UniformLink): number;
  /** @throws RangeError when the algorithm cannot run on that many ranks. */
  steps(op: CollectiveOp, ranks: number, bytes: number): Step[];
}

/** @throws RangeError unless the algorithm does the operation. */
export function requireOperation(algorithm: CollectiveAlgorithm, op: CollectiveOp): void {
  if (!algorithm.operations.includes(op)) {
    throw new RangeError(`${algorithm.name} cannot run ${op}; it runs ${algorithm.operations.join(', ')}`);
  }
}

/** Positions 0..ranks-1. */
export function members(ranks: number): number[] {
  return Array.from({ length: ranks }, (_, rank) => rank);
}
