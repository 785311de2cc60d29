/** Number formats that a job can compute in. Scaled 8- and 4-bit formats keep 16-bit activations outside their GEMMs. */
export type Precision = 'fp32' | 'fp16' | 'bf16' | 'fp8' | 'mxfp8' | 'nvfp4';

/** Dense peak rates in FLOP/s (no sparsity). A format that is absent runs at the nearest wider one that is present. */
export interface PeakFlops {
  readonly bf16: number;
  readonly fp16?: number;
  readonly fp8?: number;
  readonly fp4?: number;
  readonly fp32?: number;
}

/** The links inside a scale-up domain (NVLink/NVSwitch, HCCS, PCIe). */
export interface ScaleUp {
  /** Bytes per second, per direction, per device. */
  readonly bandwidthBytesPerSecond: number;
  readonly latencySeconds: number;
  /** Devices that reach each other over it (8 in an HGX node, 72 in an NVL72 rack). */
  readonly domain: number;
}

/** The calibratable constants of spec/model.md section 2.1, one set for a device and a software stack. */
export interface DeviceConstants {
  /** Fraction of peak that a very large GEMM reaches inside training. */
  readonly gemmMax: number;
  /** The same for formats narrower than 16 bit, as a fraction of their own peak. */
  readonly narrowGemmMax: number;
  /** K at which a GEMM's main loop reaches half of its asymptote. */
  readonly gemmHalfK: number;
  /** Soft wave quantisation, in waves. */
  readonly gemmHalfWave: number;
  /** Output tile of a thread block. */
  readonly tileM: number;
  readonly tileN: number;
  /** Fraction of peak that fused attention reaches in forward, at head size 128. */
  readonly attnMax: number;
  /** Efficiency of fused attention's backward relative to its forward. */
  readonly attnBwdRatio: number;
  /** Reachable fraction of the memory bandwidth by memory-bound kernels. */
  readonly hbmMax: number;
  /** Bytes at which a memory-bound kernel reaches half of that. */
  readonly memHalfBytes: number;
  /** Seconds of one kernel on the compute stream beside its work. */
  readonly opOverheadSeconds: number;
  /** Seconds that the host needs to issue one kernel; 0 with CUDA graphs. */
  readonly hostIssueSeconds: number;
  /**
   * Seconds in which the host issues forward and backward of a MoE layer, whose token counts it waits for: it cannot run ahead of
   * the device there.
   */
  readonly moeHostSeconds: number;
  /** Reachable fraction of the scale-up bandwidth (bus bandwidth over peak). */
  readonly nvlinkMax: number;
  /** Reachable fraction of a NIC's bandwidth. */
  readonly nicMax: number;
  /** Seconds once a step: data loader, loss sync, Python. */
  readonly stepOverheadSeconds: number;
  /** Share of the compute units that a collective's kernel takes while it runs: inside a node, and network only. */
  readonly smShareScaleUp: number;
  readonly smShareNetwork: number;
  /** Bytes per second and direction between a device and its host (PCIe gen4 x16: 25e9). */
  readonly hostLinkBytesPerSecond: number;
  /** Bytes per second of host memory that one device's share of the host reaches in an optimizer step. */
  readonly hostMemoryBytesPerSecond: number;
}

/** One accelerator with the constants of one software stack. */
export interface Device extends DeviceConstants {
  readonly name: string;
  /** Software generation whose constants these are (catalogue name of the stack). */
  readonly stack: string;
  readonly peakFlops: PeakFlops;
  readonly memoryBytes: number;
  readonly memoryBandwidthBytesPerSecond: number;
  /** Streaming multiprocessors (or cores); 0 = unknown: no wave quantisation. */
  readonly computeUnits: number;
  readonly scaleUp: ScaleUp;
  /** Exponentials per second (16 for each SM and clock); absent: fused attention is as efficient at any head size as at 128. */
  readonly exponentialsPerSecond?: number;
  /** Row of NCCL's tuning tables that fits this device. */
  readonly ncclGeneration: 'volta' | 'ampere' | 'hopper' | 'blackwell';
}

/** Defaults of spec/model.md 2.1, used where a device states no constant of its own. */
export const defaultConstants: DeviceConstants = {
  gemmMax: 0.78,
  narrowGemmMax: 0.68,
  gemmHalfK: 295,
  gemmHalfWave: 0.3,
  tileM: 256,
  tileN: 128,
  attnMax: 0.6,
  attnBwdRatio: 0.85,
  hbmMax: 0.8,
  memHalfBytes: 1e6,
  opOverheadSeconds: 4e-6,
  hostIssueSeconds: 0,
  moeHostSeconds: 0,
  nvlinkMax: 0.77,
  nicMax: 0.92,
  stepOverheadSeconds: 0.02,
  smShareScaleUp: 0.15,
  smShareNetwork: 0.02,
  hostLinkBytesPerSecond: 25e9,
  // Two sockets of some 150 GB/s each in a node of eight; ZeRO-Offload's CPU Adam (arXiv 2101.06840) moves about as much [recalled].
  hostMemoryBytesPerSecond: 37.5e9,
};

/** Peak rate in FLOP/s at which the GEMMs of a precision run on a device. */
export function peakFlopsOf(peak: PeakFlops, precision: Precision): number {
  switch (precision) {
    case 'fp32':
      return peak.fp32 ?? peak.bf16 / 2;
    case 'fp16':
      return peak.fp16 ?? peak.bf16;
    case 'bf16':
      return peak.bf16;
    case 'fp8':
    case 'mxfp8':
      return peak.fp8 ?? peak.bf16;
    case 'nvfp4':
      return peak.fp4 ?? peak.fp8 ?? peak.bf16;
  }
}
