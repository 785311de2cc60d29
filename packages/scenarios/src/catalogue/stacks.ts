import type { DeviceConstants } from '@regatta/sim-core';

/** Constants of one device under one software generation (spec/model.md 2.1 and 10). What is absent keeps its default. */
export interface Stack {
  readonly name: string;
  readonly devices: readonly string[];
  readonly constants: Partial<DeviceConstants>;
  /** Rows of reference/published that the fitted constants come from, or whose constants they borrow. */
  readonly fittedOn: string;
}

/** Host time of Megatron-Core's MoE layers, fitted on nvidia-nemo-performance/150 (H100) with the GEMM efficiencies of nemo-2023. */
const megatronExperts = { moeHostSeconds: 0.0082 };

const hopper = { attnMax: 0.55, attnBwdRatio: 0.8, nvlinkMax: 0.8 };
const blackwell = { attnMax: 0.5, attnBwdRatio: 0.8, nvlinkMax: 0.78 };
/**
 * FlashAttention's first generation in Triton, which MPT ran for ALiBi: on A100 1.4 times slower forward and twice slower backward
 * than FlashAttention-2 (arXiv 2307.08691: 0.60 and 0.54 of peak at head size 128) [recalled], on H100 from FlashAttention-2's 0.35
 * (arXiv 2407.08608) [recalled] in the same ratios.
 */
const tritonAttention = { attnMax: 0.43, attnBwdRatio: 0.63 };
const tritonAttentionOnHopper = { attnMax: 0.25, attnBwdRatio: 0.63 };

/**
 * Stacks, newest first for each device: the first that lists a device is its default. Fitted constants are gemmMax (16 bit) and
 * narrowGemmMax (fp8 and narrower), each on the `use: calibration` rows named; everything else is a default of
 * spec/model.md 2.1. Where a stack has calibration rows of one kind of precision only, the other efficiency keeps the ratio of the
 * defaults (0.78 to 0.68), at most its default. `regatta calibrate` fits the same constants to rows of your own.
 */
export const stacks: readonly Stack[] = [
  {
    name: 'nemo-2026',
    devices: ['h100-sxm-80gb', 'h200-sxm-141gb', 'h800-sxm-80gb'],
    constants: { ...hopper, ...megatronExperts, gemmMax: 0.6556, narrowGemmMax: 0.5716 },
    fittedOn:
      'borrows from nemo-2023 (mlperf-training/49); moeHostSeconds on its own calibration row, the MoE nvidia-nemo-performance/150, which no GEMM efficiency explains',
  },
  {
    name: 'nemo-2026',
    devices: ['b200-sxm-180gb', 'b300-sxm'],
    constants: { ...blackwell, ...megatronExperts, gemmMax: 0.5881, narrowGemmMax: 0.5127 },
    fittedOn: 'nvidia-nemo-performance/253; B300 borrows from B200',
  },
  {
    name: 'nemo-2026',
    devices: ['gb300-nvl72'],
    constants: { ...blackwell, ...megatronExperts, gemmMax: 0.78, narrowGemmMax: 0.7078 },
    fittedOn: 'nvidia-nemo-performance/131',
  },
  {
    name: 'nemo-2025',
    devices: ['gb200-nvl72'],
    constants: { ...blackwell, ...megatronExperts, gemmMax: 0.5629, narrowGemmMax: 0.4907 },
    fittedOn: 'mlperf-training/117',
  },
  {
    name: 'nemo-2025',
    devices: ['h200-sxm-141gb'],
    constants: { ...hopper, ...megatronExperts, gemmMax: 0.6944, narrowGemmMax: 0.6054 },
    fittedOn: 'mlperf-training/126',
  },
  {
    name: 'nemo-2023',
    devices: ['h100-sxm-80gb'],
    constants: { ...hopper, gemmMax: 0.6556, narrowGemmMax: 0.5716 },
    fittedOn: 'mlperf-training/49',
  },
  {
    name: 'megatron-core-2024',
    devices: ['h100-sxm-80gb'],
    constants: { ...hopper, ...megatronExperts, gemmMax: 0.6724 },
    fittedOn: 'megatron-lm/28',
  },
  {
    name: 'llama3-2024',
    devices: ['h100-sxm-80gb'],
    constants: { ...hopper, attnMax: 0.45, gemmMax: 0.6724 },
    fittedOn: 'borrows from megatron-core-2024 (megatron-lm/28); attnMax: FlashAttention-2 on Hopper (spec 2.1)',
  },
  {
    name: 'torchtitan-2025',
    devices: ['h200-sxm-141gb', 'h100-sxm-80gb'],
    constants: { ...hopper, attnMax: 0.35, gemmMax: 0.5748, narrowGemmMax: 0.5011 },
    fittedOn:
      'borrows from fsdp-2023 (mosaicml-llm-foundry/11); attnMax: FlashAttention-2 on Hopper (arXiv 2407.08608) [recalled]',
  },
  {
    name: 'fsdp-2023',
    devices: ['h100-sxm-80gb'],
    constants: { ...hopper, ...tritonAttentionOnHopper, gemmMax: 0.5748 },
    fittedOn: 'mosaicml-llm-foundry/11; attention of the first generation, in Triton',
  },
  {
    name: 'torchtitan-2025',
    devices: ['h100-sxm-96gb-500w'],
    constants: { ...hopper, attnMax: 0.32, gemmMax: 0.5093, narrowGemmMax: 0.444 },
    fittedOn:
      'torchtitan/1; narrowGemmMax in the ratio of the defaults; attnMax: FlashAttention-2 on Hopper (0.45, spec 2.1), less in the ratio of the 500 W GEMMs to 700 W ones',
  },
  {
    name: 'megatron-2023',
    devices: ['a100-sxm-80gb'],
    constants: { gemmMax: 0.8374 },
    fittedOn: 'none of its own: borrows from megatron-2022 (korthikanti-2022/1)',
  },
  { name: 'megatron-2022', devices: ['a100-sxm-80gb'], constants: { gemmMax: 0.8374 }, fittedOn: 'korthikanti-2022/1' },
  {
    name: 'megatron-deepspeed-2022',
    devices: ['a100-sxm-80gb'],
    constants: { gemmMax: 0.8198 },
    fittedOn: 'vtrain-ground-truth/59',
  },
  {
    name: 'fsdp-2023',
    devices: ['a100-sxm-80gb'],
    constants: { ...tritonAttention, gemmMax: 0.7106 },
    fittedOn: 'mosaicml-llm-foundry/88; attention of the first generation, in Triton',
  },
  {
    name: 'fsdp-2023',
    devices: ['a100-sxm-40gb'],
    constants: { ...tritonAttention, gemmMax: 0.7056 },
    fittedOn: 'mosaicml-llm-foundry/158; attention of the first generation, in Triton',
  },
  {
    name: 'megatron-2021',
    devices: ['a100-sxm-80gb', 'a100-sxm-40gb', 'a100-pcie-80gb'],
    constants: { gemmMax: 0.7439 },
    fittedOn: 'megatron-lm/1, megatron-lm/5',
  },
  {
    name: 'megatron-2020',
    devices: ['v100-sxm-32gb'],
    constants: { gemmMax: 0.9749 },
    fittedOn: 'megatron-lm/39, an uncertain row: how much was recomputed is assumed',
  },
];
