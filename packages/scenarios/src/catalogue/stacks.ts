import type { DeviceConstants } from '@regatta/sim-core';

/** Constants of one device under one software generation (spec/model.md 2.1 and 10). What is absent keeps its default. */
export interface Stack {
  readonly name: string;
  readonly devices: readonly string[];
  readonly constants: Partial<DeviceConstants>;
  /** Rows of reference/published that the fitted constants come from, or whose constants they borrow. */
  readonly fittedOn: string;
}

const hopper = { attnMax: 0.55, attnBwdRatio: 0.8, nvlinkMax: 0.8 };
const blackwell = { attnMax: 0.5, attnBwdRatio: 0.8, nvlinkMax: 0.78 };

/**
 * Stacks, newest first for each device: the first that lists a device is its default. Fitted constants are gemmMax (16 bit) and
 * narrowGemmMax (fp8 and narrower), each on the `use: calibration` rows named; everything else is a default of
 * spec/model.md 2.1. `regatta calibrate` fits the same constants to rows of your own.
 */
export const stacks: readonly Stack[] = [
  {
    name: 'nemo-2026',
    devices: ['h100-sxm-80gb', 'h200-sxm-141gb', 'h800-sxm-80gb'],
    constants: { ...hopper, gemmMax: 0.65, narrowGemmMax: 0.52 },
    fittedOn: 'nvidia-nemo-performance/150',
  },
  {
    name: 'nemo-2026',
    devices: ['b200-sxm-180gb', 'b300-sxm'],
    constants: { ...blackwell, narrowGemmMax: 0.4747 },
    fittedOn: 'nvidia-nemo-performance/253; B300 borrows from B200',
  },
  {
    name: 'nemo-2026',
    devices: ['gb300-nvl72'],
    constants: { ...blackwell, narrowGemmMax: 0.6553 },
    fittedOn: 'nvidia-nemo-performance/131',
  },
  {
    name: 'nemo-2025',
    devices: ['gb200-nvl72'],
    constants: { ...blackwell, narrowGemmMax: 0.4541 },
    fittedOn: 'mlperf-training/117',
  },
  {
    name: 'nemo-2025',
    devices: ['h200-sxm-141gb'],
    constants: { ...hopper, narrowGemmMax: 0.568 },
    fittedOn: 'mlperf-training/126',
  },
  {
    name: 'nemo-2023',
    devices: ['h100-sxm-80gb'],
    constants: { ...hopper, narrowGemmMax: 0.5155 },
    fittedOn: 'mlperf-training/49',
  },
  {
    name: 'megatron-core-2024',
    devices: ['h100-sxm-80gb'],
    constants: { ...hopper, gemmMax: 0.5598 },
    fittedOn: 'megatron-lm/28',
  },
  {
    name: 'fsdp-2023',
    devices: ['h100-sxm-80gb'],
    constants: { ...hopper, gemmMax: 0.5223 },
    fittedOn: 'mosaicml-llm-foundry/11',
  },
  {
    name: 'torchtitan-2025',
    devices: ['h100-sxm-96gb-500w'],
    constants: { ...hopper, gemmMax: 0.4691, narrowGemmMax: 0.39 },
    fittedOn: 'torchtitan/1; narrowGemmMax in the ratio of its default to gemmMax',
  },
  {
    name: 'megatron-2023',
    devices: ['a100-sxm-80gb'],
    constants: { gemmMax: 0.8314 },
    fittedOn: 'none of its own: borrows from megatron-2022 (korthikanti-2022/1)',
  },
  { name: 'megatron-2022', devices: ['a100-sxm-80gb'], constants: { gemmMax: 0.8314 }, fittedOn: 'korthikanti-2022/1' },
  {
    name: 'megatron-deepspeed-2022',
    devices: ['a100-sxm-80gb'],
    constants: { gemmMax: 0.8242 },
    fittedOn: 'vtrain-ground-truth/59',
  },
  {
    name: 'fsdp-2023',
    devices: ['a100-sxm-80gb'],
    constants: { gemmMax: 0.6853 },
    fittedOn: 'mosaicml-llm-foundry/88',
  },
  {
    name: 'fsdp-2023',
    devices: ['a100-sxm-40gb'],
    constants: { gemmMax: 0.7362 },
    fittedOn: 'mosaicml-llm-foundry/158',
  },
  {
    name: 'megatron-2021',
    devices: ['a100-sxm-80gb', 'a100-sxm-40gb', 'a100-pcie-80gb'],
    constants: { gemmMax: 0.7449 },
    fittedOn: 'megatron-lm/1, megatron-lm/5',
  },
];
