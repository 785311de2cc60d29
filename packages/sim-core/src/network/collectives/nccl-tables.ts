import type { Device } from '../../platform/device.js';

type Generation = Device['ncclGeneration'];
type Triple = readonly [number, number, number];

/**
 * Latencies and limits of NCCL's tuning model, in microseconds and bytes per second, by protocol [LL, LL128, Simple].
 * Source: NVIDIA/nccl src/graph/tuning.cc and topo.h at 5067397c (spec/model.md 5.3).
 */
export const ncclTables: {
  readonly base: Readonly<Record<'tree' | 'ring', Triple>> & { readonly pat: number };
  readonly scaleUp: { readonly tree: Triple; readonly ring: Triple; readonly nvls: number };
  readonly pci: { readonly tree: Triple; readonly ring: Triple };
  readonly network: {
    readonly tree: Triple;
    readonly ring: Triple;
    readonly nvls: number;
    readonly nvlsTree: number;
    readonly pat: number;
  };
  /** LL never runs faster than this inside one node. */
  readonly llMax: Readonly<Record<Generation, number>>;
  readonly ll128PerChannel: Readonly<Record<Generation, number>>;
  readonly channels: Readonly<Record<Generation, number>>;
  /** Planned bandwidth of all links of one GPU, per direction. */
  readonly planned: Readonly<Record<Generation, number>>;
  readonly nvlsEfficiency: Readonly<Record<Generation, number>>;
} = {
  base: { tree: [6.8, 14, 8.4], ring: [6.6, 14, 8.4], pat: 8 },
  scaleUp: { tree: [0.6, 1.25, 4], ring: [0.6, 1.9, 3.4], nvls: 25 },
  pci: { tree: [1, 1.9, 4], ring: [1, 2.5, 5.7] },
  network: { tree: [5, 8.5, 14], ring: [2.7, 4, 14], nvls: 18, nvlsTree: 20.9, pat: 14 },
  llMax: { volta: 39e9, ampere: 87.7e9, hopper: 141e9, blackwell: 282e9 },
  ll128PerChannel: { volta: 20e9, ampere: 20e9, hopper: 36.7e9, blackwell: 40e9 },
  channels: { volta: 12, ampere: 24, hopper: 24, blackwell: 32 },
  planned: { volta: 6 * 20e9, ampere: 12 * 20e9, hopper: 18 * 20.6e9, blackwell: 18 * 40.1e9 },
  nvlsEfficiency: { volta: 0, ampere: 0, hopper: 0.85, blackwell: 0.74 },
};
