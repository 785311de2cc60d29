import { peakFlopsOf } from '../../platform/device.js';
import { countedShare } from '../flops.js';
import { gemmSeconds, memorySeconds } from '../operator-time.js';
import { headWidths } from '../parameters.js';
import type { Workbench } from './workbench.js';

/** Fraction of the square that a fused kernel executes: blocks of 128 keys, none above the diagonal or before the window. */
function executed(bench: Workbench): number {
  const band = Math.min(1, bench.window / bench.keys);
  const block = 128 / bench.keys;
  if (!bench.job.model.causal) return Math.min(1, band < 1 ? band + block : 1);
  // Blocks that the diagonal, and the far edge of a window, cut count whole.
  return Math.min((1 + block) / 2, band * (1 - band / 2) + (band < 1 ? block : block / 2));
}

/** Fraction of the square query x key that the metrics count. */
const counted = ({ job, window }: Workbench): number =>
  countedShare(job.model, job.sequenceLength, window, job.flopConvention);

/** FLOP of scores and values over the full square of one micro-batch on one rank (spec/model.md 1.3). */
function squareFlops(bench: Workbench): number {
  const { model, microBatch } = bench.job;
  const { queryKey, value } = headWidths(model);
  return (2 * microBatch * bench.queries * bench.keys * (queryKey + value) * model.heads) / bench.tensor;
}

/**
 * Efficiency at the model's head size over that at 128, for which attnMax is given: a kernel takes the time of its matmuls, which
 * grows with the head size, and of its exponentials, which does not (FlashAttention-3, arXiv 2407.08608, 3.2).
 * @param scoresPerMatmulPair Exponentials of a score for every two matmuls over it.
 */
function headSizeFactor(bench: Workbench, scoresPerMatmulPair: number): number {
  const { exponentialsPerSecond } = bench.device;
  if (!exponentialsPerSecond) return 1;
  const { queryKey, value } = headWidths(bench.job.model);
  const matmulSeconds = (4 * 128) / peakFlopsOf(bench.device.peakFlops, bench.wide);
  const share = scoresPerMatmulPair / exponentialsPerSecond / matmulSeconds;
  return (1 + share) / (1 + (share * 2 * 128) / (queryKey + value));
}

const fusedSeconds = (bench: Workbench, flops: number, efficiency: number): number => {
  const { model, microBatch } = bench.job;
  const { queryKey, value } = headWidths(model);
  const kvHeads = model.mla ? model.heads : model.kvHeads;
  const bytes =
    (bench.width *
      microBatch *
      (bench.queries * (queryKey + value) * model.heads + bench.keys * (queryKey + value) * kvHeads)) /
    bench.tensor;
  const math = flops / (peakFlopsOf(bench.device.peakFlops, bench.wide) * efficiency);
  const memory = bytes / (bench.device.hbmMax * bench.device.memoryBandwidthBytesPerSecond);
  return bench.device.opOverheadSeconds + Math.max(math, memory);
};

interface Unfused {
  readonly elements: number;
  readonly batch: number;
}

const unfusedSizes = (bench: Workbench): Unfused => {
  const batch = (bench.job.microBatch * bench.job.model.heads) / bench.tensor;
  return { batch, elements: batch * bench.queries * bench.keys };
};

/** Core attention, forward (spec/model.md 1.3); returns its seconds. */
export function attentionForward(bench: Workbench): number {
  const flops = squareFlops(bench);
  const modelFlops = flops * counted(bench);
  const { model } = bench.job;
  if (model.attention === 'flash') {
    const seconds = fusedSeconds(bench, flops * executed(bench), bench.device.attnMax * headSizeFactor(bench, 1));
    bench.attention('attention', seconds, modelFlops);
    return seconds;
  }
  const { batch, elements } = unfusedSizes(bench);
  const { queryKey, value } = headWidths(model);
  const w = bench.width;
  const scores = gemmSeconds(bench.device, bench.wide, { m: bench.queries, n: bench.keys, k: queryKey, batch });
  const values = gemmSeconds(bench.device, bench.wide, { m: bench.queries, n: value, k: bench.keys, batch });
  const softmax = memorySeconds(bench.device, 2 * w * elements);
  const dropout = model.dropout ? memorySeconds(bench.device, (2 * w + 1) * elements) : 0;
  bench.attention('attention', scores + values + softmax + dropout, modelFlops);
  return scores + values + softmax + dropout;
}

/** Core attention, backward: twice the forward's counted FLOP; fused kernels execute 2.5 times (spec/model.md 1.3-1.4). */
export function attentionBackward(bench: Workbench): number {
  const flops = squareFlops(bench);
  const modelFlops = 2 * flops * counted(bench);
  const { model } = bench.job;
  if (model.attention === 'flash') {
    const efficiency = bench.device.attnMax * bench.device.attnBwdRatio * headSizeFactor(bench, 1 / 2.5);
    const seconds = fusedSeconds(bench, 2.5 * flops * executed(bench), efficiency);
    bench.attention('attention backward', seconds, modelFlops);
    return seconds;
  }
  const { batch, elements } = unfusedSizes(bench);
  const { queryKey, value } = headWidths(model);
  const w = bench.width;
  const gemm = (m: number, n: number, k: number): number => gemmSeconds(bench.device, bench.wide, { m, n, k, batch });
  const values = gemm(bench.queries, bench.keys, value) + gemm(bench.keys, value, bench.queries);
  const scores = gemm(bench.queries, queryKey, bench.keys) + gemm(bench.keys, queryKey, bench.queries);
  const softmax = memorySeconds(bench.device, 3 * w * elements);
  const dropout = model.dropout ? memorySeconds(bench.device, (2 * w + 1) * elements) : 0;
  bench.attention('attention backward', values + scores + softmax + dropout, modelFlops);
  return values + scores + softmax + dropout;
}
