import {
  type CheckpointScheme,
  type Cluster,
  dalyInterval,
  type Job,
  optimalInterval,
  parameterCount,
  stateBytesOf,
  synchronousScheme,
  worldSize,
  youngInterval,
} from '@regatta/sim-core';
import type { ResolvedScenario } from '../schema/scenario-schema.js';
import type { ReportProblem } from './failure-model.js';

type Checkpoint = NonNullable<ResolvedScenario['checkpoint']>;
type Storage = NonNullable<ResolvedScenario['storage']>;

/** Storage where a scenario has none (contract: scenario file). */
const defaultStorage: Storage = { writeBytesPerSecond: 2e12, readBytesPerSecond: 4e12 };
/** From a device to its host where the node doesn't say: PCIe 4.0 x16 at four fifths of its rate. */
const defaultHostBytesPerSecond = 25e9;
const defaultCheckpoint: Checkpoint = {
  kind: 'synchronous',
  intervalSeconds: 'optimal',
  writeSeconds: 'auto',
  restoreSeconds: 'auto',
  copySeconds: 'auto',
  replicas: 2,
  persistIntervalSeconds: 10800,
};

/** How a job saves its state, and what one write takes from end to end. */
export interface CheckpointPlan {
  readonly scheme: CheckpointScheme;
  readonly writeSeconds: number;
  readonly restoreSeconds: number;
}

/**
 * Checkpoints of a scenario (spec/reliability.md 4, 6). The size is that of weights and optimizer states (spec/model.md 3.1). With
 * sharded optimizer states every rank writes its part, without them one replica does; they share the storage's bandwidth,
 * each node at most its NICs'.
 */
export function checkpointPlanOf(
  scenario: ResolvedScenario,
  job: Job,
  cluster: Cluster,
  mtbfSeconds: number,
  stepSeconds: number,
  problem: ReportProblem,
): CheckpointPlan {
  const checkpoint = scenario.checkpoint ?? defaultCheckpoint;
  const storage = scenario.storage ?? defaultStorage;
  const state = stateBytesOf(job);
  const bytes = parameterCount(job.model).total * (state.weights + state.optimizer);
  const gpus = worldSize(job.parallel);
  const writers = job.parallel.zero >= 1 ? gpus : gpus / job.parallel.data;
  const perNode = (bytes / writers) * Math.min(writers, cluster.gpusPerNode);
  const nics = nodeBytesPerSecond(cluster);
  const auto = (given: number | 'auto', seconds: number): number => (given === 'auto' ? seconds : given);
  const writeSeconds = auto(checkpoint.writeSeconds, Math.max(bytes / storage.writeBytesPerSecond, perNode / nics));
  const restoreSeconds = auto(checkpoint.restoreSeconds, Math.max(bytes / storage.readBytesPerSecond, perNode / nics));
  if (storage.capacityBytes !== undefined && bytes > storage.capacityBytes)
    problem(
      'storage.capacityBytes',
      `a checkpoint of ${gigabytes(bytes)} does not fit ${gigabytes(storage.capacityBytes)}`,
      'at least one checkpoint',
    );
  const copies = checkpoint.kind === 'in-memory' ? checkpoint.replicas : 1;
  if (
    checkpoint.kind !== 'synchronous' &&
    storage.hostBytesPerNode !== undefined &&
    copies * perNode > storage.hostBytesPerNode
  )
    problem(
      'storage.hostBytesPerNode',
      `${copies} x ${gigabytes(perNode)} of checkpoints do not fit ${gigabytes(storage.hostBytesPerNode)} of a node`,
      'room for each copy that a node holds',
    );
  const host = cluster.node.pcieBytesPerSecond ?? defaultHostBytesPerSecond;
  const copySeconds = auto(checkpoint.copySeconds, bytes / writers / host);
  const storageTier = { persistSeconds: writeSeconds, everySeconds: 0, restoreSeconds, replicas: 0 };
  const stallSeconds = checkpoint.kind === 'synchronous' ? writeSeconds : copySeconds;
  const intervalSeconds = intervalOf(checkpoint.intervalSeconds, stallSeconds, mtbfSeconds, stepSeconds);
  const scheme = ((): CheckpointScheme => {
    switch (checkpoint.kind) {
      case 'synchronous':
        return synchronousScheme(intervalSeconds, writeSeconds, restoreSeconds);
      case 'asynchronous':
        return { intervalSeconds, stallSeconds, tiers: [storageTier] };
      case 'in-memory': {
        const replicate = ((checkpoint.replicas - 1) * perNode) / nics;
        const memoryTier = {
          persistSeconds: replicate,
          everySeconds: 0,
          restoreSeconds: Math.min(restoreSeconds, perNode / nics + copySeconds),
          replicas: checkpoint.replicas,
        };
        return {
          intervalSeconds,
          stallSeconds,
          tiers: [memoryTier, { ...storageTier, everySeconds: checkpoint.persistIntervalSeconds }],
        };
      }
    }
  })();
  return { scheme, writeSeconds, restoreSeconds };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(4)} GB`;

/** What a node's NICs carry in one direction. */
function nodeBytesPerSecond(cluster: Cluster): number {
  const { fabric, gpusPerNode } = cluster;
  const nics = fabric.kind === 'clos' ? (fabric.nicsPerNode ?? gpusPerNode) : gpusPerNode;
  const gbps = fabric.kind === 'torus' ? fabric.linkGbps : fabric.nicGbps;
  return (nics * gbps * 1e9) / 8;
}

function intervalOf(interval: Checkpoint['intervalSeconds'], stall: number, mtbf: number, stepSeconds: number): number {
  if (typeof interval === 'number') return interval;
  if (mtbf === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const rules = { young: youngInterval, daly: dalyInterval, optimal: optimalInterval };
  return Math.max(rules[interval](stall, mtbf), stepSeconds);
}
