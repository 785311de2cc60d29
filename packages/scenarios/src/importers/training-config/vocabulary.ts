import { catalogueModels } from '../../catalogue/models.js';
import type { Settings } from './settings.js';

/** Sizes of tokenizers, as their own files have them. */
const tokenizers: readonly (readonly [RegExp, number, string])[] = [
  [/llama-?3/i, 128256, 'Llama 3'],
  [/llama-?2|llama2tokenizer/i, 32000, 'Llama 2'],
  [/mixtral-8x22b/i, 32768, 'Mixtral 8x22B'],
  [/mi[sx]tral/i, 32000, 'Mistral'],
  [/qwen3/i, 151936, 'Qwen 3'],
  [/qwen2/i, 152064, 'Qwen 2'],
  [/deepseek-(v3|r1)/i, 129280, 'DeepSeek V3'],
  [/nemotron_2_256k/i, 256000, 'Nemotron 256k'],
  [/gpt-?neox|20b_tokenizer|pythia/i, 50277, 'GPT-NeoX 20B'],
  [/gpt2|gpt3/i, 50257, 'GPT-2'],
];

/** What is known of a model whose vocabulary a file leaves out. */
export interface KnownSizes {
  readonly layers?: number | undefined;
  readonly hidden?: number | undefined;
  readonly heads?: number | undefined;
  readonly ffn?: number | undefined;
  readonly gated: boolean;
}

/**
 * Vocabulary of a model whose file does not tell it: that of the tokenizer it names, else of the newest catalogue model of the
 * same shape, else of GPT-2 or (gated layers) Llama 3. What was taken is said.
 * @param named Texts that may name the tokenizer.
 */
export function assumedVocabulary(
  settings: Settings,
  named: readonly (string | undefined)[],
  sizes: KnownSizes,
): number {
  const say = (size: number, from: string): number => {
    settings.assume(
      'vocabulary',
      `is not in the file: ${size} taken, ${from}; --set job.model.vocab=N sets it`,
      'job.model.vocab',
    );
    return size;
  };
  for (const text of named) {
    const known = text === undefined ? undefined : tokenizers.find(([pattern]) => pattern.test(text));
    if (known) return say(known[1], `the tokenizer of ${known[2]}, as its name tells`);
  }
  const alike = catalogueModels.findLast(
    ({ shape }) =>
      shape.layers === sizes.layers &&
      shape.hidden === sizes.hidden &&
      shape.heads === sizes.heads &&
      shape.ffn === sizes.ffn,
  );
  if (alike) return say(alike.shape.vocab, `that of ${alike.shape.name}, which has the same layers`);
  return sizes.gated ? say(128256, 'that of Llama 3') : say(50257, 'that of GPT-2');
}
