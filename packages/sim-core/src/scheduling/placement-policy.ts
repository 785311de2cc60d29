import type { ClusterShape } from './cluster-shape.js';
import type { PlacementScope } from './job-spec.js';

/** Free GPUs of the nodes that take jobs, as a placement policy reads them. */
export interface FreeGpus {
  readonly cluster: ClusterShape;
  readonly freeGpus: number;
  /** Free GPUs on a node that takes jobs; 0 for one that is down, draining or spare. */
  freeOn(node: number): number;
  /** Local indices of the free GPUs of a node, ascending. */
  freeLocals(node: number): readonly number[];
  /** First node from `from` on with exactly so many free GPUs; -1 when there is none. */
  nodeWithFree(gpus: number, from?: number): number;
  /** Largest size of a node. */
  readonly largestNode: number;
  readonly leaves: readonly (readonly number[])[];
  readonly pods: readonly (readonly number[])[];
  freeOnLeaf(leaf: number): number;
  freeOnPod(pod: number): number;
}

export interface PlacementRequest {
  readonly job: string;
  readonly gpus: number;
  readonly within: PlacementScope;
  /** Stretches that the job had before: part of the name of a random placement's stream. */
  readonly stretch: number;
}

/** So many GPUs of a node: the given local indices, or the lowest free ones. */
export interface NodeShare {
  readonly node: number;
  readonly gpus: number;
  readonly locals?: readonly number[];
}

/** Where a job's GPUs lie. Pure: the same request on the same free GPUs gives the same answer; undefined when it cannot be met. */
export interface PlacementPolicy {
  readonly name: string;
  place(request: PlacementRequest, free: FreeGpus): readonly NodeShare[] | undefined;
}
