import type { Device } from '@regatta/sim-core';

/** Hardware facts of a device, without the constants of a software stack. */
export type DeviceHardware = Pick<
  Device,
  | 'name'
  | 'peakFlops'
  | 'memoryBytes'
  | 'memoryBandwidthBytesPerSecond'
  | 'computeUnits'
  | 'scaleUp'
  | 'ncclGeneration'
  | 'exponentialsPerSecond'
> & {
  readonly source: string;
  /** Where they differ from PCIe gen4 and an x86 host. */
  readonly hostLinkBytesPerSecond?: number;
  readonly hostMemoryBytesPerSecond?: number;
  /** Gb/s of the NIC that usually goes with one device. */
  readonly usualNicGbps: number;
};

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const nvlink = (bandwidthBytesPerSecond: number, domain = 8): Device['scaleUp'] => ({
  bandwidthBytesPerSecond,
  latencySeconds: 1e-6,
  domain,
});

const hopper = {
  peakFlops: { bf16: 989.4e12, fp16: 989.4e12, fp8: 1979e12, fp32: 494.7e12 },
  computeUnits: 132,
  ncclGeneration: 'hopper' as const,
  exponentialsPerSecond: 16 * 132 * 1.755e9,
  hostLinkBytesPerSecond: 50e9,
};
const blackwell = { computeUnits: 148, ncclGeneration: 'blackwell' as const, memoryBandwidthBytesPerSecond: 8e12 };

/**
 * Devices of the catalogue: exponentials 16 for each SM and clock at boost, twice that on Blackwell Ultra; host links PCIe gen3, 4 and
 * 5 x16, or half of Grace's NVLink-C2C for each of its two GPUs; dense peaks, bandwidths per direction and device.
 */
