// biome-ignore-all lint/suspicious/noTemplateCurlyInString: bash and Hydra write variables so
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixtureText, jobOfText, mistakesOf, resolved } from './read.js';

/** Random arguments that make a job, and what the job must be, worked out here on its own. */
const arguments_ = fc
  .record({
    tensor: fc.constantFrom(1, 2, 4),
    pipeline: fc.constantFrom(1, 2, 4),
    context: fc.constantFrom(1, 2),
    chunks: fc.constantFrom(1, 2),
    layersPerChunk: fc.integer({ min: 1, max: 4 }),
    headsPerRank: fc.integer({ min: 1, max: 4 }),
    data: fc.integer({ min: 1, max: 4 }),
    microBatch: fc.integer({ min: 1, max: 4 }),
    rounds: fc.integer({ min: 1, max: 4 }),
    gated: fc.boolean(),
    rms: fc.boolean(),
    untied: fc.boolean(),
    distributed: fc.boolean(),
    sequenceParallel: fc.boolean(),
    precision: fc.constantFrom('bf16', 'fp16'),
    recompute: fc.constantFrom('none', 'selective', 'full'),
  })
  .map((r) => {
    const heads = 4 * r.headsPerRank;
    const chunks = r.pipeline > 1 ? r.chunks : 1;
    const layers = r.pipeline * chunks * r.layersPerChunk;
    const hidden = heads * 64;
    const globalBatch = r.microBatch * r.data * r.rounds * r.pipeline;
    const flags: [string, string | true][] = [
      ['num-layers', String(layers)],
      ['hidden-size', String(hidden)],
      ['ffn-hidden-size', String(4 * hidden)],
      ['num-attention-heads', String(heads)],
      ['seq-length', '1024'],
      ['max-position-embeddings', '1024'],
      ['position-embedding-type', 'rope'],
      ['hidden-dropout', '0'],
      ['attention-dropout', '0.0'],
      ['vocab-size', '32000'],
      ['micro-batch-size', String(r.microBatch)],
      ['global-batch-size', String(globalBatch)],
      ['tensor-model-parallel-size', String(r.tensor)],
      ['pipeline-model-parallel-size', String(r.pipeline)],
      ['context-parallel-size', String(r.context)],
      [r.precision, true],
      ['data-path', 'a b/c'],
      ...(chunks > 1
        ? [['num-layers-per-virtual-pipeline-stage', String(r.layersPerChunk)] satisfies [string, string]]
        : []),
      ...(r.gated ? [['swiglu', true] satisfies [string, true]] : []),
      ...(r.rms ? [['normalization', 'RMSNorm'] satisfies [string, string]] : []),
      ...(r.untied ? [['untie-embeddings-and-output-weights', true] satisfies [string, true]] : []),
      ...(r.distributed ? [['use-distributed-optimizer', true] satisfies [string, true]] : []),
      ...(r.sequenceParallel ? [['sequence-parallel', true] satisfies [string, true]] : []),
      ...(r.recompute === 'none' ? [] : [['recompute-granularity', r.recompute] satisfies [string, string]]),
    ];
    const job = {
      model: {
        layers,
        hidden,
        heads,
        ffn: 4 * hidden,
        ffnKind: r.gated ? 'swiglu' : 'gelu',
        vocab: 32000,
        padVocabTo: 128 * r.tensor,
        tiedEmbeddings: !r.untied,
        norm: r.rms ? 'rms' : 'layernorm',
        positions: 'rope',
        dropout: false,
      },
      sequenceLength: 1024,
      globalBatch,
      microBatch: r.microBatch,
      precision: r.precision,
      parallel: {
        tensor: r.tensor,
        pipeline: r.pipeline,
        context: r.context,
        virtualStages: chunks,
        data: 'auto',
        sequenceParallel: r.sequenceParallel && r.tensor > 1,
        zero: r.distributed ? 1 : 0,
      },
      schedule: chunks > 1 ? 'interleaved' : '1f1b',
      recompute: r.recompute,
    };
    return { flags, job };
  });

