import type { ListSchedule, ScheduleName } from '../job.js';
import { dualPipe } from './dualpipe.js';
import { gpipe } from './gpipe.js';
import { interleaved } from './interleaved.js';
import { listScheduleProblems } from './list-schedule.js';
import { oneForwardOneBackward } from './one-forward-one-backward.js';
import type { Schedule, ScheduleSize } from './schedule.js';
import { zeroBubbleH1 } from './zero-bubble-h1.js';
import { zeroBubbleV } from './zero-bubble-v.js';

/** How a schedule lays chunks over ranks, and how many each rank holds. */
export function scheduleShape(
  schedule: ScheduleName | ListSchedule,
  virtualStages: number,
): Pick<Schedule, 'layout' | 'chunks'> {
  if (typeof schedule !== 'string') {
    const chunks = 1 + schedule.order.reduce((most, row) => row.reduce((m, o) => Math.max(m, o.chunk), most), 0);
    return { layout: schedule.layout, chunks };
  }
  switch (schedule) {
    case 'interleaved':
      return { layout: 'interleaved', chunks: virtualStages };
    case 'zb-v':
      return { layout: 'v', chunks: 2 };
    case 'dualpipe':
      return { layout: 'bidirectional', chunks: 2 };
    default:
      return { layout: 'interleaved', chunks: 1 };
  }
}

/**
 * Order of operations of every pipeline rank under a schedule.
 * @throws RangeError when the schedule cannot be made for the size; the message says what it needs.
 */
export function scheduleOrder(schedule: ScheduleName | ListSchedule, size: ScheduleSize): Schedule {
  const shape = scheduleShape(schedule, size.virtualStages);
  if (typeof schedule !== 'string') {
    const splitsBackward = schedule.order.some((row) => row.some((o) => o.kind === 'W'));
    const listed: Schedule = { ...shape, order: schedule.order, splitsBackward };
    const [problem] = listScheduleProblems(listed, size);
    if (problem !== undefined) throw new RangeError(`${schedule.name}: ${problem}`);
    return listed;
  }
  switch (schedule) {
    case 'gpipe':
      return { ...shape, order: gpipe(size), splitsBackward: false };
    case '1f1b':
      return { ...shape, order: oneForwardOneBackward(size), splitsBackward: false };
    case 'zb-h1':
      return { ...shape, order: zeroBubbleH1(size), splitsBackward: true };
    case 'interleaved':
      return { ...shape, order: interleaved(size), splitsBackward: false };
    case 'zb-v':
      return { ...shape, order: zeroBubbleV(size), splitsBackward: true };
    case 'dualpipe':
      return { ...shape, order: dualPipe(size), splitsBackward: true };
  }
}
