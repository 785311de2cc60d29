import type { ExpertShape } from '../model.js';
import { gemmElementBytes } from '../operator-time.js';
import type { LayerKind } from '../parameters.js';
import type { Operator } from './operator.js';
import type { Workbench } from './workbench.js';

const columnsOf = (bench: Workbench, ffn: number): number => (bench.job.model.ffnKind === 'swiglu' ? 2 * ffn : ffn);

/** Bytes of the activation over `elements` FFN elements: reads of gate and up, one write. */
const activationBytes = (bench: Workbench, elements: number): number =>
  (bench.job.model.ffnKind === 'swiglu' ? 3 : 2) * bench.width * elements;
const activationBackwardBytes = (bench: Workbench, elements: number): number =>
  (bench.job.model.ffnKind === 'swiglu' ? 5 : 3) * bench.width * elements;

/** Routed tokens on one rank, by local expert (spec/model.md 1.2): rows of each expert's GEMM, experts here, columns of each. */
function localExperts(
  bench: Workbench,
  experts: ExpertShape,
): { rows: number; count: number; ffn: number; routed: number } {
  const { expert, expertTensor } = bench.job.parallel;
  const routed = bench.normTokens * experts.topK;
  const count = experts.count / expert;
  const rows = (routed * expertTensor * bench.job.options.moeImbalance) / count;
  return { rows, count, ffn: experts.ffn / expertTensor, routed };
}

/** Gathering, FC1 and activation: everything whose output the backward pass reads. */
function denseInner(bench: Workbench, ffn: number): void {
  const { model, options } = bench.job;
  const width = ffn / bench.tensor;
  const at = bench.operators.length;
  const up = bench.linear('fc1', bench.tokens, columnsOf(bench, width), model.hidden);
  const upGemm = bench.operators.splice(at);
  bench.gather('gather fc1', options.tensorOverlap * up);
  bench.operators.push(...upGemm);
  bench.memory('activation', activationBytes(bench, bench.tokens * width));
}

/** Dense FFN, from the gathering of its input to the sum of its output. */
export function denseForward(bench: Workbench, ffn: number): void {
  const { model, options } = bench.job;
  denseInner(bench, ffn);
  const down = bench.linear('fc2', bench.tokens, model.hidden, ffn / bench.tensor);
  bench.reduce('reduce fc2', options.tensorOverlap * down);
}

function denseBackward(bench: Workbench, ffn: number): void {
  const { model, options } = bench.job;
  const width = ffn / bench.tensor;
  const at = bench.operators.length;
  const down = bench.inputGradient('fc2', bench.tokens, model.hidden, width);
  const downGemm = bench.operators.splice(at);
  bench.gather('gather fc2 grad', options.tensorOverlap * down);
  bench.operators.push(...downGemm);
  bench.weightGradient('fc2', bench.tokens, model.hidden, width);
  bench.memory('activation backward', activationBackwardBytes(bench, bench.tokens * width));
  const up = bench.inputGradient('fc1', bench.tokens, columnsOf(bench, width), model.hidden);
  bench.gather('gather fc1 again', up);
  bench.reduce('reduce fc1 grad', options.tensorOverlap * up);
  bench.weightGradient('fc1', bench.tokens, columnsOf(bench, width), model.hidden);
}

/** All-to-all of routed tokens, and with expert tensor parallelism their gathering over its ranks. */
function exchange(bench: Workbench, name: string, routed: number, gathers: boolean, hideBehindSeconds: number): void {
  const { expertTensor } = bench.job.parallel;
  const bytes = bench.width * routed * bench.job.model.hidden;
  const gather = (): void => {
    if (expertTensor > 1) {
      bench.communicate(
        `${name} over expert tensor`,
        'tensor',
        gathers ? 'all_gather' : 'reduce_scatter',
        bytes * expertTensor,
      );
    }
  };
  if (!gathers) gather();
  const copies = bench.job.options.expertDispatch === 'hierarchical' ? (bench.job.model.experts?.topK ?? 1) : 1;
  bench.communicate(name, 'expert', 'all_to_all', bytes, hideBehindSeconds, 1, copies);
  if (gathers) gather();
}

/** Copies of routed tokens between their exchange and their experts (JobOptions.expertLayout). */
function reorder(bench: Workbench, name: string, routed: number): void {
  if (bench.job.options.expertLayout !== 'copied') return;
  const { expert } = bench.job.parallel;
  const bytes = 2 * bench.width * routed * bench.job.model.hidden;
  if (expert > 1) bench.memory(`sort ${name}`, bytes);
  if (gemmElementBytes(bench.job.precision) < bench.width) bench.memory(`pad ${name}`, bytes);
}

/**
 * Bytes beside the fused activation of experts with biases and a clamp, for each routed token, as Megatron-Core's TEGroupedMLP runs
 * them, a kernel an operation: forward cuts, clamps and joins 2f elements (16 bytes for each of f) and adds the second bias, weighed
 * by fp32 probabilities, over h (28); backward 20 and 36.
 */
const clampedBytes = { forward: { ffn: 16, hidden: 28 }, backward: { ffn: 20, hidden: 36 } };

function clamped(
  bench: Workbench,
  experts: ExpertShape,
  rows: number,
  ffn: number,
  pass: 'forward' | 'backward',
): void {
  if (!experts.biases || bench.job.options.expertLayout !== 'copied') return;
  const bytes = clampedBytes[pass];
  bench.memory(`expert biases and clamp ${pass}`, rows * (bytes.ffn * ffn + bytes.hidden * bench.job.model.hidden));
}