type Flags = readonly (readonly [string, string | true])[];
const quoted = (value: string): string => (/\s/.test(value) ? `'${value}'` : value);
const spelled = ([name, value]: Flags[number]): string => (value === true ? `--${name}` : `--${name} ${quoted(value)}`);
const equals = ([name, value]: Flags[number]): string =>
  value === true ? `--${name}` : `--${name.replaceAll('-', '_')}=${quoted(value)}`;

/** Ways in which users keep the same arguments. */
const carriers: Readonly<Record<string, (flags: Flags) => readonly [string, string]>> = {
  'bare flags': (flags) => ['args.txt', `${flags.map(spelled).join('\n')}\n`],
  'one command': (flags) => ['run.sh', `#!/bin/bash\ntorchrun pretrain_gpt.py ${flags.map(equals).join(' \\\n  ')}\n`],
  'an array': (flags) => [
    'run.sh',
    `A=( # all\n${flags.map((flag) => `  ${spelled(flag)} # ${flag[0]}`).join('\n')}\n)\npython pretrain_gpt.py "\${A[@]}"\n`,
  ],
  'a string': (flags) => [
    'run.sh',
    `A="${flags
      .filter(([name]) => name !== 'data-path')
      .map(spelled)
      .join(' \\\n')}"\npython pretrain_gpt.py $A\n`,
  ],
  'a variable each': (flags) => [
    'run.sh',
    `${flags.map(([name, value], i) => (value === true ? '' : `V${i}=${quoted(value)} # ${name}\n`)).join('')}srun bash -c "python p.py ${flags
      .filter(([name]) => name !== 'data-path')
      .map(([name, value]) =>
        value === true ? `--${name}` : `--${name} \${V${flags.findIndex(([other]) => other === name)}:-0}`,
      )
      .join(' ')}"\n`,
  ],
  'arithmetic and defaults': (flags) => [
    'run.sh',
    `python p.py ${flags.map(([name, value]) => (value !== true && /^\d+$/.test(value) ? `--${name} $(( (${value} + 1) * 2 / 2 - 1 ))` : value === true ? `--${name}` : `--${name} "\${NOT_SET:-${value}}"`)).join(' ')}\n`,
  ],
  YAML: (flags) => [
    'config.yaml',
    `ENV_VARS: {}\nMODEL_ARGS:\n${flags.map(([name, value]) => `  --${name}: ${value}`).join('\n')}\n`,
  ],
};

