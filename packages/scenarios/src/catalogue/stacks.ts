import type { DeviceConstants } from '@regatta/sim-core';

/** Constants of one device under one software generation (spec/model.md 2.1 and 10). What is absent keeps its default. */
export interface Stack {
  readonly name: string;
  readonly devices: readonly string[];
  readonly constants: Partial<DeviceConstants>;
  /** Rows of reference/published that the fitted constants come from, or why none was fitted. */
  readonly fittedOn: string;
}

/** Newest first for each device: the first that lists a device is its default. */
export const stacks: readonly Stack[] = [
  {
    name: 'nemo-2026',
    devices: [
      'h100-sxm-80gb',
      'h200-sxm-141gb',
      'h800-sxm-80gb',
      'b200-sxm-180gb',
      'b300-sxm',
      'gb200-nvl72',
      'gb300-nvl72',
    ],
    constants: { attnMax: 0.55, attnBwdRatio: 0.8, nvlinkMax: 0.8 },
    fittedOn: 'defaults',
  },
  {
    name: 'megatron-2021',
    devices: ['a100-sxm-80gb', 'a100-sxm-40gb', 'a100-pcie-80gb'],
    constants: {},
    fittedOn: 'defaults',
  },
];
