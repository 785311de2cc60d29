// biome-ignore-all lint/suspicious/noTemplateCurlyInString: bash writes variables so
import { resolveScenario } from '@regatta/scenarios';
import { describe, expect, test } from 'vitest';
import { jobOfText, mistakesOf, resolved } from './read.js';

/** Arguments of a small model, as users of several projects lay them out around it. */
const model = `--num-layers 8 --hidden-size 512 --num-attention-heads 8 --seq-length 1024 --max-position-embeddings 1024 \\
  --micro-batch-size 1 --global-batch-size 64 --bf16 --position-embedding-type rope --ffn-hidden-size 2048 \\
  --hidden-dropout 0 --attention-dropout 0 --vocab-size 32000 --tensor-model-parallel-size 2 \\
  --pipeline-model-parallel-size 1 --context-parallel-size 1`;
const small = { layers: 8, hidden: 512, heads: 8, ffn: 2048 };

describe('launch scripts', () => {
  test.each([
    [
      'a job script in a here-document',
      `ARGS=(${model})\nCMD="cd /x;\npython pretrain_gpt.py \${ARGS[@]}"\nsbatch <<EOF\n#!/bin/bash\n#SBATCH --nodes=2\n#SBATCH --gpus-per-node=8\nsrun -l bash -x -c "\${CMD}" 2>&1 | tee log\nEOF\n`,
      16,
    ],
    [
      'a script written to a file and submitted',
      `A="${model}"\ncat > job.sh <<EOF\n#SBATCH -N 4\n#SBATCH --ntasks-per-node=8\nsrun python pretrain_gpt.py $A\nEOF\nsbatch job.sh\n`,
      32,
    ],
    [
      'a command in a string that is run by eval',
      `ARGS=" \\\n  ${model} \\\n"\nrun="deepspeed --num_nodes 2 --num_gpus 8\\\n  pretrain_gpt.py \${ARGS} &> log.txt"\necho \${run}\neval \${run}\n`,
      16,
    ],
    [
      'a function with local variables',
      `train() {\n  local NODES=2\n  local -a A=(${model})\n  torchrun --nnodes $NODES --nproc-per-node 4 pretrain_gpt.py "\${A[@]}" "$@"\n}\ntrain\n`,
      8,
    ],
    [
      'a function by keyword, quoted array elements, appended arrays',
      `function go {\n  A=()\n  A+=("--num-layers 8" "--hidden-size 512")\n  A+=(${model.replace('--num-layers 8 --hidden-size 512', '')})\n  torchrun --nproc_per_node 8 pretrain_gpt.py \${A[@]}\n}\ngo\n`,
      8,
    ],
    [
      'arguments read from a here-document',
      `read -r -d '' A <<EOF\n${model.replaceAll('\\\n', '')}\nEOF\ntorchrun --nproc_per_node=8 pretrain_gpt.py $A\n`,
      8,
    ],
    ['mpirun with a number of processes', `mpirun -np 32 --bind-to none python pretrain_gpt.py ${model}\n`, 32],
    [
      'srun with short options',
      `srun -N 2 --ntasks-per-node 8 --container-image=x python -u pretrain_gpt.py ${model}\n`,
      16,
    ],
  ])('%s', (_name, text, gpus) => {
    const resolution = resolved(`#!/bin/bash\n${text}`, 'run.sh');
    expect(resolution.scenario.job.model).toMatchObject(small);
    expect(resolution.gpus).toBe(gpus);
  });

  const choosing = (body: string): string =>
    `#!/bin/bash\nSIZE=\${1:-small}\nFP8=true\n${body}\ntorchrun --nproc_per_node 8 pretrain_gpt.py ${model} $MORE\n`;

  test.each([
    [
      'case',
      'case $SIZE in\n  big) MORE="--swiglu" ;;\n  tiny|small)\n    MORE=--fp16 ;;\n  *) MORE=--sequence-parallel ;;\nesac',
      'small',
    ],
    ['case with a default', 'case $SIZE in big) MORE=--swiglu;; *) MORE=--fp16;; esac', 'small'],
    ['case with an empty branch', 'MORE=--fp16\ncase $SIZE in\n small)\n ;;\n *) MORE=--swiglu ;;\nesac', 'small'],
    [
      'if, elif, else',
      'if [ "$SIZE" = big ]; then MORE=--swiglu; elif [[ $SIZE == sm* ]]; then MORE=--fp16; else MORE=--x; fi',
      'small',
    ],
    [
      'two conditions',
      'if [[ $SIZE == big || -n "$NO" ]] || [ $SIZE = small ]; then MORE=--fp16; else MORE=--swiglu; fi',
      'small',
    ],
    ['and, not', 'if [[ $SIZE == small && ! $SIZE == big ]] && [ ! -z "$SIZE" ]; then MORE=--fp16; fi', 'small'],
    ['a variable that holds true', 'if $FP8; then MORE=--fp16; else MORE=--swiglu; fi', 'small'],
    ['a negated condition', 'if ! [ $SIZE = big ]; then MORE=--fp16; fi', 'small'],
    ['short circuit', '[ $SIZE = small ] && MORE=--fp16 || MORE=--swiglu', 'small'],
    ['nested', 'if [ 1 -lt 2 ]; then if [ 3 -ge 4 ]; then MORE=--swiglu; else MORE=--fp16; fi; fi', 'small'],
    ['an index', 'A=(--swiglu --fp16)\nI=1\nMORE=${A[$I]}', 'small'],
  ])('a choice that the text decides: %s', (_name, body) => {
    const { warnings, scenario } = resolved(choosing(body), 'run.sh');
    expect(scenario.job.model.ffnKind).toBe('gelu');
    // bf16 goes before fp16: what counts is that the argument was seen and no other.
    expect(warnings.some((warning) => /condition|--x|not understood/.test(warning))).toBe(false);
    expect(jobOfText(choosing(body).replace('--bf16', ''), 'run.sh').precision).toBe('fp16');
  });

  test('a choice that it does not decide is told', () => {
    const { warnings } = resolved(choosing('if [ -f x ]; then MORE=--fp16; fi'), 'run.sh');
    expect(warnings.filter((warning) => warning.includes('under a condition'))).toHaveLength(1);
  });

  test('arguments in variables alone; a launcher elsewhere', () => {
    const { warnings, scenario } = resolved(`MODEL_ARGS=(\n${model}\n)\n`, 'model.sh', { gpus: 8 });
    expect(scenario.job.model).toMatchObject(small);
    expect(warnings[0]).toMatch(/^model\.sh:1 arguments: no command starts a training/);
  });

  test('a variable after a switch is no value of it', () => {
    const { warnings, scenario } = resolved(
      `#!/bin/bash\ntorchrun --nproc_per_node 8 p.py ${model} --use-distributed-optimizer $EXTRA\n`,
      'run.sh',
    );
    expect(scenario.job.parallel.zero).toBe(1);
    expect(warnings.filter((warning) => warning.includes('$EXTRA'))).toHaveLength(1);
  });

  test.each([
    ['pretrain_t5.py', 'an encoder with a decoder'],
    ['pretrain_mamba.py', 'state-space layers'],
    ['tools/pretrain_vision_classify.py', 'images'],
  ])('%s is refused by what its layers are', (program, layers) => {
    expect(mistakesOf(`#!/bin/bash\npython ${program} --encoder-num-layers 3 --hidden-size 8\n`, 'run.sh')).toEqual([
      `run.sh:2 : ${program.split('/').at(-1)} trains a model with ${layers}, which is not supported`,
    ]);
  });

  test('BERT attends in both directions', () => {
    expect(jobOfText(`#!/bin/bash\npython pretrain_bert.py ${model}\n`, 'run.sh').model.causal).toBe(false);
    expect(jobOfText(`#!/bin/bash\npython pretrain_gpt.py ${model}\n`, 'run.sh').model.causal).toBe(true);
  });
});

