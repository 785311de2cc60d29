import type { Device } from '../../platform/device.js';
import type { Job } from '../job.js';
import type { LayerKind } from '../parameters.js';
import { attentionBlockBackward, attentionBlockForward } from './attention-block.js';
import { ffnBlockBackward, ffnBlockForward, ffnBlockRecomputed } from './ffn-block.js';
import { type Operator, recomputed } from './operator.js';
import { modulesAgain } from './recomputed-modules.js';
import { Workbench } from './workbench.js';

/** Seconds of the host for a layer's forward (1 part of 3) or backward (2 parts), as their kernels are. */
const hostSeconds = (device: Device, kind: LayerKind, parts: number): number =>
  kind === 'moe' ? (device.moeHostSeconds * parts) / 3 : 0;

/**
 * Operators of one layer on one rank for one micro-batch, forward, in order (spec/model.md 1.2).
 * @param window Tokens that its attention can look back on (default: all).
 */
export function layerForward(job: Job, device: Device, kind: LayerKind, window?: number): Operator[] {
  const bench = new Workbench(job, device, window);
  attentionBlockForward(bench);
  ffnBlockForward(bench, kind);
  return bench.finish(hostSeconds(device, kind, 1));
}

/** What full recomputation of a layer runs before its backward. */
function layerRecomputed(job: Job, device: Device, kind: LayerKind, window: number | undefined): Operator[] {
  const bench = new Workbench(job, device, window);
  attentionBlockForward(bench);
  ffnBlockRecomputed(bench, kind);
  return recomputed(bench.finish(hostSeconds(device, kind, 1)));
}

/** Backward of one layer: what is computed again first, then gradients from the output side in (spec/model.md 1.4-1.5). */
export function layerBackward(
  job: Job,
  device: Device,
  kind: LayerKind,
  recompute: Job['recompute'],
  window?: number,
): Operator[] {
  const bench = new Workbench(job, device, window);
  ffnBlockBackward(bench, kind);
  attentionBlockBackward(bench);
  const backward = bench.finish(hostSeconds(device, kind, 2));
  if (recompute === 'full') return [...layerRecomputed(job, device, kind, window), ...backward];
  if (recompute === 'selective') {
    const again = new Workbench(job, device, window);
    modulesAgain(again, kind, job.options.recomputeModules ?? ['core_attn']);
    return [...recomputed(again.operators), ...backward];
  }
  return backward;
}

/** Embedding on the first stage: gather, dropout, sum over the cut vocabulary. */
export function embeddingForward(job: Job, device: Device): Operator[] {
  const bench = new Workbench(job, device);
  const elements = bench.tokens * job.model.hidden;
  bench.memory('embedding', (2 * bench.width + (job.model.dropout ? 2 * bench.width + 1 : 0)) * elements);
  bench.reduce('reduce embedding');
  return bench.finish();
}

export function embeddingBackward(job: Job, device: Device): Operator[] {
  const bench = new Workbench(job, device);
  bench.gather('gather embedding grad');
  bench.memory('embedding backward', (bench.width + 2 * job.options.gradientBytes) * bench.tokens * job.model.hidden);
  return bench.finish();
}

/** Norms of hidden state and next embedding, their projection side by side to h, a layer, and the head again. */
export function predictionForward(job: Job, device: Device, kind: LayerKind, window?: number): Operator[] {
  const bench = new Workbench(job, device);
  const { hidden } = job.model;
  bench.memory('mtp embedding and norms', 4 * 2 * bench.width * bench.normTokens * hidden);
  bench.linear('mtp projection', bench.tokens, hidden / bench.tensor, 2 * hidden);
  bench.gather('gather mtp projection');
  return [...bench.finish(), ...layerForward(job, device, kind, window), ...headForward(job, device)];
}

export function predictionBackward(
  job: Job,
  device: Device,
  kind: LayerKind,
  recompute: Job['recompute'],
  window?: number,
): Operator[] {
  const bench = new Workbench(job, device);
  const { hidden } = job.model;
  bench.inputGradient('mtp projection', bench.tokens, hidden / bench.tensor, 2 * hidden);
  bench.reduce('reduce mtp projection grad');
  bench.weightGradient('mtp projection', bench.tokens, hidden / bench.tensor, 2 * hidden);
  bench.memory('mtp embedding and norms backward', 4 * 3 * bench.width * bench.normTokens * hidden);
  return [...headBackward(job, device), ...layerBackward(job, device, kind, recompute, window), ...bench.finish()];
}

/** Bytes of cross-entropy for each logit: fused kernels keep one fp32 copy, others max, exp and sum apart (spec/model.md 1.2). */
const crossEntropyBytes = (bench: Workbench): number =>
  2 * bench.width + (bench.job.model.attention === 'flash' ? 4 : 16);

/** Final norm, logits and loss on the last stage. */
export function headForward(job: Job, device: Device): Operator[] {
  const bench = new Workbench(job, device);
  const columns = job.model.vocab / bench.tensor;
  bench.memory('final norm', 2 * bench.width * bench.normTokens * job.model.hidden);
  bench.gather('gather head');
  bench.linear('logits', bench.tokens, columns, job.model.hidden, 1, bench.wide);
  bench.memory('cross-entropy', crossEntropyBytes(bench) * bench.tokens * columns);
  return bench.finish();
}

export function headBackward(job: Job, device: Device): Operator[] {
  const bench = new Workbench(job, device);
  const columns = job.model.vocab / bench.tensor;
  bench.memory('cross-entropy backward', crossEntropyBytes(bench) * bench.tokens * columns);
  const grad = bench.inputGradient('logits', bench.tokens, columns, job.model.hidden, 1, bench.wide);
  bench.gather('gather head again', grad);
  bench.reduce('reduce head grad');
  bench.weightGradient('logits', bench.tokens, columns, job.model.hidden, 1, bench.wide);
  bench.memory('final norm backward', 3 * bench.width * bench.normTokens * job.model.hidden);
  return bench.finish();
}
