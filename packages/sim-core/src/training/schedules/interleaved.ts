import type { ScheduleOp } from '../job.js';
import { op, type ScheduleSize } from './schedule.js';

/**
 * Micro-batches that pass a chunk one after the other: p, or where the remainder of m would be smaller than p, with which ranks would
 * wait for each other for ever, the least number above that leaves none or at least p.
 */
function groupSize(pipeline: number, microBatches: number): number {
  for (let size = pipeline; size < microBatches; size++) {
    const remainder = microBatches % size;
    if (remainder === 0 || remainder >= pipeline) return size;
  }
  return microBatches;
}

/**
 * Interleaved 1F1B (Narayanan et al. SC'21 2.2.2; Megatron-LM get_schedule_table): micro-batches in groups of p, each group
 * through all chunks in turn. Bubble (p-1)/(v m) of ideal. Where p does not divide m the groups are larger, as Megatron-LM's
 * --microbatch-group-size-per-virtual-pipeline-stage makes them.
 * @throws RangeError when there are fewer micro-batches than pipeline ranks.
 */
export function interleaved({ pipeline, virtualStages, microBatches }: ScheduleSize): ScheduleOp[][] {
  if (microBatches < pipeline) {
    throw new RangeError(`interleaved: ${microBatches} micro-batches are fewer than ${pipeline} pipeline ranks`);
  }
  const group = groupSize(pipeline, microBatches);
  const table: [number, number][] = [];
  for (let first = 0; first < microBatches; first += group) {
    const end = Math.min(first + group, microBatches);
    for (let chunk = 0; chunk < virtualStages; chunk++) {
      for (let j = first; j < end; j++) table.push([chunk, j]);
    }
  }
  const total = table.length;
  return Array.from({ length: pipeline }, (_, rank) => {
    const warmUp = Math.min(2 * (pipeline - rank - 1) + (virtualStages - 1) * group, total);
    const order: ScheduleOp[] = [];
    const forward = (u: number): void => {
      const [chunk, j] = table[u] ?? [0, 0];
      order.push(op('F', chunk, j));
    };
    for (let u = 0; u < warmUp; u++) forward(u);
    for (let x = 0; x < total; x++) {
      if (warmUp + x < total) forward(warmUp + x);
      const [chunk, j] = table[x] ?? [0, 0];
      order.push(op('B', virtualStages - 1 - chunk, j));
    }
    return order;
  });
}
