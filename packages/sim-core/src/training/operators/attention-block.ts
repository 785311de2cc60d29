import { attentionBackward, attentionForward } from './attention-core.js';
import type { Workbench } from './workbench.js';

interface Projection {
  readonly name: string;
  /** Output columns on this rank, input rows on this rank. */
  readonly n: number;
  readonly k: number;
}

/** Projections from the hidden state to queries, keys and values, in order (spec/model.md 1.2; MLA's down projections are whole). */
function inputProjections(bench: Workbench): Projection[] {
  const { hidden, heads, kvHeads, headDim, mla } = bench.job.model;
  const t = bench.tensor;
  if (!mla) return [{ name: 'qkv', n: (headDim * (heads + 2 * kvHeads)) / t, k: hidden }];
  const queryUp = (heads * (mla.nopeDim + mla.ropeDim)) / t;
  const queries: Projection[] =
    mla.qRank > 0
      ? [
          { name: 'q down', n: mla.qRank, k: hidden },
          { name: 'q up', n: queryUp, k: mla.qRank },
        ]
      : [{ name: 'q', n: queryUp, k: hidden }];
  return [
    ...queries,
    { name: 'kv down', n: mla.kvRank + mla.ropeDim, k: hidden },
    { name: 'kv up', n: (heads * (mla.nopeDim + mla.vDim)) / t, k: mla.kvRank },
  ];
}

const outputRows = (bench: Workbench): number => {
  const { heads, headDim, mla } = bench.job.model;
  return (heads * (mla ? mla.vDim : headDim)) / bench.tensor;
};

const ropeBytes = (bench: Workbench): number => {
  const { heads, kvHeads, headDim, mla, positions } = bench.job.model;
  if (positions !== 'rope') return 0;
  const columns = mla ? mla.ropeDim * (heads + 1) : headDim * (heads + kvHeads);
  return (2 * bench.width * bench.tokens * columns) / bench.tensor;
};

/** Bytes of K and V of one context rank's tokens on this tensor rank. */
const keyValueBytes = (bench: Workbench): number => {
  const { heads, kvHeads, headDim, mla } = bench.job.model;
  const held = bench.job.options.contextRepeatsHeads ? heads : kvHeads;
  const columns = mla ? heads * (mla.nopeDim + mla.ropeDim + mla.vDim) : 2 * held * headDim;
  return (bench.width * bench.tokens * columns) / bench.tensor;
};

const ulyssesBytes = (bench: Workbench): { wide: number; narrow: number } => {
  const { heads, kvHeads, headDim } = bench.job.model;
  const perHead = (bench.width * bench.tokens * headDim) / bench.tensor;
  return { wide: perHead * heads, narrow: perHead * (bench.job.options.contextRepeatsHeads ? heads : kvHeads) };
};

function exchangeKeysForward(bench: Workbench, attentionSeconds: number): void {
  const c = bench.job.parallel.context;
  if (c <= 1) return;
  switch (bench.job.options.contextKind) {
    case 'ring':
      bench.communicate(
        'kv ring',
        'context',
        'send_recv',
        keyValueBytes(bench),
        (attentionSeconds * (c - 1)) / c,
        c - 1,
      );
      return;
    case 'allgather':
      bench.communicate('kv gather', 'context', 'all_gather', keyValueBytes(bench) * c);
      return;
    case 'ulysses': {
      const { wide, narrow } = ulyssesBytes(bench);
      bench.communicate('ulysses q,o', 'context', 'all_to_all', wide, 0, 2);
      bench.communicate('ulysses k,v', 'context', 'all_to_all', narrow, 0, 2);
    }
  }
}

function exchangeKeysBackward(bench: Workbench, attentionSeconds: number): void {
  const c = bench.job.parallel.context;
  if (c <= 1) return;
  switch (bench.job.options.contextKind) {
    case 'ring':
      // c-1 hops of K and V, and c of their gradients.
      bench.communicate('kv ring backward', 'context', 'send_recv', keyValueBytes(bench), attentionSeconds, 2 * c - 1);
      return;
    case 'allgather':
      bench.communicate('kv gather backward', 'context', 'all_gather', keyValueBytes(bench) * c);
      bench.communicate('dkv scatter', 'context', 'reduce_scatter', keyValueBytes(bench) * c);
      return;
    case 'ulysses': {
      const { wide, narrow } = ulyssesBytes(bench);
      bench.communicate('ulysses dq,do', 'context', 'all_to_all', wide, 0, 2);
      bench.communicate('ulysses dk,dv', 'context', 'all_to_all', narrow, 0, 2);
    }
  }
}

