import type { ScheduleOp } from '../job.js';
import { op, type ScheduleSize } from './schedule.js';

/** 1F1B (PipeDream-flush; Narayanan et al. SC'21 2.2.1): min(p-i-1, m) warm-up forwards, then pairs, then the remaining backwards. */
export function oneForwardOneBackward({ pipeline, microBatches }: ScheduleSize): ScheduleOp[][] {
  return Array.from({ length: pipeline }, (_, rank) => {
    const warmUp = Math.min(pipeline - rank - 1, microBatches);
    const order: ScheduleOp[] = [];
    for (let j = 0; j < warmUp; j++) order.push(op('F', 0, j));
    for (let x = 0; x < microBatches; x++) {
      if (warmUp + x < microBatches) order.push(op('F', 0, warmUp + x));
      order.push(op('B', 0, x));
    }
    return order;
  });
}
