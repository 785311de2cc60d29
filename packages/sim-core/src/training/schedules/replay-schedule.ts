import type { ScheduleOp } from '../job.js';
import { placeOfStage, type Schedule, stageOfChunk, stagesOf } from './schedule.js';

export interface ReplayTimes {
  readonly forward: number;
  readonly backward: number;
  readonly weight: number;
  /** Delay of a message between different ranks; occupies nobody. */
  readonly pointToPoint: number;
}

export interface Replay {
  readonly makespan: number;
  readonly busyPerRank: readonly number[];
  /** Most chunk activations alive at once: allocated by F, freed by B, or by W where backward is split. */
  readonly peakChunksPerRank: readonly number[];
}

/**
 * Runs a schedule under its dependencies alone: F(k) after F(k-1), B(k) after B(k+1) and F(k), W(k) after B(k) (spec/model.md 4.5).
 * @throws RangeError when an operation is missing or twice there, or when the order deadlocks.
 */
export function replaySchedule(schedule: Schedule, times: ReplayTimes): Replay {
  const { order, layout, chunks, splitsBackward } = schedule;
  const pipeline = order.length;
  const stages = stagesOf(layout, pipeline, chunks);
  const ends = new Map<string, number>();
  const key = (kind: string, stage: number, chunk: number, j: number): string =>
    `${kind}${layout === 'bidirectional' ? chunk : ''}:${stage}.${j}`;
  const at = new Int32Array(pipeline);
  const clock = new Float64Array(pipeline);
  const busy = new Float64Array(pipeline);
  const alive = new Int32Array(pipeline);
  const peak = new Int32Array(pipeline);
  const duration = { F: times.forward, B: times.backward, W: times.weight };
  const from = (kind: 'F' | 'B', stage: number, rank: number, o: ScheduleOp): number | undefined => {
    const end = ends.get(key(kind, stage, o.chunk, o.microBatch));
    if (end === undefined) return undefined;
    return placeOfStage(layout, pipeline, stage, o.chunk).rank === rank ? end : end + times.pointToPoint;
  };
  const startOf = (rank: number, o: ScheduleOp): number | undefined => {
    const stage = stageOfChunk(layout, pipeline, rank, o.chunk);
    if (o.kind === 'F') return stage === 0 ? 0 : from('F', stage - 1, rank, o);
    if (o.kind === 'W') return from('B', stage, rank, o);
    const own = from('F', stage, rank, o);
    const after = stage === stages - 1 ? 0 : from('B', stage + 1, rank, o);
    return own === undefined || after === undefined ? undefined : Math.max(own, after);
  };
  for (let moved = true; moved; ) {
    moved = false;
    for (let rank = 0; rank < pipeline; rank++) {
      const row = order[rank] ?? [];
      for (;;) {
        const o = row[at[rank] ?? 0];
        if (!o) break;
        const ready = startOf(rank, o);
        if (ready === undefined) break;
        const id = key(o.kind, stageOfChunk(layout, pipeline, rank, o.chunk), o.chunk, o.microBatch);
        if (ends.has(id))
          throw new RangeError(`replaySchedule: rank ${rank} lists ${o.kind}${o.chunk}.${o.microBatch} twice`);
        const end = Math.max(ready, clock[rank] ?? 0) + duration[o.kind];
        ends.set(id, end);
        clock[rank] = end;
        busy[rank] = (busy[rank] ?? 0) + duration[o.kind];
        if (o.kind === 'F') alive[rank] = (alive[rank] ?? 0) + 1;
        peak[rank] = Math.max(peak[rank] ?? 0, alive[rank] ?? 0);
        if (o.kind === (splitsBackward ? 'W' : 'B')) alive[rank] = (alive[rank] ?? 0) - 1;
        at[rank] = (at[rank] ?? 0) + 1;
        moved = true;
      }
    }
  }
  order.forEach((row, rank) => {
    const stuck = row[at[rank] ?? 0];
    if (stuck)
      throw new RangeError(
        `replaySchedule: rank ${rank} waits for ever at ${stuck.kind}${stuck.chunk}.${stuck.microBatch}`,
      );
  });
  return { makespan: Math.max(...clock), busyPerRank: [...busy], peakChunksPerRank: [...peak] };
}
