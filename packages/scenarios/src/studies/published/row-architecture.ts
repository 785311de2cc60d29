import type { ModelShape } from '@regatta/sim-core';

/** What a model is beyond the sizes that rows print, from its own paper or configuration. */
export interface Architecture {
  readonly slidingWindow?: NonNullable<ModelShape['slidingWindow']>;
  readonly mtpLayers?: number;
  readonly biases?: boolean;
  readonly expertBiases: boolean;
}

/**
 * Architecture by a model's printed name. DeepSeek-V3 is trained with one multi-token prediction module (arXiv 2412.19437, 2.2) unless
 * the row says `w/o MTP`: the FLOP per token that the two kinds of row print, 2.60e11 and 2.49e11, tell them apart. gpt-oss (arXiv
 * 2508.10925): every second layer attends to 128 tokens, biases everywhere.
 */
export function knownArchitecture(name: string, assumed: string[]): Architecture {
  if (/deepseek[-_ ]?v3|dsv3/i.test(name) && !/w\/o mtp|without mtp|no mtp/i.test(name)) {
    assumed.push('one multi-token prediction module');
    return { mtpLayers: 1, expertBiases: false };
  }
  if (/gpt[-_ ]?oss/i.test(name)) {
    assumed.push('windows of 128 tokens in every second layer, biases on attention and experts, clamped activation');
    return { slidingWindow: { window: 128, fullEvery: 2 }, biases: true, expertBiases: true };
  }
  return { expertBiases: false };
}
