import type { ScheduleOp } from '../job.js';

/** Sizes that a schedule is made for. */
export interface ScheduleSize {
  readonly pipeline: number;
  /** Chunks of each rank. */
  readonly virtualStages: number;
  readonly microBatches: number;
}

/** How chunks lie on ranks: c*p+i; a V (i, then 2p-1-i); or both directions (i, then p-1-i), each with half of the micro-batches. */
export type ScheduleLayout = 'interleaved' | 'v' | 'bidirectional';

/** Operations of each pipeline rank in order. */
export interface Schedule {
  readonly order: readonly (readonly ScheduleOp[])[];
  readonly layout: ScheduleLayout;
  readonly chunks: number;
  /** B is the input gradient alone and W the weight gradient. */
  readonly splitsBackward: boolean;
}

/** Global stage of a chunk on a rank; in a bidirectional schedule the stage within the chunk's own direction. */
export function stageOfChunk(layout: ScheduleLayout, pipeline: number, rank: number, chunk: number): number {
  if (layout === 'interleaved') return chunk * pipeline + rank;
  if (chunk === 0) return rank;
  return layout === 'v' ? 2 * pipeline - 1 - rank : pipeline - 1 - rank;
}

/** Rank and chunk that hold a global stage of a micro-batch that runs on `chunk` (which direction, if there are two). */
export function placeOfStage(
  layout: ScheduleLayout,
  pipeline: number,
  stage: number,
  chunk: number,
): { readonly rank: number; readonly chunk: number } {
  if (layout === 'interleaved') return { rank: stage % pipeline, chunk: Math.floor(stage / pipeline) };
  if (layout === 'v') {
    return stage < pipeline ? { rank: stage, chunk: 0 } : { rank: 2 * pipeline - 1 - stage, chunk: 1 };
  }
  return { rank: chunk === 0 ? stage : pipeline - 1 - stage, chunk };
}

/** Number of global stages that one micro-batch passes. */
export function stagesOf(layout: ScheduleLayout, pipeline: number, chunks: number): number {
  return layout === 'bidirectional' ? pipeline : pipeline * chunks;
}

export const op = (kind: ScheduleOp['kind'], chunk: number, microBatch: number): ScheduleOp => ({
  kind,
  chunk,
  microBatch,
});