describe('arguments of Megatron-LM', () => {
  test.each(Object.entries(carriers))('any arguments in %s are the job that they say', (_name, render) => {
    fc.assert(
      fc.property(arguments_, ({ flags, job }) => {
        const [file, text] = render(flags);
        expect(jobOfText(text, file)).toMatchObject(job);
      }),
      { numRuns: 60 },
    );
  });

  test('an argument more is named, whichever carrier', () => {
    fc.assert(
      fc.property(arguments_, fc.constantFrom(...Object.keys(carriers)), ({ flags }, name) => {
        const [file, text] = carriers[name]?.([...flags, ['hyper-widget-degree', '3']]) ?? ['', ''];
        const named = resolved(text, file, { gpus: 64 }).warnings.filter((warning) =>
          warning.includes(
            'hyper-widget-degree'.replaceAll('-', file === 'run.sh' && text.includes('_widget_') ? '_' : '-'),
          ),
        );
        expect(named).toHaveLength(1);
        expect(named[0]).toMatch(/^(args\.txt|run\.sh|config\.yaml):\d+ --hyper.widget.degree: is not understood/);
      }),
      { numRuns: 40 },
    );
  });

  test('a script with choices, strings, SBATCH lines and a command in a string', () => {
    const { scenario, gpus, warnings } = resolved(fixtureText('size-choice.sh'), 'size-choice.sh');
    expect(gpus).toBe(32);
    expect(scenario.job).toMatchObject({
      model: {
        layers: 40,
        hidden: 5120,
        heads: 40,
        ffn: 13824,
        vocab: 32000,
        padVocabTo: 256,
        biases: false,
        tiedEmbeddings: false,
      },
      sequenceLength: 4096,
      globalBatch: 128,
      parallel: { tensor: 2, pipeline: 2, zero: 1, sequenceParallel: true },
      recompute: 'full',
      options: { recomputeLayers: 3 },
      steps: 100,
    });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^size-choice\.sh:43 vocabulary: .* 32000 taken/);
    expect(warnings[1]).toMatch(/^size-choice\.sh:42 --my-own-switch: is not understood/);
  });

  test('a size chosen by a condition that the file does not decide is said', () => {
    const text = fixtureText('size-choice.sh').replace('MODEL_SIZE=${MODEL_SIZE:-"13b"}', 'MODEL_SIZE=$(cat size)');
    const { warnings } = resolved(text, 'a.sh');
    expect(warnings.filter((warning) => warning.includes('condition'))).toHaveLength(4);
  });

  test('defaults of Megatron-LM are said, a flag over the field silences them', () => {
    const text =
      '--num-layers 4 --hidden-size 768 --num-attention-heads 12 --seq-length 512 --max-position-embeddings 512 --micro-batch-size 2 --swiglu --bf16\n';
    const { scenario, warnings } = resolved(text, 'a.args', { gpus: 16 });
    expect(scenario.job.model.ffn).toBe(2048);
    expect(scenario.job.globalBatch).toBe(32);
    for (const name of [
      '--ffn-hidden-size',
      '--global-batch-size',
      '--hidden-dropout',
      '--position-embedding-type',
      'vocabulary',
      '--tensor-model-parallel-size',
    ])
      expect(
        warnings.some((warning) => warning.includes(name)),
        name,
      ).toBe(true);
    const set = resolved(text, 'a.args', { gpus: 16, sets: ['job.model.ffn=3072', 'job.globalBatch=64'] });
    expect(set.scenario.job).toMatchObject({ globalBatch: 64, model: { ffn: 3072 } });
    expect(set.warnings.some((warning) => /ffn-hidden|global-batch/.test(warning))).toBe(false);
  });

  test('experts, latent attention, sharding and other spellings', () => {
    const base = [
      '--num-layers 16 --hidden-size 1024 --num-attention-heads 16 --seq-length 512 --micro-batch-size 1 --global-batch-size 8 --bf16 --position-embedding-type rope',
    ];
    const job = (more: string) => jobOfText(`${base} ${more}\n`, 'a.args');
    expect(
      job('--num-experts 8 --moe-router-topk 4 --moe-ffn-hidden-size 512 --moe-layer-freq ([0]*1+[1]*15)').model
        .experts,
    ).toMatchObject({ count: 8, topK: 4, ffn: 512, firstDense: 1, everyNth: 1 });
    expect(
      job("--num-experts 8 --moe-layer-freq '([0,1]*8)' --moe-shared-expert-intermediate-size 256").model.experts,
    ).toMatchObject({ everyNth: 2, firstDense: 0, shared: 1, sharedFfn: 256 });
    expect(
      job(
        '--multi-latent-attention --q-lora-rank 64 --kv-lora-rank 32 --qk-head-dim 32 --qk-pos-emb-head-dim 16 --v-head-dim 32',
      ).model.mla,
    ).toEqual({ qRank: 64, kvRank: 32, nopeDim: 32, ropeDim: 16, vDim: 32 });
    expect(job('--use-megatron-fsdp --data-parallel-sharding-strategy optim_grads_params').parallel.zero).toBe(3);
    expect(job('--model-parallel-size 2 --checkpoint-activations')).toMatchObject({
      parallel: { tensor: 2, expertTensor: 2 },
      recompute: 'full',
    });
    expect(job('--fp8-format hybrid --grad-reduce-in-bf16 --cp-comm-type a2a')).toMatchObject({
      precision: 'fp8',
      options: { gradientBytes: 2, contextKind: 'ulysses' },
    });
    expect(job('--group-query-attention --num-query-groups 4').model.kvHeads).toBe(4);
    expect(job('--num-query-groups 4').model.kvHeads).toBe(16);
  });
});

