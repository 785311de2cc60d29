import type { Plan } from '../plan/plan.js';
import { scheduleOrder } from '../schedules/index.js';
import { writeFinish } from './finish-step.js';
import type { StageProgram, StepProgram } from './program.js';
import { ProgramTables } from './program-tables.js';
import { receiveSlots } from './receive-slots.js';
import { writeReplicated } from './replicated-parameters.js';
import { writeSharded } from './sharded-parameters.js';
import { stageContents } from './stage-content.js';
import { StageWriter } from './stage-writer.js';

/** Micro-batches of each data-parallel replica: m = B / (b D). */
export function microBatchesOf(job: Plan['job']): number {
  return job.globalBatch / (job.microBatch * job.parallel.data);
}

/**
 * What each pipeline rank does in a step, for each device kind of the plan (architecture: StepProgram).
 * @throws RangeError when the schedule cannot be made for the job's sizes.
 */
export function buildProgram(plan: Plan): StepProgram {
  const { job } = plan;
  const { pipeline, virtualStages } = job.parallel;
  const schedule = scheduleOrder(job.schedule, { pipeline, virtualStages, microBatches: microBatchesOf(job) });
  const tables = new ProgramTables();
  const slots = Array.from({ length: pipeline }, (_, rank) => receiveSlots(schedule, rank));
  const stages = plan.places.devices.map((device): StageProgram[] => {
    const contents = stageContents(job, device, schedule);
    return slots.map((_, rank) => {
      const writer = new StageWriter(job, device, rank, schedule, contents, slots, tables);
      if (job.parallel.zero === 3) writeSharded(writer);
      else writeReplicated(writer);
      writeFinish(writer);
      return writer.program();
    });
  });
  return {
    templates: tables.templates,
    collectives: tables.collectives,
    stages,
    blockingSends: job.options.p2p === 'blocking',
    meetingSends: job.options.p2p === 'blocking' && schedule.chunks === 1,
  };
}
