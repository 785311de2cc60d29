import type { ScheduleOp } from '../job.js';
import { op, type ScheduleSize } from './schedule.js';

/** ZB-H1 (Qi et al. arXiv 2401.10241, section 3): 1F1B's memory, weight gradients fill the bubble. Bubble (p-1)(tF+tB-tW). */
export function zeroBubbleH1({ pipeline, microBatches }: ScheduleSize): ScheduleOp[][] {
  return Array.from({ length: pipeline }, (_, rank) => {
    const warmUp = Math.min(pipeline - rank - 1, microBatches);
    const order: ScheduleOp[] = [];
    for (let j = 0; j < warmUp; j++) order.push(op('F', 0, j));
    let weight = 0;
    for (let x = 0; x < microBatches; x++) {
      if (warmUp + x < microBatches) order.push(op('F', 0, warmUp + x));
      order.push(op('B', 0, x));
      if (x >= rank || warmUp + x >= microBatches) order.push(op('W', 0, weight++));
    }
    while (weight < microBatches) order.push(op('W', 0, weight++));
    return order;
  });
}
