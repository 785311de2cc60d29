import type { Precision } from '@regatta/sim-core';

/** Precision from a printed dtype, by its leading word. Undefined when it cannot be read. */
export function precisionOf(dtype: string): Precision | undefined {
  const word = dtype.toLowerCase();
  if (/^nvfp4/.test(word)) return 'nvfp4';
  if (/^mxfp8|^fp8-mx/.test(word)) return 'mxfp8';
  if (/^(amp_)?fp8/.test(word)) return 'fp8';
  if (/^(amp_)?(bf16|bfloat16)/.test(word)) return 'bf16';
  if (/^(amp_)?(fp16|float16)/.test(word)) return 'fp16';
  if (/^(fp32|float32)/.test(word)) return 'fp32';
  return undefined;
}

/** Recomputation from its leading word; undefined when it was not stated. */
export function recomputeOf(text: string): 'none' | 'selective' | 'full' | undefined {
  const word = text.toLowerCase();
  if (/^full/.test(word)) return 'full';
  if (/^selective/.test(word)) return 'selective';
  if (/^none/.test(word)) return 'none';
  return undefined;
}

/** Numbers in a printed attention description such as `MLA q_lora 1536 kv_lora 512 qk_nope 128 qk_rope 64 v 128`. */
export function mlaOf(
  text: string,
): { qRank: number; kvRank: number; nopeDim: number; ropeDim: number; vDim: number } | undefined {
  if (!/^mla/i.test(text)) return undefined;
  const number = (key: RegExp, fallback: number): number => {
    const found = key.exec(text)?.[1];
    return found === undefined ? fallback : Number(found);
  };
  const nopeDim = number(/qk_nope\D*(\d+)/i, 128);
  return {
    qRank: number(/q_lora\D*(\d+)/i, 0),
    kvRank: number(/kv_lora\D*(\d+)/i, 512),
    nopeDim,
    ropeDim: number(/qk_rope\D*(\d+)/i, 64),
    vDim: number(/\bv(?:_head)?\s+(\d+)/i, nopeDim),
  };
}
