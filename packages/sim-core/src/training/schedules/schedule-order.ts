import type { ListSchedule, ScheduleName } from '../job.js';
import { dualPipe } from './dualpipe.js';
import { gpipe } from './gpipe.js';
import { interleaved } from './interleaved.js';
import { oneForwardOneBackward } from './one-forward-one-backward.js';
import type { Schedule, ScheduleSize } from './schedule.js';
import { zeroBubbleH1 } from './zero-bubble-h1.js';
import { zeroBubbleV } from './zero-bubble-v.js';

/**
 * Order of operations of every pipeline rank under a schedule.
 * @throws RangeError when the schedule cannot be made for the size; the message says what it needs.
 */
export function scheduleOrder(schedule: ScheduleName | ListSchedule, size: ScheduleSize): Schedule {
  if (typeof schedule !== 'string') {
    const chunks = 1 + schedule.order.reduce((most, row) => row.reduce((m, o) => Math.max(m, o.chunk), most), 0);
    const splitsBackward = schedule.order.some((row) => row.some((o) => o.kind === 'W'));
    if (schedule.order.length !== size.pipeline) {
      throw new RangeError(`${schedule.name}: lists ${schedule.order.length} ranks, the pipeline has ${size.pipeline}`);
    }
    return { order: schedule.order, layout: schedule.layout, chunks, splitsBackward };
  }
  const one = (order: Schedule['order'], splitsBackward = false): Schedule => ({
    order,
    layout: 'interleaved',
    chunks: 1,
    splitsBackward,
  });
  switch (schedule) {
    case 'gpipe':
      return one(gpipe(size));
    case '1f1b':
      return one(oneForwardOneBackward(size));
    case 'zb-h1':
      return one(zeroBubbleH1(size), true);
    case 'interleaved':
      return { order: interleaved(size), layout: 'interleaved', chunks: size.virtualStages, splitsBackward: false };
    case 'zb-v':
      return { order: zeroBubbleV(size), layout: 'v', chunks: 2, splitsBackward: true };
    case 'dualpipe':
      return { order: dualPipe(size), layout: 'bidirectional', chunks: 2, splitsBackward: true };
  }
}