describe('how many GPUs', () => {
  const script = (launch: string): string => `#!/bin/bash\n${launch} pretrain_gpt.py ${model}\n`;

  test('asked for where nobody tells, with what they must divide', () => {
    expect(mistakesOf(script('python'), 'run.sh', {})).toEqual([
      'run.sh:1 --gpus: the file does not tell how many GPUs it runs on',
    ]);
  });

  test('by --gpus, by --dp, by the nodes of the cluster, by the launch: in this order', () => {
    const gpusOf = (launch: string, laid: Parameters<typeof resolved>[2]): unknown =>
      resolved(script(launch), 'run.sh', laid).gpus;
    expect(gpusOf('torchrun --nnodes 2 --nproc_per_node 8', {})).toBe(16);
    expect(gpusOf('torchrun --nproc_per_node 8', {})).toBe(8);
    expect(gpusOf('torchrun --nnodes 2 --nproc_per_node 8', { gpus: 32 })).toBe(32);
    expect(gpusOf('python', { sets: ['job.parallel.data=4'] })).toBe(8);
    expect(gpusOf('python', { sets: ['cluster.nodes=4'] })).toBe(32);
  });

  test('a launch that its own grid does not divide is a mistake at the launch', () => {
    expect(mistakesOf(script('torchrun --nnodes 1 --nproc_per_node 5'), 'run.sh', {})).toEqual([
      'run.sh:2 --gpus: the launch starts 5 GPUs, no multiple of tensor x pipeline x context = 2 x 1 x 1',
    ]);
  });

  test('batch sizes that leave one data-parallel size tell it', () => {
    const text = '{ "train_batch_size": 64, "train_micro_batch_size_per_gpu": 2, "gradient_accumulation_steps": 4 }';
    const { gpus, scenario } = resolved(text, 'ds.json', {
      sets: ['job.model=llama-3.1-8b', 'job.sequenceLength=1024'],
    });
    expect(gpus).toBe(8);
    expect(scenario.job.globalBatch).toBe(64);
  });
});

