import { InputError, readHfConfig } from '@regatta/scenarios';
import { parameterCount } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { publishedModels } from './published-models.js';

const mistakesOf = (config: unknown, file = 'm/config.json'): string[] => {
  try {
    readHfConfig(typeof config === 'string' ? config : JSON.stringify(config, null, 1), file);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.issues.map(({ line, path, message }) => `${line} ${path}: ${message}`);
  }
  return [];
};

describe('Hugging Face configs', () => {
  test.each(publishedModels.map((model) => [model.name, model] as const))(
    '%s has the parameters that its publisher prints, within 1.5 %',
    (_name, { config, billions, active, activeWithout = 0 }) => {
      const { model } = readHfConfig(JSON.stringify(config), 'config.json');
      const count = parameterCount(model);
      expect(Math.abs(count.total / (billions * 1e9) - 1)).toBeLessThan(0.015);
      // Printed active counts are rounded to one or two digits.
      if (active !== undefined) expect(Math.abs((count.active / 1e9 - activeWithout) / active - 1)).toBeLessThan(0.12);
    },
  );

  test.each([
    ['nemotron_h', { hybrid_override_pattern: 'M-M*' }, 'attention and state-space layers'],
    ['jamba', {}, 'attention and state-space layers'],
    ['mamba2', {}, 'state-space layers'],
    ['qwen3_next', {}, 'linear attention layers'],
    ['recurrent_gemma', {}, 'attention and recurrent layers'],
    ['t5', {}, 'an encoder with a decoder'],
    ['llama', { block_configs: [] }, 'layers of different shapes'],
  ])('%s is refused by what its layers are', (type, rest, layers) => {
    expect(mistakesOf({ model_type: type, ...rest })).toEqual([
      `2 model_type: architecture ${type} is not supported: it has ${layers}`,
    ]);
  });

  test('an unknown family, the nearest known one', () => {
    expect(mistakesOf({ model_type: 'lama' })).toEqual([
      '2 model_type: architecture lama is not supported (did you mean llama?)',
    ]);
    expect(mistakesOf({ architectures: ['X'] })).toEqual(['1 model_type: is missing']);
    expect(mistakesOf([1])).toEqual(['1 : is not a map of fields']);
  });

  test('windows: by list, by pattern, on request, in chunks', () => {
    const window = (config: object): unknown =>
      readHfConfig(JSON.stringify({ ...publishedModels[0]?.config, ...config }), 'c.json').model.slidingWindow;
    expect(window({ sliding_window: 4096 })).toEqual({ window: 4096, fullEvery: 0 });
    expect(window({ model_type: 'gemma2', sliding_window: 4096 })).toEqual({ window: 4096, fullEvery: 2 });
    expect(window({ model_type: 'qwen2', sliding_window: 4096 })).toBeUndefined();
    expect(window({ model_type: 'qwen2', sliding_window: 4096, use_sliding_window: true })).toEqual({
      window: 4096,
      fullEvery: 0,
    });
    expect(
      window({ layer_types: Array.from({ length: 32 }, () => 'full_attention'), sliding_window: 8 }),
    ).toBeUndefined();
    expect(
      mistakesOf({ ...publishedModels[0]?.config, sliding_window: 8, layer_types: ['linear_attention'] })[0],
    ).toMatch(/layer_types: layers of kind linear_attention are not supported/);
  });

  test('every wrong field is told at its line, in one pass', () => {
    expect(
      mistakesOf({
        model_type: 'llama',
        num_hidden_layers: '32',
        hidden_size: -1,
        intermediate_size: 1.5,
        num_attention_heads: 3,
        tie_word_embeddings: 'no',
      }),
    ).toEqual([
      '4 hidden_size: is -1',
      '3 num_hidden_layers: is "32"',
      '5 intermediate_size: is 1.5',
      '1 vocab_size: is missing',
      '7 tie_word_embeddings: is "no"',
    ]);
    expect(mistakesOf('{"model_type": "llama", "num_hidden_layers": 3')[0]).toMatch(/^1 : /);
  });

  test('any fields: a model or mistakes, never a crash; sizes of a model are whole', () => {
    const value = fc.oneof(
      fc.integer({ min: -2, max: 4096 }),
      fc.constantFrom(null, true, 'x', 0.5, [], {}, ['full_attention'], [0, 1]),
    );
    const keys = [...new Set(publishedModels.flatMap(({ config }) => Object.keys(config)))];
    fc.assert(
      fc.property(
        fc.constantFrom(...publishedModels),
        fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 }),
        ({ config }, changed) => {
          try {
            const { model } = readHfConfig(JSON.stringify({ ...config, ...changed }), 'c.json');
            expect(Number.isSafeInteger(model.headDim) && Number.isSafeInteger(model.layers)).toBe(true);
            expect(parameterCount(model).total).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
