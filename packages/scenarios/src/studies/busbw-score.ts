import { type Cluster, type CollectiveOp, collectiveOps } from '@regatta/sim-core';
import { z } from 'zod';
import { deviceHardware } from '../catalogue/devices.js';
import { catalogueDevice } from '../catalogue/lookup.js';
import { collectiveTimes } from './collective-table.js';

const rowSchema = z.looseObject({
  bytes: z.number().positive(),
  timeUs: z.number().positive().nullish(),
  algbwGBps: z.number().nullish(),
  busbwGBps: z.number().nullish(),
});

const setSchema = z.looseObject({
  gpu: z.string(),
  nodes: z.number().int().positive(),
  gpus: z.number().int().positive(),
  collective: z.string(),
  system: z.string().nullish(),
  use: z.enum(['calibration', 'validation']).nullish(),
  rows: z.array(rowSchema),
});

/** Measured bus bandwidths in the form of reference/published/nccl-busbw.json. */
export const busbwFileSchema = z.looseObject({ sets: z.array(setSchema) });
export type BusbwSet = z.infer<typeof setSchema>;

/** One measured size against the model. */
export interface BusbwRow {
  readonly bytes: number;
  readonly measuredSeconds: number;
  readonly predictedSeconds: number;
  readonly algorithm: string;
  /** (predicted - measured) / measured. */
  readonly error: number;
}

/** How well the model meets one set. */
export interface BusbwScore {
  readonly name: string;
  readonly use: string;
  readonly nodes: number;
  readonly device: string;
  readonly rows: readonly BusbwRow[];
  /** Mean of |error| from 16 MiB up, and the worst; undefined when the set holds no such size. */
  readonly largeMeanError?: number;
  readonly largeWorstError?: number;
  /** Predicted over measured time of the smallest sizes (median up to 64 KiB); undefined when the set has none. */
  readonly floorRatio?: number;
}

const large = 16 * 2 ** 20;
const small = 64 * 2 ** 10;

/** Catalogue name of `h100_80gb`; undefined when there is none. */
function deviceNamed(gpu: string): string | undefined {
  const [chip = '', memory = ''] = gpu.toLowerCase().split(/[_\s-]+/);
  const named = deviceHardware.filter(({ name }) => name.startsWith(`${chip}-`) || name === chip);
  return (named.find(({ name }) => name.endsWith(memory)) ?? named[0])?.name;
}

function clusterOfSet(set: BusbwSet, device: string): Cluster {
  const found = catalogueDevice(device);
  if (!found) throw new RangeError(`scoreBusbwSets: no device ${device}`);
  const perNode = /(\d+) Gb\/s per node/.exec(set.system ?? '')?.[1];
  const perGpu = /(\d+) Gb\/s per GPU/.exec(set.system ?? '')?.[1];
  const gpusPerNode = Math.max(8, Math.ceil(set.gpus / set.nodes));
  const usual = deviceHardware.find(({ name }) => name === device)?.usualNicGbps ?? 400;
  const nicGbps = perNode ? Number(perNode) / gpusPerNode : Number(perGpu ?? usual);
  return {
    name: set.gpu,
    device: found,
    nodes: set.nodes,
    gpusPerNode,
    node: { kind: 'nvswitch' },
    fabric: { kind: 'clos', tiers: 2, rails: gpusPerNode, nicGbps, oversubscription: 1, routing: 'spray' },
  };
}

function measuredSeconds(row: BusbwSet['rows'][number], op: CollectiveOp, ranks: number): number | undefined {
  if (row.timeUs) return row.timeUs * 1e-6;
  if (row.algbwGBps) return row.bytes / (row.algbwGBps * 1e9);
  if (row.busbwGBps) return (row.bytes * busFactor(op, ranks)) / (row.busbwGBps * 1e9);
  return undefined;
}

function busFactor(op: CollectiveOp, ranks: number): number {
  return collectiveTimes.busFactor(op, ranks);
}