describe('wrong arguments of Megatron-LM', () => {
  test('what is missing is named, with the place of the command', () => {
    expect(
      mistakesOf(
        '#!/bin/bash\nX=1\n\ntorchrun p.py --num-layers 8 --micro-batch-size 1 --global-batch-size 8 --position-embedding-type rope\n',
        'a.sh',
      ),
    ).toEqual([
      'a.sh:4 --hidden-size: is missing',
      'a.sh:4 --num-attention-heads: is missing',
      'a.sh:4 --seq-length: is missing',
    ]);
  });

  test('a variable without value, at its argument', () => {
    const text =
      '#!/bin/bash\npython p.py --num-layers 8 \\\n --hidden-size $H --num-attention-heads ${N} --seq-length $((S * 2)) --micro-batch-size 1 --global-batch-size 8 --position-embedding-type rope --save $OUT\n';
    expect(mistakesOf(text, 'a.sh')).toEqual([
      'a.sh:3 --hidden-size: the variable H has no value in this file',
      'a.sh:3 --num-attention-heads: the variable N has no value in this file',
      'a.sh:3 --seq-length: the variable S * 2 has no value in this file',
    ]);
  });

  test('a value that is no number, a count below one, an unknown choice', () => {
    const text =
      'MODEL_ARGS:\n  --num-layers: twelve\n  --hidden-size: 64\n  --num-attention-heads: -4\n  --seq-length: 64\n  --micro-batch-size: 1\n  --global-batch-size: 8\n  --position-embedding-type: rope\n  --recompute-granularity: ful\n  --bf16: true\n';
    expect(mistakesOf(text, 'a.yaml')).toEqual([
      'a.yaml:2 --num-layers: is twelve',
      'a.yaml:4 --num-attention-heads: is -4',
      'a.yaml:9 --recompute-granularity: is ful (did you mean full?)',
    ]);
  });

  test.each([
    ['an open quotation', '#!/bin/bash\nA="--num-layers 3\n', 'a.sh:2 : the " is never closed'],
    ['an open array', '#!/bin/bash\nA=(--num-layers 3\n', 'a.sh:2 : the ( of this array is never closed'],
    ['no training command', '#!/bin/bash\necho hello\n', 'a.sh:1 : no command with arguments of Megatron-LM'],
    [
      'a script that names another file',
      '#!/bin/bash\ntorchrun train.py --job.config_file x.toml\n',
      'a.sh:1 : no command with arguments of Megatron-LM; it names x.toml: give that file',
    ],
  ])('%s', (_name, text, message) => expect(mistakesOf(text, 'a.sh')).toEqual([message]));

  test('any text is a scenario, a mistake, or another format: never a crash', () => {
    const word = fc.constantFrom(
      '--num-layers',
      '4',
      '$A',
      '${B:-2}',
      '"',
      "'",
      '(',
      ')',
      'A=(',
      '\n',
      '\\\n',
      ' ',
      'if',
      'then',
      'fi',
      '[ $A = 4 ]',
      '&&',
      ';',
      '$((',
      '))',
      '{',
      '}',
      '#',
      '<<EOF',
      'EOF',
      'torchrun',
      '--hidden-size=8',
      '`',
      '${',
      'for',
      'done',
      'case',
      'esac',
      'x)',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        expect(Array.isArray(mistakesOf(`#!/bin/bash\n${words.join(' ')}`, 'a.sh'))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
