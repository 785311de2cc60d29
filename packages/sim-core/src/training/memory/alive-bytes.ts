import type { Job } from '../job.js';
import type { Schedule } from '../schedules/index.js';
import type { RankBuffers } from './buffers.js';
import type { RankMemory } from './chunk-memory.js';
import type { StateBytes } from './state.js';

/** State and activations with the room that the allocator loses between them (spec/model.md 3.4). */
export const fragmentationOf = ({ options }: Pick<Job, 'options'>): number => (options.expandableSegments ? 1 : 1.04);

/** The moment at which a rank holds most, and what it holds then. */
export interface PeakMoment {
  /** The operation that runs: forward, backward or weight gradient. */
  readonly at: 'F' | 'B' | 'W';
  readonly chunk: number;
  readonly microBatch: number;
  /** Micro-batches, times chunks, whose activations are kept. */
  readonly inFlight: number;
  /** Kept activations and what is computed again (spec/model.md 3.2-3.3). */
  readonly activationsBytes: number;
  /** Gradients on their way, messages, loss copies, outputs that were sent. */
  readonly temporaryBytes: number;
}

/**
 * Follows the bytes alive over a rank's operations, F allocates and B (or W) frees (spec/model.md 3.3), and returns the moment at
 * which they and everything else are most.
 * @throws RangeError when the rank has no operations.
 */
export function peakMoment(
  job: Job,
  schedule: Schedule,
  rank: number,
  memory: RankMemory,
  buffers: RankBuffers,
  state: StateBytes,
): PeakMoment {
  const fragmentation = fragmentationOf(job);
  const frees = schedule.splitsBackward ? 'W' : 'B';
  const { chunks, maskBytes, stagingBytes } = memory;
  const stateBytes = state.weights + state.gradients + state.optimizer;
  const always = buffers.accumulatorBytes + buffers.messageBytes;
  let kept = maskBytes + stagingBytes;
  let outputs = 0;
  let inFlight = 0;
  let most = 0;
  let peak: PeakMoment | undefined;
  for (const { kind, chunk, microBatch } of schedule.order[rank] ?? []) {
    const here = chunks[chunk];
    if (!here) continue;
    if (kind === 'F') {
      kept += here.keptBytes;
      outputs += here.keptOutputBytes;
      inFlight++;
    }
    const activationsBytes = kept + (kind === 'B' ? here.workingBytes : 0);
    // In the last chunk's backward the loss comes first; what its layers need besides finds the room that the logits have left.
    const backward = kind === 'B' ? here.gradientBytes + buffers.unitGradientBytes : 0;
    const loss = kind === 'W' ? 0 : here.lossBytes;
    const temporaryBytes = always + outputs + Math.max(loss, backward - fragmentation * here.logitBytes);
    const total = fragmentation * (stateBytes + activationsBytes) + temporaryBytes;
    if (total > most) {
      most = total;
      peak = { at: kind, chunk, microBatch, inFlight, activationsBytes, temporaryBytes };
    }
    if (kind === frees) {
      kept -= here.keptBytes;
      outputs -= here.keptOutputBytes;
      inFlight--;
    }
  }
  if (!peak) throw new RangeError(`peakMoment: pipeline rank ${rank} has no operations`);
  return peak;
}
