import { placeOfStage, type Schedule, stageOfChunk, stagesOf } from '../schedules/index.js';

/** A message of a micro-batch: its direction and the stage that it goes to. */
export const messageKey = (
  kind: 'F' | 'B',
  stage: number,
  chunk: number,
  microBatch: number,
  directed: boolean,
): string => `${kind}${directed ? chunk : ''}:${stage}.${microBatch}`;

/** Receive slots of one pipeline rank, by message. */
export type ReceiveSlots = ReadonlyMap<string, number>;

/** Messages that a rank receives, numbered in the order of its schedule. */
export function receiveSlots(schedule: Schedule, rank: number): ReceiveSlots {
  const slots = new Map<string, number>();
  const { layout, chunks, order } = schedule;
  const pipeline = order.length;
  const stages = stagesOf(layout, pipeline, chunks);
  const directed = layout === 'bidirectional';
  for (const { kind, chunk, microBatch } of order[rank] ?? []) {
    if (kind === 'W') continue;
    const stage = stageOfChunk(layout, pipeline, rank, chunk);
    const source = kind === 'F' ? stage - 1 : stage + 1;
    if (source < 0 || source >= stages) continue;
    if (placeOfStage(layout, pipeline, source, chunk).rank === rank) continue;
    slots.set(messageKey(kind, stage, chunk, microBatch, directed), slots.size);
  }
  return slots;
}
