import { replaySchedule } from './replay-schedule.js';
import type { Schedule, ScheduleSize } from './schedule.js';

/**
 * What is wrong with a schedule that a user lists: ranks, micro-batches and chunks that do not fit the job, operations that are
 * missing or listed twice, an order in which every rank waits for another. Empty when it can run.
 */
export function listScheduleProblems(shape: Schedule, size: ScheduleSize): string[] {
  const { pipeline, virtualStages, microBatches } = size;
  const { order, chunks, layout, splitsBackward } = shape;
  if (order.length !== pipeline) return [`lists ${order.length} ranks, the pipeline has ${pipeline}`];
  const wanted = layout === 'v' ? 2 : virtualStages;
  if (chunks !== wanted && !(layout === 'interleaved' && virtualStages === 1))
    return [`has ${chunks} chunks a rank, the job ${wanted}`];
  const problems: string[] = [];
  const kinds = splitsBackward ? (['F', 'B', 'W'] as const) : (['F', 'B'] as const);
  order.forEach((row, rank) => {
    const seen = new Map<string, number>();
    for (const { kind, chunk, microBatch } of row) {
      const name = `${kind}${chunk}.${microBatch}`;
      if (microBatch >= microBatches)
        problems.push(`rank ${rank} lists ${name}, the job has micro-batches 0 to ${microBatches - 1}`);
      seen.set(name, (seen.get(name) ?? 0) + 1);
      if (seen.get(name) === 2) problems.push(`rank ${rank} lists ${name} twice`);
    }
    const missing: string[] = [];
    for (const kind of kinds)
      for (let chunk = 0; chunk < chunks; chunk++)
        for (let j = 0; j < microBatches; j++)
          if (!seen.has(`${kind}${chunk}.${j}`)) missing.push(`${kind}${chunk}.${j}`);
    if (missing.length > 0) {
      const more = missing.length > 4 ? ` and ${missing.length - 4} more` : '';
      problems.push(`rank ${rank} does not list ${missing.slice(0, 4).join(', ')}${more}`);
    }
  });
  if (problems.length > 0) return problems;
  try {
    replaySchedule(shape, { forward: 1, backward: 1, weight: 1, pointToPoint: 0 });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [`cannot run: ${error.message.replace(/^replaySchedule: /, '')}`];
  }
  return [];
}
