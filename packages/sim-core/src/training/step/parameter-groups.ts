import { isHybrid, type Job } from '../job.js';
import type { RankParameters } from '../parameters.js';
import { bucketise } from './buckets.js';
import type { StagePart } from './stage-content.js';
import type { StageWriter } from './stage-writer.js';

/** Ranks over which dense and expert parameters are replicated or sharded, and that share one full copy. */
export function parameterGroupSizes(job: Job): {
  readonly data: number;
  readonly expertData: number;
  readonly shard: number;
} {
  const { data, context, tensor, expert, expertTensor } = job.parallel;
  const shard = isHybrid(job) ? job.options.shardGroup : data * context;
  return { data: data * context, expertData: (data * context * tensor) / (expert * expertTensor), shard };
}

/** Parameters of one rank over all of its chunks. */
export function heldParameters(writer: StageWriter): RankParameters {
  let dense = 0;
  let expert = 0;
  for (let chunk = 0; chunk < writer.schedule.chunks; chunk++) {
    for (const part of writer.parts(chunk)) {
      dense += part.parameters.dense;
      expert += part.parameters.expert;
    }
  }
  return { dense, expert };
}

/** Parameters that travel together over one gradient group. */
export interface GradientBucket {
  readonly kind: 'data' | 'expertData';
  /** Position in the walk of the last part of the bucket. */
  readonly lastIndex: number;
  readonly elements: number;
}

/** Cuts a chunk's parameters, in the order of a walk, into buckets of each gradient group. */
export function gradientBuckets(job: Job, walk: readonly StagePart[]): GradientBucket[] {
  const sizes = parameterGroupSizes(job);
  const limit = job.options.bucketBytes / 4;
  const of = (
    kind: GradientBucket['kind'],
    ranks: number,
    pick: (parameters: RankParameters) => number,
  ): GradientBucket[] =>
    ranks <= 1
      ? []
      : bucketise(
          walk.map((part) => pick(part.parameters)),
          limit,
        ).map((bucket) => ({ kind, ...bucket }));
  return [...of('data', sizes.data, (p) => p.dense), ...of('expertData', sizes.expertData, (p) => p.expert)];
}

/** How gradients are summed: to a shard each where optimizer state is sharded. */
export function gradientOp(job: Job): 'all_reduce' | 'reduce_scatter' {
  return job.parallel.zero >= 1 ? 'reduce_scatter' : 'all_reduce';
}
