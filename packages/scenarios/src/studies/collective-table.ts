import {
  type AlgorithmName,
  busBandwidthFactor,
  type Cluster,
  type CollectiveAlgorithm,
  type CollectiveOp,
  collectiveCost,
  collectiveFabricOf,
  type FabricTime,
  fabricTime,
  type LinkFactor,
  packedGroupLayout,
  secondsOnFabric,
} from '@regatta/sim-core';

/**
 * Seconds that a benchmark's iteration takes at least: its host has to launch it. The calibration sets of
 * reference/published/nccl-busbw.json reach from 12.9 us (one C++ process for each GPU, least time) to 50.4 us (a Python loop,
 * median up to 64 KiB); files do not say which loop they come from, so this is the geometric mean. It is no part of a
 * training step, where the host runs ahead.
 */
export const benchmarkLaunchSeconds = 25.5e-6;

export interface CollectiveRequest {
  readonly op: CollectiveOp;
  readonly gpus: number;
  /** Bytes as nccl-tests counts them (spec/model.md 5.1). */
  readonly sizes: readonly number[];
  readonly cluster: Cluster;
  /** A name or an algorithm of one's own; absent: NCCL's choice. */
  readonly algorithm?: AlgorithmName | CollectiveAlgorithm;
  /** Links that are slower than the cluster's, or down (default none). */
  readonly links?: readonly LinkFactor[];
  /** Least seconds of an iteration (default benchmarkLaunchSeconds). */
  readonly launchSeconds?: number;
}

/** One message size. */
export interface CollectiveTableRow {
  readonly bytes: number;
  readonly seconds: number;
  readonly algbwGBps: number;
  readonly busbwGBps: number;
  readonly algorithm: string;
  readonly protocol: string;
}

/** What `collective --json` prints. */
export interface CollectiveTable {
  readonly schemaVersion: 1;
  readonly command: 'collective';
  readonly op: CollectiveOp;
  readonly gpus: number;
  readonly cluster: string;
  readonly device: string;
  readonly launchSeconds: number;
  /** Share of an all-to-all's pairs that were laid over the fabric one by one; less than 1 means that the rest is taken to be alike. */
  readonly countedShare: number;
  readonly rows: readonly CollectiveTableRow[];
}

/**
 * Time, algorithm and bus bandwidth of a collective by message size, one rank on each of the first GPUs of an idle cluster,
 * on the fabric as it is: oversubscribed tiers, colliding hashes and slow cables lengthen it.
 * @throws RangeError when the algorithm cannot run the operation on that group, or two of the GPUs are disconnected.
 */
export function collectiveTable(request: CollectiveRequest): CollectiveTable {
  const { op, gpus, cluster, algorithm } = request;
  const launchSeconds = request.launchSeconds ?? benchmarkLaunchSeconds;
  const fabric = collectiveFabricOf(cluster);
  const group = packedGroupLayout(cluster, gpus);
  const times = new Map<string, FabricTime>();
  // What is chosen does not know the fabric, as NCCL does not; how long it takes does.
  const timeOf = (name: string): FabricTime => {
    const known =
      times.get(name) ??
      fabricTime(cluster, group, op, typeof algorithm === 'object' ? algorithm : name, request.links ?? []);
    times.set(name, known);
    return known;
  };
  const rows = request.sizes.map((bytes): CollectiveTableRow => {
    const cost = collectiveCost(op, bytes, group, fabric, algorithm);
    const onFabric = secondsOnFabric(cost, bytes, timeOf(cost.algorithm));
    const seconds = Math.max(onFabric, launchSeconds);
    const algbwGBps = seconds > 0 ? bytes / seconds / 1e9 : 0;
    return {
      bytes,
      seconds,
      algbwGBps,
      busbwGBps: algbwGBps * busBandwidthFactor(op, gpus),
      algorithm: cost.algorithm,
      protocol: cost.protocol,
    };
  });
  return {
    schemaVersion: 1,
    command: 'collective',
    op,
    gpus,
    cluster: cluster.name,
    device: cluster.device.name,
    launchSeconds,
    countedShare: Math.min(1, ...[...times.values()].map((time) => time.countedShare)),
    rows,
  };
}
