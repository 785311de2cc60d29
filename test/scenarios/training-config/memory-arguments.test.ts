import { describe, expect, test } from 'vitest';
import { jobOfText, resolved } from './read.js';

const base = `torchrun --nproc_per_node 8 --nnodes 8 pretrain_gpt.py --num-layers 16 --hidden-size 1024 --num-attention-heads 16
  --seq-length 1024 --position-embedding-type rope --micro-batch-size 1 --global-batch-size 64 --vocab-size 32000 --bf16 `;
const script = (more: string): string => `${`${base}${more}`.split('\n').join(' \\\n')}\n`;

describe('arguments about memory', () => {
  test('modules of selective recomputation are recomputed by name; unknown ones are named', () => {
    const text = script('--recompute-granularity selective --recompute-modules core_attn mla_up_proj quasi_norm');
    expect(jobOfText(text, 'train.sh')).toMatchObject({
      recompute: 'selective',
      options: { recomputeModules: ['core_attn', 'mla_up_proj'] },
    });
    expect(resolved(text, 'train.sh').warnings.join('\n')).toMatch(/--recompute-modules: quasi_norm is not modelled/);
    const plain = jobOfText(script('--recompute-granularity selective'), 'train.sh');
    expect(plain.recompute).toBe('selective');
    expect(plain.options.recomputeModules).toBeUndefined();
  });

  test('narrow weights are kept beside 16-bit ones unless they are gathered as they are', () => {
    const fp8 = '--fp8-format hybrid';
    expect(jobOfText(script(fp8), 'train.sh').options.narrowStorage).toBe('copies');
    expect(jobOfText(script(`${fp8} --fp8-param-gather`), 'train.sh').options.narrowStorage).toBe('primary');
  });

  test('moments in 16 bits need the precision-aware optimizer', () => {
    const dtypes = '--exp-avg-dtype bf16 --exp-avg-sq-dtype bf16';
    expect(jobOfText(script(`--use-precision-aware-optimizer ${dtypes}`), 'train.sh').options.momentBytes).toBe(2);
    expect(jobOfText(script(dtypes), 'train.sh').options.momentBytes).toBe(4);
  });

  test('activations that wait in host memory count in memory, and a note says that their time does not', () => {
    const text = script('--cpu-offloading-num-layers 3');
    expect(jobOfText(text, 'train.sh').options.offloadActivationLayers).toBe(3);
    expect(resolved(text, 'train.sh').warnings.join('\n')).toMatch(/--cpu-offloading-num-layers: counts in memory/);
  });

  test('each framework holds memory in its own way; torchtitan by operator keeps every second matmul', () => {
    const toml =
      '[model]\nname = "llama3"\nflavor = "8B"\n[training]\nlocal_batch_size = 1\nseq_len = 4096\n[activation_checkpoint]\nmode = "selective"\nselective_ac_option = "op"\n';
    expect(jobOfText(toml, 'train.toml')).toMatchObject({
      recompute: 'selective',
      options: { framework: 'fsdp', recomputeModules: ['alternate_matmuls'] },
    });
    expect(jobOfText(script(''), 'train.sh').options.framework).toBe('megatron');
    expect(jobOfText(script('--use-torch-fsdp2'), 'train.sh').options.framework).toBe('fsdp');
  });
});
