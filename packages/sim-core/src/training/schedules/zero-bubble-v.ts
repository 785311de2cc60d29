import type { ScheduleOp } from '../job.js';
import { op, type ScheduleSize } from './schedule.js';

/**
 * V-shaped zero bubble (Qi et al. arXiv 2401.10241, section 6; arXiv 2405.15362): rank i holds stages i and 2p-1-i. The order
 * comes from a greedy search at unit times under 1F1B's memory (2p chunk activations a rank): a backward that is ready goes
 * first, then a forward if memory allows, the later chunk before the earlier one; weight gradients fill what is left.
 */
export function zeroBubbleV({ pipeline, microBatches }: ScheduleSize): ScheduleOp[][] {
  const limit = 2 * pipeline;
  const stages = 2 * pipeline;
  const stageOf = (rank: number, chunk: number): number => (chunk === 0 ? rank : stages - 1 - rank);
  // Instant at which the result of a stage is there, by (stage, micro-batch).
  const forwardAt = Array.from({ length: stages }, () => new Float64Array(microBatches).fill(Number.POSITIVE_INFINITY));
  const backwardAt = Array.from({ length: stages }, () =>
    new Float64Array(microBatches).fill(Number.POSITIVE_INFINITY),
  );
  const order: ScheduleOp[][] = Array.from({ length: pipeline }, () => []);
  const next = Array.from({ length: pipeline }, () => ({ F: [0, 0], B: [0, 0] }));
  const pending: ScheduleOp[][] = Array.from({ length: pipeline }, () => []);
  const alive = new Int32Array(pipeline);
  let left = pipeline * microBatches * 6;
  for (let tick = 0; left > 0; tick++) {
    for (let rank = 0; rank < pipeline; rank++) {
      const counters = next[rank];
      const row = order[rank];
      const waiting = pending[rank];
      if (!counters || !row || !waiting) continue;
      const readyBackward = (chunk: number): boolean => {
        const j = counters.B[chunk] ?? 0;
        const stage = stageOf(rank, chunk);
        if (j >= microBatches || (forwardAt[stage]?.[j] ?? Number.POSITIVE_INFINITY) > tick) return false;
        return stage === stages - 1 || (backwardAt[stage + 1]?.[j] ?? Number.POSITIVE_INFINITY) <= tick;
      };
      const readyForward = (chunk: number): boolean => {
        const j = counters.F[chunk] ?? 0;
        const stage = stageOf(rank, chunk);
        if (j >= microBatches) return false;
        // A first chunk leaves room for the second chunks of the micro-batches that it lets in.
        const open = (counters.F[0] ?? 0) - (counters.F[1] ?? 0);
        if ((alive[rank] ?? 0) + (chunk === 0 ? open + 1 : 0) >= limit) return false;
        return stage === 0 || (forwardAt[stage - 1]?.[j] ?? Number.POSITIVE_INFINITY) <= tick;
      };
      const run = (kind: 'F' | 'B', chunk: number): void => {
        const j = counters[kind][chunk] ?? 0;
        counters[kind][chunk] = j + 1;
        const at = (kind === 'F' ? forwardAt : backwardAt)[stageOf(rank, chunk)];
        if (at) at[j] = tick + 1;
        row.push(op(kind, chunk, j));
        if (kind === 'F') alive[rank] = (alive[rank] ?? 0) + 1;
        else waiting.push(op('W', chunk, j));
        left--;
      };
      if (readyBackward(1)) run('B', 1);
      else if (readyBackward(0)) run('B', 0);
      else if (readyForward(1)) run('F', 1);
      else if (readyForward(0)) run('F', 0);
      else {
        const w = waiting.shift();
        if (w) {
          row.push(w);
          alive[rank] = (alive[rank] ?? 0) - 1;
          left--;
        }
      }
    }
  }
  return order;
}
