import type { Device } from '../../platform/device.js';

type Generation = Device['ncclGeneration'];
/** By protocol: LL, LL128, Simple. */
export type ByProtocol = readonly [number, number, number];

/** Latencies of one hop over one kind of link, in microseconds. */
export interface HopLatencies {
  readonly tree: ByProtocol;
  readonly ring: ByProtocol;
}

/** What NCCL's tuning model knows of a device generation; bandwidths in bytes per second. */
export interface GenerationTable {
  /** LL never runs faster than this inside one node. */
  readonly llMax: number;
  readonly ll128PerChannel: number;
  readonly channels: number;
  /** What NCCL plans of the scale-up peak for one device: links x planned rate of a link / peak. */
  readonly plannedShare: number;
  /** Share of that which in-switch reduction reaches; 0 = the generation has none. */
  readonly nvlsEfficiency: number;
  readonly nvlsChannels: number;
  /** Limit of one channel of the NVLS tree on two nodes, and on more. */
  readonly nvlsTreePerChannel: readonly [number, number];
}

/**
 * NCCL's tuning model as data. Source: NVIDIA/nccl src/graph/tuning.cc, topo.h, transport/nvls.cc, enqueue.cc at 5067397c
 * (spec/model.md 5.3), but where a line says otherwise.
 */
export const ncclTables = {
  base: { tree: [6.8, 14, 8.4], ring: [6.6, 14, 8.4], pat: 8 },
  scaleUp: { tree: [0.6, 1.25, 4], ring: [0.6, 1.9, 3.4], nvls: 25 },
  pci: { tree: [1, 1.9, 4], ring: [1, 2.5, 5.7] },
  network: { tree: [5, 8.5, 14], ring: [2.7, 4, 14], nvls: 18, nvlsTree: 20.9, pat: 14, collNet: 31 },
  /** Latency of the path that the network rows were measured on: two NICs and three switches; longer paths add the rest. */
  networkPathMicroseconds: 3.5,
  /** Scale-up latency that the rows were measured on. */
  scaleUpPathMicroseconds: 1,
  /**
   * A ring's hop inside a node under load, in planned hops: a chunk goes in two slices, each with its own handshake
   * (collectives.h ALLREDUCE_CHUNKSTEPS / ALLREDUCE_SLICESTEPS); LL stores its flag with the data and needs none. Checked on
   * the calibration set of one A100 node (reference/published/nccl-busbw.json).
   */
  loadedHops: [1, 2, 2],
  /** Chunk of in-switch reduction at most: NCCL_NVLS_CHUNKSIZE as the machines of the calibration sets have it (NCCL alone: 128 KiB). */
  nvlsChunkBytes: 512 * 1024,
  /** NVLS tree on four or more nodes. */
  nvlsTreeChunkBytes: 64 * 1024,
  /**
   * Share of the NICs' rate that a double tree over two nodes reaches: 57 GB/s of bus bandwidth on average from 4 MiB to 1 GiB on two
   * nodes of 8 A100 and 2 NICs of 200 Gb/s (NVIDIA/nccl issue 837, NCCL 2.10.3), where all of it would give 71.
   */
  twoNodeTreeShare: 0.8,
  /** Share of the ring's bus bandwidth that PAT is planned with, and its linear part per rank in microseconds [recalled]. */
  patShare: 0.75,
  patPerRankMicroseconds: 2.8,
  /** PAT's hop is this many times shorter than a network hop [recalled]. */
  patHopDivisor: 3.5,
  generations: {
    volta: {
      llMax: 39e9,
      ll128PerChannel: 20e9,
      channels: 12,
      plannedShare: (6 * 20) / 150,
      nvlsEfficiency: 0,
      nvlsChannels: 0,
      nvlsTreePerChannel: [0, 0],
    },
    ampere: {
      llMax: 87.7e9,
      ll128PerChannel: 20e9,
      channels: 24,
      plannedShare: (12 * 20) / 300,
      nvlsEfficiency: 0,
      nvlsChannels: 0,
      nvlsTreePerChannel: [0, 0],
    },
    hopper: {
      llMax: 141e9,
      ll128PerChannel: 36.7e9,
      channels: 24,
      plannedShare: (18 * 20.6) / 450,
      nvlsEfficiency: 0.85,
      nvlsChannels: 16,
      // Limits of the NVLS tree: [recalled].
      nvlsTreePerChannel: [57.7e9, 45.5e9],
    },
    blackwell: {
      llMax: 282e9,
      ll128PerChannel: 40e9,
      channels: 32,
      plannedShare: (18 * 40.1) / 900,
      nvlsEfficiency: 0.74,
      nvlsChannels: 32,
      nvlsTreePerChannel: [96e9, 43.8e9],
    },
  },
} as const satisfies {
  readonly base: HopLatencies & { readonly pat: number };
  readonly scaleUp: HopLatencies & { readonly nvls: number };
  readonly pci: HopLatencies;
  readonly network: HopLatencies & Readonly<Record<'nvls' | 'nvlsTree' | 'pat' | 'collNet', number>>;
  readonly loadedHops: ByProtocol;
  readonly generations: Readonly<Record<Generation, GenerationTable>>;
  readonly [other: string]: unknown;
};
