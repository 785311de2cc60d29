import { type Device, type Precision, peakFlopsOf } from '../platform/device.js';

/** C[m x n] = A[m x k] B[k x n], `batch` of them. */
export interface GemmShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch?: number;
  /** Memory traffic beside A, B and C, in bytes. */
  readonly extraBytes?: number;
  /** Bytes of an element (default 2). */
  readonly elementBytes?: number;
}

/** Bytes of an element as GEMM operand. */
export function gemmElementBytes(precision: Precision): number {
  switch (precision) {
    case 'fp32':
      return 4;
    case 'fp16':
    case 'bf16':
      return 2;
    case 'fp8':
    case 'mxfp8':
      return 1;
    case 'nvfp4':
      return 0.5;
  }
}

/** Bytes of the scales of block-scaled formats, for each element. */
export function scaleBytes(precision: Precision): number {
  return precision === 'mxfp8' ? 1 / 32 : precision === 'nvfp4' ? 1 / 16 : 0;
}

/** Seconds of one GEMM without launch (spec/model.md 2.2): the greater of math and memory time. */
export function gemmWorkSeconds(device: Device, peakFlops: number, shape: GemmShape): number {
  const { m, n, k, batch = 1, extraBytes = 0, elementBytes = 2 } = shape;
  const tilesM = Math.max(m / device.tileM, 1);
  const tilesN = Math.max(n / device.tileN, 1);
  const waves = device.computeUnits > 0 ? (batch * tilesM * tilesN) / device.computeUnits : Number.POSITIVE_INFINITY;
  const filled = waves === Number.POSITIVE_INFINITY ? 1 : waves / (waves + device.gemmHalfWave);
  const narrow = elementBytes < 2;
  const reachable = narrow ? device.narrowGemmMax : device.gemmMax;
  // Narrow operands speed up the main loop alone: prologue and epilogue, in steps of it, take so many times longer.
  const halfK = device.gemmHalfK * (narrow ? Math.max(1, peakFlops / device.peakFlops.bf16) : 1);
  const efficiency = reachable * filled * (k / (k + halfK));
  const padding = Math.min(4, Math.max(1, device.tileM / m) * Math.max(1, device.tileN / n));
  const math = (2 * batch * m * n * k * padding) / (peakFlops * efficiency);
  const bytes = elementBytes * batch * (m * k + k * n + m * n) + extraBytes;
  return Math.max(math, bytes / (device.hbmMax * device.memoryBandwidthBytesPerSecond));
}

/** Seconds of one GEMM (spec/model.md 2.2). */
export function gemmSeconds(device: Device, precision: Precision, shape: GemmShape): number {
  const elementBytes = shape.elementBytes ?? gemmElementBytes(precision);
  return (
    device.opOverheadSeconds +
    gemmWorkSeconds(device, peakFlopsOf(device.peakFlops, precision), { ...shape, elementBytes })
  );
}

/** Seconds of a memory-bound operator that moves `bytes` (spec/model.md 2.2). */
export function memorySeconds(device: Device, bytes: number): number {
  return (
    device.opOverheadSeconds + (bytes + device.memHalfBytes) / (device.hbmMax * device.memoryBandwidthBytesPerSecond)
  );
}

/**
 * Adam on the host (ZeRO-Offload, arXiv 2101.06840): gradients go down, 28 bytes a parameter move in host memory (master weights and both
 * moments read and written, gradient read), 16-bit weights come up while the next are computed.
 * @param hiddenSeconds Backward compute behind which gradients go down as they are reduced; the last `tailParameters` do not hide.
 */
export function offloadedOptimizerSeconds(
  device: Device,
  parameters: number,
  gradientBytes: number,
  hiddenSeconds: number,
  tailParameters: number,
): number {
  const link = device.hostLinkBytesPerSecond;
  const down = (gradientBytes * parameters) / link;
  const tail = (gradientBytes * Math.min(parameters, tailParameters)) / link;
  const adam = (28 * parameters) / device.hostMemoryBytesPerSecond;
  return Math.max(tail, down - hiddenSeconds) + Math.max(adam, (2 * parameters) / link);
}

/** Adam on the parameters that this rank updates: 46 bytes moved for each, some twenty kernels (spec/model.md 2.2). */
export function optimizerSeconds(device: Device, parameters: number): number {
  return (46 * parameters) / (device.hbmMax * device.memoryBandwidthBytesPerSecond) + 20 * device.opOverheadSeconds;
}