/** norm, (gather), QKV, RoPE, core attention, output projection, reduce, bias-dropout-add: spec/model.md 1.2 rows 1-8. */
export function attentionBlockForward(bench: Workbench): void {
  const { model, options } = bench.job;
  const { width: w, tokens, normTokens } = bench;
  bench.memory('norm 1', 2 * w * normTokens * model.hidden);
  const before = bench.operators.length;
  let projection = 0;
  for (const { name, n, k } of inputProjections(bench)) projection += bench.linear(name, tokens, n, k);
  const projections = bench.operators.splice(before);
  bench.gather('gather qkv', options.tensorOverlap * projection);
  bench.operators.push(...projections);
  const rope = ropeBytes(bench);
  if (rope > 0) bench.memory('rope', rope);
  const attention = attentionForward(bench);
  exchangeKeysForward(bench, attention);
  const output = bench.linear('attention out', tokens, model.hidden, outputRows(bench));
  bench.reduce('reduce attention', options.tensorOverlap * output);
  bench.memory('residual 1', (model.dropout ? 3 * w + 1 : 3 * w) * normTokens * model.hidden);
}

/** MLA's up projections and rotary embedding, from the latents. */
export function projectionUpAgain(bench: Workbench): void {
  for (const { name, n, k } of inputProjections(bench))
    if (name === 'q' || name.endsWith('up')) bench.linear(name, bench.tokens, n, k);
  const rope = ropeBytes(bench);
  if (rope > 0) bench.memory('rope', rope);
}

/** Of q, k, v and output projection the second and the fourth, with the rotary embedding; the others were kept. */
export function projectedAgain(bench: Workbench): void {
  const { model } = bench.job;
  bench.gather('gather qkv');
  bench.linear('k', bench.tokens, (model.kvHeads * model.headDim) / bench.tensor, model.hidden);
  const rope = ropeBytes(bench);
  if (rope > 0) bench.memory('rope', rope);
  bench.linear('attention out', bench.tokens, model.hidden, outputRows(bench));
  bench.memory('residual 1', 3 * bench.width * bench.normTokens * model.hidden);
}

/** Backward of the attention block, from the output side in. */
export function attentionBlockBackward(bench: Workbench): void {
  const { model, options } = bench.job;
  const { width: w, tokens, normTokens } = bench;
  const t = options.tensorOverlap;
  bench.memory(
    'residual 1 backward',
    (model.dropout ? 2 * w + 1 : 0) * normTokens * model.hidden + 3 * w * normTokens * model.hidden,
  );
  const rows = outputRows(bench);
  const at = bench.operators.length;
  const outGrad = bench.inputGradient('attention out', tokens, model.hidden, rows);
  const outGemm = bench.operators.splice(at);
  bench.gather('gather attention grad', t * outGrad);
  bench.operators.push(...outGemm);
  bench.weightGradient('attention out', tokens, model.hidden, rows);
  const attention = attentionBackward(bench);
  exchangeKeysBackward(bench, attention);
  const rope = ropeBytes(bench);
  if (rope > 0) bench.memory('rope backward', rope);
  let inputGradients = 0;
  const projections = inputProjections(bench).reverse();
  for (const { name, n, k } of projections) inputGradients += bench.inputGradient(name, tokens, n, k);
  // Inputs that were saved in shards are gathered again for the weight gradient, while the input gradient runs.
  bench.gather('gather qkv again', inputGradients);
  bench.reduce('reduce qkv grad', t * inputGradients);
  for (const { name, n, k } of projections) bench.weightGradient(name, tokens, n, k);
  bench.memory('norm 1 backward', 3 * w * normTokens * model.hidden);
}
