import type { RecomputeModule } from '../job.js';
import type { LayerKind } from '../parameters.js';
import { projectedAgain, projectionUpAgain } from './attention-block.js';
import { attentionForward } from './attention-core.js';
import { denseForward, denseHalfAgain, expertsForward, moeActivationAgain } from './ffn-block.js';
import type { Workbench } from './workbench.js';

/** What selective recomputation of these modules runs before a layer's backward, in forward order. */
export function modulesAgain(bench: Workbench, kind: LayerKind, modules: readonly RecomputeModule[]): void {
  const { model } = bench.job;
  const has = (module: RecomputeModule): boolean => modules.includes(module);
  const norm = (name: string): void => bench.memory(name, 2 * bench.width * bench.normTokens * model.hidden);
  const experts = kind === 'moe' ? model.experts : undefined;
  if (has('alternate_matmuls') && !experts) {
    norm('norm 1');
    projectedAgain(bench);
    norm('norm 2');
    denseHalfAgain(bench);
    return;
  }
  if (has('layernorm')) norm('norm 1');
  if (has('mla_up_proj')) projectionUpAgain(bench);
  // A fused kernel computes its scores again inside the backward in any case (spec/model.md 1.5).
  if (has('core_attn') && model.attention === 'unfused') attentionForward(bench);
  if (has('layernorm') || (has('mlp') && !experts)) norm('norm 2');
  if (!experts) {
    if (has('mlp')) denseForward(bench, model.ffn);
    return;
  }
  if (has('moe')) {
    expertsForward(bench, experts);
    return;
  }
  if (has('moe_act')) moeActivationAgain(bench, experts);
  if (has('shared_experts') && experts.shared > 0) denseForward(bench, experts.sharedFfn * experts.shared);
}
