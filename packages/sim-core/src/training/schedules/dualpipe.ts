import type { ScheduleOp } from '../job.js';
import { op, type ScheduleSize } from './schedule.js';

/** Repetitions of DualPipe's eight steps on each rank (deepseek-ai/DualPipe dualpipe.py `step`; spec/model.md 4.5). */
export function dualPipeRepetitions(pipeline: number, microBatches: number): number[][] {
  const half = pipeline / 2;
  return Array.from({ length: pipeline }, (_, rank) => {
    const q = Math.min(rank, pipeline - 1 - rank);
    const rest = half - q - 1;
    return [2 * rest, q + 1, rest, microBatches / 2 - pipeline + q + 1, rest, q + 1, rest, q + 1];
  });
}

/**
 * DualPipe (DeepSeek-V3, arXiv 2412.19437, 3.2.1): micro-batches enter from both ends; rank i holds stage i of one direction
 * (chunk 0) and stage p-1-i of the other (chunk 1).
 * @throws RangeError when p or m is odd, or m < 2p.
 */
export function dualPipe({ pipeline, microBatches }: ScheduleSize): ScheduleOp[][] {
  if (pipeline % 2 !== 0) throw new RangeError(`dualpipe: ${pipeline} pipeline ranks, must be even`);
  if (microBatches % 2 !== 0 || microBatches < 2 * pipeline) {
    throw new RangeError(`dualpipe: ${microBatches} micro-batches, must be even and at least ${2 * pipeline}`);
  }
  return dualPipeRepetitions(pipeline, microBatches).map((repetitions, rank) => {
    const order: ScheduleOp[] = [];
    const near = rank < pipeline / 2 ? 0 : 1;
    const done = { F: [0, 0], B: [0, 0] };
    const deferred: ScheduleOp[] = [];
    const q = Math.min(rank, pipeline - 1 - rank);
    const chunkOf = (phase: number): number => (phase === 0 ? near : 1 - near);
    const next = (kind: 'F' | 'B', phase: number): ScheduleOp => {
      const chunk = chunkOf(phase);
      const j = done[kind][chunk] ?? 0;
      done[kind][chunk] = j + 1;
      return op(kind, chunk, j);
    };
    const forward = (phase: number): void => {
      order.push(next('F', phase));
    };
    const backward = (phase: number, defer: boolean): void => {
      const b = next('B', phase);
      order.push(b);
      const w = op('W', b.chunk, b.microBatch);
      if (defer) deferred.push(w);
      else order.push(w);
    };
    const weight = (): void => {
      const w = deferred.shift();
      if (w) order.push(w);
    };
    const times = (step: number, body: (i: number) => void): void => {
      for (let i = 0; i < (repetitions[step] ?? 0); i++) body(i);
    };
    times(0, () => forward(0));
    times(1, () => {
      forward(0);
      forward(1);
    });
    times(2, () => {
      backward(1, true);
      weight();
      forward(1);
    });
    times(3, () => {
      forward(0);
      backward(1, false);
      forward(1);
      backward(0, false);
    });
    times(4, () => {
      backward(1, false);
      forward(1);
      backward(0, false);
    });
    const middle = Math.floor((q + 1) / 2);
    let defer = false;
    times(5, (i) => {
      if (i === middle && q % 2 === 1) defer = true;
      backward(1, defer);
      if (i === middle && q % 2 === 0) defer = true;
      backward(0, defer);
    });
    times(6, () => {
      weight();
      backward(0, true);
    });
    times(7, () => weight());
    while (deferred.length > 0) weight();
    return order;
  });
}
