import type { Schedule } from '../schedules/index.js';
import type { RankBuffers } from './buffers.js';
import type { RankMemory } from './chunk-memory.js';
import type { RankState } from './state.js';

/** Room that the allocator cannot use, as a share of state and activations (spec/model.md 3.4). */
export const fragmentation = 1.04;

/** The moment at which a rank holds most, and what it holds then. */
export interface PeakMoment {
  /** The operation that runs: forward, backward, weight gradient, or the optimizer after all of them. */
  readonly at: 'F' | 'B' | 'W' | 'optimizer';
  readonly chunk: number;
  readonly microBatch: number;
  /** Micro-batches, times chunks, whose activations are kept. */
  readonly inFlight: number;
  /** Kept activations and what is computed again (spec/model.md 3.2-3.3). */
  readonly activationsBytes: number;
  readonly gatheredBytes: number;
  /** Gradients on their way, messages, loss copies, outputs that were sent. */
  readonly temporaryBytes: number;
}

/**
 * Follows the bytes alive over a rank's operations, F allocates and B (or W) frees (spec/model.md 3.3), and returns the moment at
 * which they and everything else are most.
 */
export function peakMoment(
  schedule: Schedule,
  rank: number,
  memory: RankMemory,
  buffers: RankBuffers,
  state: RankState,
): PeakMoment {
  const frees = schedule.splitsBackward ? 'W' : 'B';
  const { chunks, maskBytes, stagingBytes } = memory;
  const stateBytes = state.weights + state.gradients + state.optimizer;
  const always = buffers.accumulatorBytes + buffers.messageBytes;
  let kept = 0;
  let outputs = 0;
  let inFlight = 0;
  let most = fragmentation * stateBytes + state.gradientCopy;
  let peak: PeakMoment = {
    at: 'optimizer',
    chunk: 0,
    microBatch: 0,
    inFlight: 0,
    activationsBytes: 0,
    gatheredBytes: 0,
    temporaryBytes: state.gradientCopy,
  };
  for (const { kind, chunk, microBatch } of schedule.order[rank] ?? []) {
    const here = chunks[chunk];
    if (!here) continue;
    if (kind === 'F') {
      kept += here.keptBytes;
      outputs += here.keptOutputBytes;
      inFlight++;
    }
    const backward = kind === 'B';
    const activationsBytes = kept + maskBytes + stagingBytes + (backward ? here.workingBytes : 0);
    const temporaryBytes =
      always + outputs + here.lossBytes + (backward ? here.gradientBytes + buffers.unitGradientBytes : 0);
    const total = fragmentation * (stateBytes + activationsBytes) + temporaryBytes + buffers.gatheredBytes;
    if (total > most) {
      most = total;
      peak = {
        at: kind,
        chunk,
        microBatch,
        inFlight,
        activationsBytes,
        gatheredBytes: buffers.gatheredBytes,
        temporaryBytes,
      };
    }
    if (kind === frees) {
      kept -= here.keptBytes;
      outputs -= here.keptOutputBytes;
      inFlight--;
    }
  }
  return peak;
}