export const deviceHardware: readonly DeviceHardware[] = [
  {
    name: 'v100-sxm-32gb',
    hostLinkBytesPerSecond: 12e9,
    exponentialsPerSecond: 16 * 80 * 1.53e9,
    peakFlops: { bf16: 125e12, fp16: 125e12, fp32: 15.7e12 },
    memoryBytes: 32 * GiB,
    memoryBandwidthBytesPerSecond: 0.9e12,
    computeUnits: 80,
    scaleUp: nvlink(150e9),
    ncclGeneration: 'volta',
    usualNicGbps: 100,
    source: 'NVIDIA V100 datasheet; spec/model.md 2.3',
  },
  {
    name: 'a100-sxm-40gb',
    exponentialsPerSecond: 16 * 108 * 1.41e9,
    peakFlops: { bf16: 312e12, fp16: 312e12, fp32: 156e12 },
    memoryBytes: 40 * GiB,
    memoryBandwidthBytesPerSecond: 1.555e12,
    computeUnits: 108,
    scaleUp: nvlink(300e9),
    ncclGeneration: 'ampere',
    usualNicGbps: 200,
    source: 'NVIDIA A100 datasheet; spec/model.md 2.3',
  },
  {
    name: 'a100-sxm-80gb',
    exponentialsPerSecond: 16 * 108 * 1.41e9,
    peakFlops: { bf16: 312e12, fp16: 312e12, fp32: 156e12 },
    memoryBytes: 80 * GiB,
    memoryBandwidthBytesPerSecond: 2.039e12,
    computeUnits: 108,
    scaleUp: nvlink(300e9),
    ncclGeneration: 'ampere',
    usualNicGbps: 200,
    source: 'NVIDIA A100 datasheet; spec/model.md 2.3',
  },
  {
    name: 'a100-pcie-80gb',
    exponentialsPerSecond: 16 * 108 * 1.41e9,
    peakFlops: { bf16: 312e12, fp16: 312e12, fp32: 156e12 },
    memoryBytes: 80 * GiB,
    memoryBandwidthBytesPerSecond: 1.935e12,
    computeUnits: 108,
    scaleUp: nvlink(25e9),
    ncclGeneration: 'ampere',
    usualNicGbps: 200,
    source: 'NVIDIA A100 PCIe datasheet; PCIe gen4 x16 25 GB/s effective (spec/model.md 6.2)',
  },
  {
    name: 'h100-sxm-80gb',
    ...hopper,
    memoryBytes: 80 * GiB,
    memoryBandwidthBytesPerSecond: 3.352e12,
    scaleUp: nvlink(450e9),
    usualNicGbps: 400,
    source: 'NVIDIA H100 SXM datasheet; spec/model.md 2.3',
  },
  {
    name: 'h100-sxm-96gb-500w',
    ...hopper,
    memoryBytes: 96 * GiB,
    memoryBandwidthBytesPerSecond: 2.4e12,
    scaleUp: nvlink(450e9),
    usualNicGbps: 400,
    source: 'TorchTitan benchmarks: H100 96 GB HBM2e, 500 W power limit, 2.4 TB/s',
  },
  {
    name: 'h800-sxm-80gb',
    ...hopper,
    memoryBytes: 80 * GiB,
    memoryBandwidthBytesPerSecond: 3.352e12,
    scaleUp: nvlink(200e9),
    usualNicGbps: 400,
    source: 'DeepSeek-V3 (arXiv 2412.19437) section 3; spec/model.md 2.3',
  },
  {
    name: 'h200-sxm-141gb',
    ...hopper,
    memoryBytes: 143771 * MiB,
    memoryBandwidthBytesPerSecond: 4.8e12,
    scaleUp: nvlink(450e9),
    usualNicGbps: 400,
    source: 'NVIDIA H200 datasheet; spec/model.md 2.3',
  },
  {
    name: 'b200-sxm-180gb',
    hostLinkBytesPerSecond: 50e9,
    exponentialsPerSecond: 16 * 148 * 1.85e9,
    ...blackwell,
    peakFlops: { bf16: 2250e12, fp16: 2250e12, fp8: 4500e12, fp4: 9000e12, fp32: 1125e12 },
    memoryBytes: 183359 * MiB,
    scaleUp: nvlink(900e9),
    usualNicGbps: 400,
    source: 'NVIDIA DGX B200 datasheet; spec/model.md 2.3',
  },
  {
    name: 'b300-sxm',
    hostLinkBytesPerSecond: 50e9,
    exponentialsPerSecond: 32 * 148 * 1.85e9,
    ...blackwell,
    peakFlops: { bf16: 2250e12, fp16: 2250e12, fp8: 4500e12, fp4: 13500e12, fp32: 1125e12 },
    memoryBytes: 275040 * MiB,
    scaleUp: nvlink(900e9),
    usualNicGbps: 800,
    source: 'NVIDIA DGX B300 datasheet; spec/model.md 2.3',
  },
  {
    name: 'gb200-nvl72',
    hostLinkBytesPerSecond: 225e9,
    hostMemoryBytesPerSecond: 200e9,
    exponentialsPerSecond: 16 * 148 * 1.85e9,
    ...blackwell,
    peakFlops: { bf16: 2500e12, fp16: 2500e12, fp8: 5000e12, fp4: 10000e12, fp32: 1250e12 },
    memoryBytes: 189471 * MiB,
    scaleUp: nvlink(900e9, 72),
    usualNicGbps: 400,
    source: 'NVIDIA GB200 NVL72 datasheet; spec/model.md 2.3',
  },
  {
    name: 'gb300-nvl72',
    hostLinkBytesPerSecond: 225e9,
    hostMemoryBytesPerSecond: 200e9,
    exponentialsPerSecond: 32 * 148 * 1.85e9,
    ...blackwell,
    peakFlops: { bf16: 2500e12, fp16: 2500e12, fp8: 5000e12, fp4: 15000e12, fp32: 1250e12 },
    memoryBytes: 284208 * MiB,
    scaleUp: nvlink(900e9, 72),
    usualNicGbps: 800,
    source: 'NVIDIA GB300 NVL72 datasheet; spec/model.md 2.3',
  },
  {
    name: 'l40s',
    exponentialsPerSecond: 16 * 142 * 2.52e9,
    peakFlops: { bf16: 362e12, fp16: 362e12, fp8: 733e12, fp32: 183e12 },
    memoryBytes: 48 * GiB,
    memoryBandwidthBytesPerSecond: 0.864e12,
    computeUnits: 142,
    scaleUp: nvlink(25e9),
    ncclGeneration: 'ampere',
    usualNicGbps: 200,
    source: 'NVIDIA L40S datasheet; PCIe gen4 x16 25 GB/s effective',
  },
  {
    name: 'tpu-v4',
    peakFlops: { bf16: 275e12 },
    memoryBytes: 32 * GiB,
    memoryBandwidthBytesPerSecond: 1.2e12,
    computeUnits: 0,
    scaleUp: nvlink(300e9, 64),
    ncclGeneration: 'ampere',
    usualNicGbps: 200,
    source: 'Jouppi et al., ISCA 2023; spec/model.md 2.3',
  },
  {
    name: 'ascend-910b',
    peakFlops: { bf16: 376e12, fp16: 376e12 },
    memoryBytes: 64 * GiB,
    memoryBandwidthBytesPerSecond: 1.6e12,
    computeUnits: 24,
    scaleUp: nvlink(196e9),
    ncclGeneration: 'ampere',
    usualNicGbps: 200,
    source: 'spec/model.md 2.3 (low confidence)',
  },
  {
    name: 'kunlun-p800',
    peakFlops: { bf16: 345e12, fp16: 345e12 },
    memoryBytes: 64 * GiB,
    memoryBandwidthBytesPerSecond: 1.4e12,
    computeUnits: 0,
    scaleUp: nvlink(150e9),
    ncclGeneration: 'ampere',
    usualNicGbps: 400,
    source: 'spec/model.md 2.3 (low confidence, an example only)',
  },
];