/** Runs `build` and returns its compute seconds beside its operators, which are taken out of the list again. */
function aside(bench: Workbench, build: () => void): { operators: Operator[]; seconds: number } {
  const at = bench.operators.length;
  build();
  const operators = bench.operators.splice(at);
  const seconds = operators.reduce((sum, o) => sum + (o.kind === 'communication' ? 0 : o.seconds), 0);
  return { operators, seconds };
}

export function expertsForward(bench: Workbench, experts: ExpertShape): void {
  const { model } = bench.job;
  const { rows, count, ffn, routed } = localExperts(bench, experts);
  bench.linear('router', bench.normTokens, experts.count, model.hidden, 1, 'fp32');
  bench.memory('permute', 2 * bench.width * routed * model.hidden);
  const { operators, seconds } = aside(bench, () => {
    reorder(bench, 'dispatched', routed);
    bench.linear('expert fc1', rows, columnsOf(bench, ffn), model.hidden, count);
    bench.memory('expert activation', activationBytes(bench, rows * count * ffn));
    clamped(bench, experts, rows * count, ffn, 'forward');
    bench.linear('expert fc2', rows, model.hidden, ffn, count);
    reorder(bench, 'combined', routed);
  });
  const hidden = (bench.job.options.expertOverlap * seconds) / 2;
  exchange(bench, 'dispatch', routed, true, hidden);
  bench.operators.push(...operators);
  exchange(bench, 'combine', routed, false, hidden);
  bench.memory('unpermute', 2 * bench.width * routed * model.hidden);
  if (experts.shared > 0) denseForward(bench, experts.sharedFfn * experts.shared);
}

function expertsBackward(bench: Workbench, experts: ExpertShape): void {
  const { model } = bench.job;
  const { rows, count, ffn, routed } = localExperts(bench, experts);
  if (experts.shared > 0) denseBackward(bench, experts.sharedFfn * experts.shared);
  bench.memory('unpermute backward', 2 * bench.width * routed * model.hidden);
  const { operators, seconds } = aside(bench, () => {
    reorder(bench, 'combined backward', routed);
    bench.inputGradient('expert fc2', rows, model.hidden, ffn, count);
    bench.weightGradient('expert fc2', rows, model.hidden, ffn, count);
    bench.memory('expert activation backward', activationBackwardBytes(bench, rows * count * ffn));
    clamped(bench, experts, rows * count, ffn, 'backward');
    bench.inputGradient('expert fc1', rows, columnsOf(bench, ffn), model.hidden, count);
    bench.weightGradient('expert fc1', rows, columnsOf(bench, ffn), model.hidden, count);
    reorder(bench, 'dispatched backward', routed);
  });
  const hidden = (bench.job.options.expertOverlap * seconds) / 2;
  exchange(bench, 'combine backward', routed, true, hidden);
  bench.operators.push(...operators);
  exchange(bench, 'dispatch backward', routed, false, hidden);
  bench.memory('permute backward', 2 * bench.width * routed * model.hidden);
  bench.inputGradient('router', bench.normTokens, experts.count, model.hidden, 1, 'fp32');
  bench.weightGradient('router', bench.normTokens, experts.count, model.hidden, 1, 'fp32');
}

/** The experts' activation alone. */
export function moeActivationAgain(bench: Workbench, experts: ExpertShape): void {
  const { rows, count, ffn } = localExperts(bench, experts);
  bench.memory('expert activation', activationBytes(bench, rows * count * ffn));
  clamped(bench, experts, rows * count, ffn, 'forward');
}

/** A dense FFN whose gate was kept: its other half and the activation; FC2 was kept too. */
export function denseHalfAgain(bench: Workbench): void {
  const { model } = bench.job;
  const width = model.ffn / bench.tensor;
  bench.gather('gather fc1');
  if (model.ffnKind === 'swiglu') bench.linear('fc1 half', bench.tokens, width, model.hidden);
  bench.memory('activation', activationBytes(bench, bench.tokens * width));
}

/** norm, FFN or experts, bias-dropout-add: spec/model.md 1.2 rows 9-13. */
export function ffnBlockForward(bench: Workbench, kind: LayerKind): void {
  const { model } = bench.job;
  const residual = bench.normTokens * model.hidden;
  bench.memory('norm 2', 2 * bench.width * residual);
  if (kind === 'moe' && model.experts) expertsForward(bench, model.experts);
  else denseForward(bench, model.ffn);
  bench.memory('residual 2', (model.dropout ? 3 * bench.width + 1 : 3 * bench.width) * residual);
}

/** What a full recomputation runs of it. A MoE layer's backward reads the experts' outputs, to weigh the router's gradients. */
export function ffnBlockRecomputed(bench: Workbench, kind: LayerKind): void {
  const { model, options } = bench.job;
  if (!options.recomputeStopsEarly || (kind === 'moe' && model.experts)) {
    ffnBlockForward(bench, kind);
    return;
  }
  bench.memory('norm 2', 2 * bench.width * bench.normTokens * model.hidden);
  denseInner(bench, model.ffn);
}

export function ffnBlockBackward(bench: Workbench, kind: LayerKind): void {
  const { model } = bench.job;
  const residual = bench.normTokens * model.hidden;
  bench.memory('residual 2 backward', ((model.dropout ? 2 * bench.width + 1 : 0) + 3 * bench.width) * residual);
  if (kind === 'moe' && model.experts) expertsBackward(bench, model.experts);
  else denseBackward(bench, model.ffn);
  bench.memory('norm 2 backward', 3 * bench.width * residual);
}