describe('Megatron-DeepSpeed', () => {
  const launch = (config: string): string =>
    `#!/bin/bash\nMICRO=1\n${config}\ndeepspeed --num_nodes 2 --num_gpus 8 pretrain_gpt.py ${model} --deepspeed --deepspeed_config ds.json\n`;

  test('a configuration that the script writes', () => {
    const job = jobOfText(
      launch(
        'cat <<EOT > ds.json\n{\n "train_micro_batch_size_per_gpu": $MICRO,\n "zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu"}}\n}\nEOT',
      ),
      'run.sh',
      {},
    );
    expect(job).toMatchObject({
      parallel: { zero: 2 },
      options: { offloadOptimizer: true },
      model: { attention: 'unfused' },
    });
  });

  test('a file beside the script', () => {
    const files: Readonly<Record<string, string>> = {
      'jobs/run.sh': launch(''),
      'jobs/ds.json': '{"zero_optimization": {"stage": 3}, "train_batch_size": 64}',
    };
    const { scenario } = resolveScenario({
      source: 'jobs/run.sh',
      readText: (path) => files[path],
      overrides: [{ path: ['cluster'], value: 'h100-rail-clos', flag: '--cluster' }],
    });
    expect(scenario.job.parallel.zero).toBe(3);
  });

  test('what contradicts the arguments is a mistake at its own line; what cannot be read is told', () => {
    expect(mistakesOf(launch('cat > ds.json <<E\n{\n "train_batch_size": 65\n}\nE'), 'run.sh', {})).toEqual([
      'run.sh:5 train_batch_size: is 65, but --global-batch-size is 64',
    ]);
    expect(
      resolved(launch(''), 'run.sh').warnings.some((warning) => /--deepspeed_config: cannot be read/.test(warning)),
    ).toBe(true);
  });

  test('experts: one a token, every second layer', () => {
    const job = jobOfText(
      launch('').replace('--deepspeed ', '--num-experts 16 --moe-expert-parallel-size 8 --deepspeed '),
      'run.sh',
      {},
    );
    expect(job.model.experts).toMatchObject({ count: 16, topK: 1, everyNth: 2 });
    expect(job.parallel.expert).toBe(8);
  });
});

describe('scripts that source others', () => {
  const of = (files: Readonly<Record<string, string>>, source = 'jobs/run.sh'): ReturnType<typeof resolveScenario> =>
    resolveScenario({
      source,
      readText: (path) => files[path],
      overrides: [{ path: ['cluster'], value: 'h100-rail-clos', flag: '--cluster' }],
    });
  const run = 'torchrun --nproc_per_node 8 pretrain_gpt.py "${MODEL_ARGS[@]}"\n';

  test.each([
    ['source models/small.sh'],
    ['. "$(dirname "$0")/models/small.sh"'],
    ['DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"\nsource "${DIR}/models/small.sh"'],
    ['SIZE=small\nsource ./models/${SIZE}.sh'],
  ])('%s', (line) => {
    const { scenario } = of({
      'jobs/run.sh': `#!/bin/bash\n${line}\n${run}`,
      'jobs/models/small.sh': `MODEL_ARGS=(${model})\n`,
      'jobs/./models/small.sh': `MODEL_ARGS=(${model})\n`,
    });
    expect(scenario.job.model).toMatchObject(small);
  });

  test('a mistake stands in the file that has it; a ring ends', () => {
    const wrong = model.replace('--hidden-size 512', '--hidden-size many');
    try {
      of({
        'jobs/run.sh': `#!/bin/bash\nsource m.sh\n${run}`,
        'jobs/m.sh': `source m.sh\nMODEL_ARGS=(\n${wrong}\n)\n`,
      });
      expect('no error').toBe('an error');
    } catch (error) {
      expect(String(error)).toMatch(/error: m\.sh:3:\d+ --hidden-size: is many/);
    }
  });
});

