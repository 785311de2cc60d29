import type { Precision } from '../../platform/device.js';
import type { Job } from '../job.js';

/** Bytes of one element of a narrow format with its share of the block scales; undefined for formats of 16 bit and more. */
function narrowElementBytes(precision: Precision): number | undefined {
  switch (precision) {
    case 'fp8':
      return 1;
    case 'mxfp8':
      return 1 + 1 / 32;
    case 'nvfp4':
      return 0.5 + 1 / 16;
    default:
      return undefined;
  }
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
  return (options.narrowStorage ?? 'none') === 'none' ? undefined : narrowElementBytes(precision);
}

/**
 * Bytes of a GEMM weight. Transformer Engine caches a quantised weight by rows and by columns, for forward and input gradient;
 * as primary weights these two are all there is. nvfp4 keeps its 16-bit weights in either case.
 */
export function weightBytes(job: StorageSetting): number {
  const wide = wideBytes(job.precision);
  const narrow = keptNarrowBytes(job);
  if (narrow === undefined) return wide;
  const both = 2 * narrow;
  return job.options.narrowStorage === 'primary' && job.precision !== 'nvfp4' ? both : wide + both;
}
