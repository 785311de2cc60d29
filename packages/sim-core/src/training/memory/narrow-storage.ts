import type { Precision } from '../../platform/device.js';
import type { Job } from '../job.js';
import { gemmElementBytes, scaleBytes } from '../operator-time.js';

/** Bytes of one element of a narrow format with its share of the block scales; undefined for formats of 16 bit and more. */
function narrowElementBytes(precision: Precision): number | undefined {
  const bytes = gemmElementBytes(precision);
  return bytes < 2 ? bytes + scaleBytes(precision) : undefined;
}

/** What decides how wide activations and weights lie in memory. */
export interface StorageSetting {
  readonly precision: Job['precision'];
  readonly options: Pick<Job['options'], 'narrowStorage'>;
}

/** w: bytes of an activation between operators. */
export const wideBytes = (precision: Precision): number => (precision === 'fp32' ? 4 : 2);

/** Bytes of an element of a GEMM's input as the backward pass finds it; undefined where it is the tensor between operators itself. */
export function keptNarrowBytes({ precision, options }: StorageSetting): number | undefined {
  return options.narrowStorage === 'none' ? undefined : narrowElementBytes(precision);
}

/** Bytes of an element of weights that exist in the narrow format alone; undefined where 16-bit ones exist. */
function primaryBytes(job: StorageSetting): number | undefined {
  // nvfp4 keeps 16-bit weights: four bits have no room for an update.
  return job.options.narrowStorage === 'copies' || job.precision === 'nvfp4' ? undefined : keptNarrowBytes(job);
}

/**
 * Bytes of a GEMM weight. Transformer Engine caches a quantised weight by rows and by columns, for forward and input gradient;
 * as primary weights these two are all there is.
 */
export function weightBytes(job: StorageSetting): number {
  const primary = primaryBytes(job);
  if (primary !== undefined) return 2 * primary;
  return wideBytes(job.precision) + 2 * (keptNarrowBytes(job) ?? 0);
}

/** Bytes of a GEMM weight as FSDP gathers it: narrow ones by rows for the forward, by columns for the backward. */
export const gatheredWeightBytes = (job: StorageSetting): number => primaryBytes(job) ?? wideBytes(job.precision);
