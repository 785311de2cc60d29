import { type Cluster, type Device, defaultConstants, type FabricSpec, FluidNetwork } from '@regatta/sim-core';

/** One transfer: bytes over links, with a share of the bytes on each. */
export interface Transfer {
  readonly links: readonly number[];
  readonly weights?: readonly number[];
  readonly bytes: number;
  readonly latencySeconds?: number;
}

/** Seconds at which transfers that start together end, sharing the links max-min fairly. */
export function finishTimes(capacities: ArrayLike<number>, transfers: readonly Transfer[]): number[] {
  const network = new FluidNetwork(capacities);
  const finish = transfers.map(() => Number.POSITIVE_INFINITY);
  transfers.forEach(({ links, weights, bytes, latencySeconds = 0 }, tag) => {
    network.start(links, weights, bytes, { latencySeconds, tag });
  });
  for (let next = network.nextTime(); next < Number.POSITIVE_INFINITY; next = network.nextTime()) {
    network.advanceTo(next);
    for (let i = 0; i < network.finishedCount; i++) finish[network.finishedTags[i] ?? 0] = next;
  }
  return finish;
}

/** An H100-like device: 450 GB/s of NVLink each way. */
export const gpu: Device = {
  ...defaultConstants,
  name: 'h100-like',
  stack: 'example',
  peakFlops: { bf16: 989e12 },
  memoryBytes: 80e9,
  memoryBandwidthBytesPerSecond: 3.35e12,
  computeUnits: 132,
  scaleUp: { bandwidthBytesPerSecond: 450e9, latencySeconds: 2e-6, domain: 8 },
  ncclGeneration: 'hopper',
};

/** A cluster of such devices. */
export function clusterOf(nodes: number, gpusPerNode: number, fabric: FabricSpec): Cluster {
  return { name: 'example', device: gpu, nodes, gpusPerNode, node: { kind: 'nvswitch' }, fabric };
}

/** Prints rows of equal keys as a table, numbers with three digits. */
export function printTable(title: string, rows: readonly Readonly<Record<string, string | number>>[]): void {
  const cell = (value: string | number): string =>
    typeof value === 'number' ? String(Number(value.toPrecision(3))) : value;
  const keys = Object.keys(rows[0] ?? {});
  const widths = keys.map((key) => Math.max(key.length, ...rows.map((row) => cell(row[key] ?? '').length)));
  const line = (values: readonly string[]): string =>
    values.map((value, i) => value.padStart(widths[i] ?? 0)).join('  ');
  console.log([title, line(keys), ...rows.map((row) => line(keys.map((key) => cell(row[key] ?? ''))))].join('\n'));
}

/** True in the file that node was started with, and in one that it reads from a pipe. */
export function isMain(url: string): boolean {
  const started = process.argv[1];
  if (started === undefined || started === '-') return started === '-';
  return url.endsWith(started.replaceAll('\\', '/').split('/').at(-1) ?? '-');
}
