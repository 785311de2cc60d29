import type { ScheduleOp } from '../job.js';
import { op, type ScheduleSize } from './schedule.js';

/** GPipe (Huang et al. 2019): all forwards, then all backwards, both in the order of micro-batches. Bubble (p-1)(tF+tB). */
export function gpipe({ pipeline, microBatches }: ScheduleSize): ScheduleOp[][] {
  return Array.from({ length: pipeline }, () => {
    const order: ScheduleOp[] = [];
    for (let j = 0; j < microBatches; j++) order.push(op('F', 0, j));
    for (let j = 0; j < microBatches; j++) order.push(op('B', 0, j));
    return order;
  });
}