describe('misspelt arguments', () => {
  test('one that a step depends on is a mistake, as for the tool', () => {
    expect(
      mistakesOf(
        `#!/bin/bash\npython p.py ${model.replace('--num-layers', '--num-layer').replace('tensor-model-parallel', 'tensor-model-paralel')}\n`,
        'run.sh',
      ),
    ).toEqual([
      'run.sh:2 --num-layers: is missing',
      'run.sh:2 --num-layer: unknown argument (did you mean --num-layers?)',
      'run.sh:4 --tensor-model-paralel-size: unknown argument (did you mean --tensor-model-parallel-size?)',
    ]);
  });

  test('one that it does not depend on is named', () => {
    const { warnings } = resolved(`${model} --log-intervall 5 --save-intervall 3 --entirely-new 3\n`, 'a.args', {
      gpus: 8,
    });
    expect(warnings.filter((warning) => warning.includes('not understood')).map((text) => text.split(':')[2])).toEqual([
      ' is not understood (did you mean --save-interval?)',
      ' is not understood',
    ]);
  });
});

describe('layers of pipeline stages', () => {
  const staged = (rest: string, layers = 8): ReturnType<typeof jobOfText> =>
    jobOfText(
      `${model.replace('--num-layers 8', `--num-layers ${layers}`).replace('--pipeline-model-parallel-size 1', '--pipeline-model-parallel-size 4')} ${rest}\n`,
      'a.args',
      { gpus: 8 },
    );

  test.each([
    ['--decoder-first-pipeline-num-layers 1 --decoder-last-pipeline-num-layers 1', 8, [1, 3, 3, 1], 1],
    ['--decoder-last-pipeline-num-layers 2', 8, [2, 2, 2, 2], 1],
    ['--account-for-embedding-in-pipeline-split --account-for-loss-in-pipeline-split', 10, [2, 3, 3, 2], 1],
    [
      '--account-for-embedding-in-pipeline-split --account-for-loss-in-pipeline-split --num-virtual-stages-per-pipeline-rank 2',
      14,
      [1, 2, 2, 2, 2, 2, 2, 1],
      2,
    ],
    ['--decoder-first-pipeline-num-layers 2 --num-virtual-stages-per-pipeline-rank 2', 14, [1, 2, 2, 2, 1, 2, 2, 2], 2],
    ["--pipeline-model-parallel-layout 'Et*2|(ttt|)*2,tmL'", 9, [2, 3, 3, 1], 1],
    ["--pipeline-model-parallel-layout 'Et|(t|)*6tL'", 8, [1, 1, 1, 1, 1, 1, 1, 1], 2],
  ])('%s', (rest, layers, stageLayers, virtual) => {
    const job = staged(rest, layers);
    expect(job.options.stageLayers).toEqual(stageLayers);
    expect(job.parallel.virtualStages).toBe(virtual);
  });

  test.each([
    ['--decoder-first-pipeline-num-layers 2', 9, /leaves 7 of 9 layers/],
    ['--account-for-loss-in-pipeline-split', 8, /makes 9 layers/],
    ["--pipeline-model-parallel-layout 'Et|tt|tt|tL'", 8, /holds 6 layers, the model has 8/],
    ["--pipeline-model-parallel-layout 'E|(t|)*3tttttL'", 8, /has 5 stages/],
    ["--pipeline-model-parallel-layout 'Ex|t'", 8, /is Ex\|t/],
  ])('%s of %d layers is a mistake', (rest, layers, message) => {
    expect(() => staged(rest, layers)).toThrow(message);
  });
});
