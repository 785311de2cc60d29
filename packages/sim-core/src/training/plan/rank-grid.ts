import type { Parallel } from '../job.js';

/** World size of a parallel shape: tensor * context * data * pipeline (spec/model.md section 0). */
export function worldSize(parallel: Parallel): number {
  return parallel.tensor * parallel.context * parallel.data * parallel.pipeline;
}

/**
 * Kinds of rank groups that a step's collectives run over. `data` is data x context: the group of dense gradients. With hybrid
 * sharding it is cut into `shard` groups, each with one full copy, and `replica` groups across them.
 */
export type GroupKind = 'tensor' | 'context' | 'expert' | 'data' | 'expertData' | 'shard' | 'replica';

/** Arithmetic of ranks and groups in Megatron's order tp-cp-dp-pp and etp-ep-edp-pp (spec/model.md 4.1). */
export class RankGrid {
  readonly ranks: number;
  /** Ranks of one pipeline stage; they are consecutive. */
  readonly stageRanks: number;
  readonly #tensor: number;
  readonly #context: number;
  readonly #expert: number;
  readonly #expertTensor: number;
  readonly #shard: number;

  /** @param shardGroup Data ranks that share one full copy (hybrid sharding); 0: all of them. */
  constructor(
    readonly parallel: Parallel,
    shardGroup = 0,
  ) {
    this.ranks = worldSize(parallel);
    this.stageRanks = this.ranks / parallel.pipeline;
    this.#tensor = parallel.tensor;
    this.#context = parallel.context;
    this.#expert = parallel.expert;
    this.#expertTensor = parallel.expertTensor;
    this.#shard = shardGroup > 0 ? shardGroup : parallel.data * parallel.context;
  }

  stageOf(rank: number): number {
    return Math.floor(rank / this.stageRanks);
  }

  /** Number of ranks in a group of a kind. */
  groupSize(kind: GroupKind): number {
    switch (kind) {
      case 'tensor':
        return this.#tensor;
      case 'context':
        return this.#context;
      case 'data':
        return this.stageRanks / this.#tensor;
      case 'expert':
        return this.#expert;
      case 'expertData':
        return this.stageRanks / (this.#expert * this.#expertTensor);
      case 'shard':
        return this.#shard;
      case 'replica':
        return this.stageRanks / (this.#tensor * this.#shard);
    }
  }

  /** Distance between consecutive members of a group of a kind. */
  groupStride(kind: GroupKind): number {
    switch (kind) {
      case 'tensor':
        return 1;
      case 'context':
      case 'data':
        return this.#tensor;
      case 'expert':
        return this.#expertTensor;
      case 'expertData':
        return this.#expertTensor * this.#expert;
      case 'shard':
        return this.#tensor;
      case 'replica':
        return this.#tensor * this.#shard;
    }
  }

  /** Lowest rank of the group of a kind that holds `rank`; its members are base + i * stride. */
  groupBase(kind: GroupKind, rank: number): number {
    const stride = this.groupStride(kind);
    const span = stride * this.groupSize(kind);
    const stageBase = this.stageOf(rank) * this.stageRanks;
    const within = rank - stageBase;
    return stageBase + Math.floor(within / span) * span + (within % stride);
  }
}
