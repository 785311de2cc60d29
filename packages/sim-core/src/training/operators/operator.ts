/** A kernel on the compute stream. */
export interface ComputeOperator {
  readonly kind: 'gemm' | 'attention' | 'memory';
  readonly name: string;
  /** On an undisturbed device. */
  readonly seconds: number;
  /** FLOP that the metrics count under the job's convention; 0 for norms, activations and whatever is computed again. */
  readonly modelFlops: number;
  /** Belongs to W in schedules that split the backward pass. */
  readonly weightGrad: boolean;
  readonly recompute: boolean;
}

/** A collective that blocks the compute stream, but for what hides behind compute. */
export interface CommunicationOperator {
  readonly kind: 'communication';
  readonly name: string;
  readonly dimension: 'tensor' | 'context' | 'expert';
  readonly op: 'all_reduce' | 'all_gather' | 'reduce_scatter' | 'all_to_all' | 'send_recv';
  /** S as an NCCL user counts it (spec/model.md 5.1). */
  readonly bytes: number;
  /** Seconds of this layer's own compute behind which all repeats together hide; 0 = blocking. */
  readonly hideBehindSeconds: number;
  readonly repeat: number;
  /** Copies of each token in a hierarchical all-to-all, of which one crosses to each domain; 1 = none are merged. */
  readonly copies: number;
  readonly recompute: boolean;
}

export type Operator = ComputeOperator | CommunicationOperator;

/** The same operators as computed again before the backward pass: their model FLOP count 0. */
export function recomputed(operators: readonly Operator[]): Operator[] {
  return operators.map((operator) =>
    operator.kind === 'communication'
      ? { ...operator, recompute: true }
      : { ...operator, recompute: true, modelFlops: 0 },
  );
}
