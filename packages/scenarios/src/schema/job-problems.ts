import {
  type Job,
  listScheduleProblems,
  RankGrid,
  rendezvousDeadlock,
  scheduleOrder,
  scheduleShape,
  stagesOf,
} from '@regatta/sim-core';

/** A reason why a job cannot run as it is: field, what is wrong, what is allowed. */
export interface JobProblem {
  readonly path: string;
  readonly message: string;
  readonly expected: string;
}

const divides = (total: number, by: number): boolean => by > 0 && Number.isInteger(total / by);

function stageLayerProblems(
  stageLayers: readonly number[],
  stages: number,
  layers: number,
  add: (path: string, message: string, expected: string) => void,
): void {
  const path = 'job.options.stageLayers';
  const total = stageLayers.reduce((sum, count) => sum + count, 0);
  if (stageLayers.length !== stages)
    add(path, `lists ${stageLayers.length} stages, the schedule has ${stages}`, `${stages} numbers`);
  else if (total !== layers) add(path, `hold ${total} layers, the model has ${layers}`, `a sum of ${layers}`);
}

/** More than any model or step has, and less than fills the memory. */
const mostLayers = 10_000;
const mostOperations = 2_000_000;

/** Sizes that must divide and options that exclude each other (spec/model.md 4.5; contract: conduct). */
export function jobProblems(job: Job): JobProblem[] {
  const problems: JobProblem[] = [];
  const add = (path: string, message: string, expected: string): void => {
    problems.push({ path, message, expected });
  };
  const { model, parallel } = job;
  const { tensor, context, pipeline, data, expert, expertTensor, virtualStages } = parallel;
  const must = (path: string, what: string, total: number, by: number, byWhat: string): void => {
    if (!divides(total, by))
      add(path, `${what} ${total} is not a multiple of ${byWhat} ${by}`, `a divisor of ${total}`);
  };
  must('job.parallel.tensor', 'job.model.heads', model.heads, tensor, 'job.parallel.tensor');
  if (!model.mla) must('job.parallel.tensor', 'job.model.kvHeads', model.kvHeads, tensor, 'job.parallel.tensor');
  must('job.parallel.tensor', 'job.model.ffn', model.ffn, tensor, 'job.parallel.tensor');
  must('job.parallel.context', 'job.sequenceLength', job.sequenceLength, context, 'job.parallel.context');
  if (!divides(job.globalBatch, job.microBatch * data)) {
    add(
      'job.globalBatch',
      `${job.globalBatch} is not a multiple of microBatch x data = ${job.microBatch} x ${data}`,
      `a multiple of ${job.microBatch * data}`,
    );
  }
  if (model.headDim !== Math.floor(model.headDim))
    add('job.model.headDim', `hidden / heads = ${model.headDim}`, 'a whole number');
  if (parallel.sequenceParallel && !divides(job.sequenceLength / context, tensor)) {
    add(
      'job.sequenceLength',
      `${job.sequenceLength / context} tokens a context rank are not a multiple of tensor ${tensor}`,
      `a multiple of ${tensor * context}`,
    );
  }
  const { shardGroup } = job.options;
  if (shardGroup > 0 && parallel.zero !== 3)
    add('job.options.shardGroup', `is ${shardGroup} with zero ${parallel.zero}`, 'job.parallel.zero 3, or 0');
  if (shardGroup > 0 && !divides(data * context, shardGroup)) {
    add(
      'job.options.shardGroup',
      `${shardGroup} ranks do not divide data x context = ${data * context}`,
      `a divisor of ${data * context}, or 0 for all of them`,
    );
  }
  if (model.experts) {
    must('job.parallel.expert', 'job.model.experts.count', model.experts.count, expert, 'job.parallel.expert');
    if (!divides(tensor * context * data, expert * expertTensor)) {
      add(
        'job.parallel.expert',
        `tensor x context x data = ${tensor * context * data} is not a multiple of expert x expertTensor = ${expert * expertTensor}`,
        'a divisor',
      );
    }
    if (model.experts.topK > model.experts.count)
      add('job.model.experts.topK', `${model.experts.topK} of ${model.experts.count} experts`, 'at most count');
  } else if (expert > 1) add('job.parallel.expert', `is ${expert}, but the model has no experts`, '1');
  if (model.layers > mostLayers)
    add('job.model.layers', `${model.layers} layers are more than can be simulated`, `at most ${mostLayers}`);
  const operations = (job.globalBatch / (job.microBatch * data)) * pipeline * virtualStages;
  if (operations > mostOperations)
    add(
      'job.globalBatch',
      `${job.globalBatch} makes ${Math.round(operations)} forward passes of stages in a step, more than can be simulated`,
      `at most ${mostOperations}`,
    );
  if (problems.length > 0 && (model.layers > mostLayers || operations > mostOperations)) return problems;
  const { layout, chunks } = scheduleShape(job.schedule, virtualStages);
  const stages = stagesOf(layout, pipeline, chunks);
  const { stageLayers } = job.options;
  if (stageLayers) stageLayerProblems(stageLayers, stages, model.layers, add);
  else if (model.layers < stages) {
    add(
      'job.parallel.pipeline',
      `${model.layers} layers cannot fill ${pipeline} x ${stages / pipeline} chunks`,
      `pipeline x virtualStages of at most ${model.layers}`,
    );
  }
  if (virtualStages > 1 && job.schedule !== 'interleaved' && typeof job.schedule === 'string') {
    add('job.schedule', `${job.schedule} has one chunk a rank, virtualStages is ${virtualStages}`, 'interleaved');
  }
  if (virtualStages > 1 && pipeline === 1)
    add('job.parallel.virtualStages', `is ${virtualStages} without a pipeline`, '1');
  if (problems.length === 0) {
    const size = { pipeline, virtualStages, microBatches: job.globalBatch / (job.microBatch * data) };
    if (typeof job.schedule !== 'string') {
      const splitsBackward = job.schedule.order.some((row) => row.some((o) => o.kind === 'W'));
      const listed = { layout, chunks, order: job.schedule.order, splitsBackward };
      for (const problem of listScheduleProblems(listed, size))
        add('job.schedule', `${job.schedule.name}: ${problem}`, 'each operation once, in an order that can run');
      const stuck =
        problems.length === 0 && job.options.p2p === 'blocking' && chunks === 1
          ? rendezvousDeadlock(listed)
          : undefined;
      if (stuck) {
        add(
          'job.options.p2p',
          `blocking: rank ${stuck.rank} waits for ever to exchange ${stuck.message}, since its neighbour waits for another message`,
          'async, or an order in which neighbours exchange in turn',
        );
      }
    }
    try {
      if (problems.length === 0) scheduleOrder(job.schedule, size);
      void new RankGrid(parallel);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      add('job.schedule', error.message, 'sizes that the schedule can be made for');
    }
  }
  return problems;
}
