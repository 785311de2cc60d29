import {
  type AlgorithmName,
  busBandwidthFactor,
  type Cluster,
  type CollectiveOp,
  collectiveOps,
} from '@regatta/sim-core';
import * as z from 'zod';
import { deviceHardware } from '../catalogue/devices.js';
import { catalogueDevice } from '../catalogue/lookup.js';
import { parseLocated } from '../schema/located-text.js';
import { isTree } from '../schema/paths.js';
import { describeIssues } from '../schema/zod-issues.js';
import { collectiveTable } from './collective-table.js';
import type { CollectiveHints, MeasuredCollective } from './measured-collectives.js';
import { deviceOfText } from './published/row-hardware.js';

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
  readonly device: string;
  readonly nodes: number;
  readonly use: 'calibration' | 'validation';
  readonly rows: readonly BusbwRow[];
  /** Mean and worst |error| from 16 MiB up; absent when the set holds no such size. */
  readonly large?: { readonly meanError: number; readonly worstError: number };
  /** Predicted over measured time up to 64 KiB, median; absent when the set holds no such size. */
  readonly floorRatio?: number;
}

const largeBytes = 16 * 2 ** 20;
const smallBytes = 64 * 2 ** 10;

/** A set that cannot be scored. */
export interface UnscoredSet {
  readonly id: string;
  readonly source: string;
  readonly reason: string;
}

/**
 * The sets of a file of the form of reference/published/nccl-busbw.json; a file without sets has none. Sets that cannot be read are
 * listed, each with its reason.
 */
export function readBusbwSets(
  text: string,
  file: string,
): {
  readonly sets: readonly { readonly id: string; readonly set: BusbwSet }[];
  readonly unreadable: readonly UnscoredSet[];
} {
  const root = parseLocated(text, file).value;
  const values: readonly unknown[] = isTree(root) && Array.isArray(root.sets) ? root.sets : [];
  const sets: { id: string; set: BusbwSet }[] = [];
  const unreadable: UnscoredSet[] = [];
  values.forEach((value, i) => {
    const id = `${(file.split('/').at(-1) ?? file).replace(/\.json$/, '')}/set ${i + 1}`;
    const parsed = setSchema.safeParse(value);
    if (parsed.success) sets.push({ id, set: parsed.data });
    else {
      const issues = describeIssues(parsed.error, value, setSchema);
      const reason = issues
        .map(({ path, message, expected }) => `${path}: ${message}, expected ${expected}`)
        .join('; ');
      unreadable.push({ id, source: file, reason });
    }
  });
  return { sets, unreadable };
}

/** Scores every set of a file; those that cannot be scored are listed, each with its reason. */
export function scoreBusbwFile(text: string, file: string): { scores: BusbwScore[]; unscored: UnscoredSet[] } {
  const scores: BusbwScore[] = [];
  const { sets, unreadable } = readBusbwSets(text, file);
  const unscored = [...unreadable];
  for (const { id, set } of sets) {
    const score = attempt(() => scoreBusbwSets([set])[0]);
    if (typeof score === 'string') unscored.push({ id, source: file, reason: score });
    else if (score && score.rows.length > 0) scores.push(score);
    else unscored.push({ id, source: file, reason: 'no row has a time or a bandwidth' });
  }
  return { scores, unscored };
}

/** A set as a table of times to fit to, or why it is none. */
export function collectiveOf(set: BusbwSet, id: string, hints: CollectiveHints): MeasuredCollective | string {
  const found = attempt(() => ({ op: operationOf(set.collective).op, cluster: clusterOfSet(set) }));
  if (typeof found === 'string') return found;
  const factor = busBandwidthFactor(found.op, set.gpus);
  const sizes = set.rows.flatMap((row) => {
    const seconds = measuredSeconds(row, factor);
    return seconds === undefined ? [] : [{ bytes: row.bytes, seconds }];
  });
  if (operationOf(set.collective).algorithm) return 'is of one algorithm, not of the one that NCCL chooses';
  const device = catalogueDevice(hints.device ?? found.cluster.device.name, hints.stack) ?? found.cluster.device;
  return { id, op: found.op, gpus: set.gpus, nodes: set.nodes, cluster: { ...found.cluster, device }, sizes };
}

/** A value, or why it cannot be had. */
function attempt<T>(make: () => T): T | string {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return error.message.replace(/^\w+: /, '');
    throw error;
  }
}

/** Catalogue name of a `gpu` such as `h100_80gb`; undefined when there is none. */
function deviceNamed(gpu: string): string | undefined {
  const [chip = '', memory = ''] = gpu.toLowerCase().split(/[_\s-]+/);
  const same = deviceHardware.map(({ name }) => name).filter((name) => name.split('-')[0] === chip);
  return same.find((name) => name.endsWith(`-${memory}`)) ?? same[0] ?? deviceOfText(gpu);
}

/** The machine of a set: nodes of 8 over a rail fabric, NICs as its text says or as usual for the device. */
function clusterOfSet({ gpu, nodes, gpus, system }: BusbwSet): Cluster {
  const name = deviceNamed(gpu);
  const device = name === undefined ? undefined : catalogueDevice(name);
  if (!device) throw new RangeError(`scoreBusbwSets: no device of the catalogue is a ${gpu}`);
  const gpusPerNode = Math.max(8, Math.ceil(gpus / nodes));
  const perNode = /(\d+) Gb\/s per node/i.exec(system ?? '')?.[1];
  const perGpu = /(\d+) Gb\/s per GPU/i.exec(system ?? '')?.[1];
  const usual = deviceHardware.find((one) => one.name === name)?.usualNicGbps ?? 400;
  const nicGbps = perNode === undefined ? Number(perGpu ?? usual) : Number(perNode) / gpusPerNode;
  return {
    name: gpu,
    device,
    nodes,
    gpusPerNode,
    node: { kind: 'nvswitch' },
    fabric: { kind: 'clos', tiers: 2, rails: gpusPerNode, nicGbps, oversubscription: 1, routing: 'spray' },
  };
}

/** `all_reduce Ring (NVLS off)`: the operation, and the algorithm where the benchmark was told one. */
function operationOf(collective: string): { readonly op: CollectiveOp; readonly algorithm?: AlgorithmName } {
  const words = collective.toLowerCase().split(/[\s(]+/);
  const op = collectiveOps.find((known) => known === words[0]?.replace(/_perf$/, '').replace('alltoall', 'all_to_all'));
  if (!op) throw new RangeError(`scoreBusbwSets: no operation ${collective}`);
  const named: Readonly<Record<string, AlgorithmName>> = {
    ring: 'ring',
    tree: 'tree',
    nvls: 'nvls',
    nvlstree: 'nvls-tree',
  };
  const algorithm = named[words[1] ?? ''];
  return { op, ...(algorithm ? { algorithm } : {}) };
}

/** Seconds of a measured row; undefined when it holds no time. */
function measuredSeconds(row: BusbwSet['rows'][number], factor: number): number | undefined {
  if (row.timeUs) return row.timeUs * 1e-6;
  if (row.algbwGBps) return row.bytes / (row.algbwGBps * 1e9);
  return row.busbwGBps ? (row.bytes * factor) / (row.busbwGBps * 1e9) : undefined;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

/**
 * Predicted against measured times of each set.
 * @throws RangeError on a GPU or an operation that is not known.
 */
export function scoreBusbwSets(sets: readonly BusbwSet[]): BusbwScore[] {
  return sets.map((set) => {
    const { op, algorithm } = operationOf(set.collective);
    const cluster = clusterOfSet(set);
    const factor = busBandwidthFactor(op, set.gpus);
    const sizes = set.rows.map(({ bytes }) => bytes);
    const table = collectiveTable({ op, gpus: set.gpus, sizes, cluster, ...(algorithm ? { algorithm } : {}) });
    const rows = set.rows.flatMap((row, i): BusbwRow[] => {
      const measured = measuredSeconds(row, factor);
      const predicted = table.rows[i];
      if (measured === undefined || !predicted) return [];
      const { bytes } = row;
      const error = (predicted.seconds - measured) / measured;
      const { seconds: predictedSeconds, algorithm: used } = predicted;
      return [{ bytes, measuredSeconds: measured, predictedSeconds, algorithm: used, error }];
    });
    const errors = rows.filter(({ bytes }) => bytes >= largeBytes).map(({ error }) => Math.abs(error));
    const floor = rows
      .filter(({ bytes }) => bytes <= smallBytes)
      .map((row) => row.predictedSeconds / row.measuredSeconds);
    return {
      name: `${set.gpus} x ${set.gpu}, ${set.nodes} ${set.nodes === 1 ? 'node' : 'nodes'}, ${set.collective}`,
      device: cluster.device.name,
      nodes: set.nodes,
      use: set.use ?? 'validation',
      rows,
      ...(errors.length === 0
        ? {}
        : {
            large: {
              meanError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
              worstError: Math.max(...errors),
            },
          }),
      ...(floor.length === 0 ? {} : { floorRatio: median(floor) }),
    };
  });
}

/** The scores as an aligned table. */
export function busbwScoreTable(scores: readonly BusbwScore[]): string {
  const head = ['set', 'use', 'rows', 'mean error', 'worst', 'floor, predicted/measured'];
  const percent = (share: number | undefined): string => (share === undefined ? '-' : `${(100 * share).toFixed(1)}%`);
  const body = scores.map((score) => [
    score.name,
    score.use,
    String(score.rows.length),
    percent(score.large?.meanError),
    percent(score.large?.worstError),
    score.floorRatio === undefined ? '-' : `${score.floorRatio.toFixed(2)}x`,
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((cells) => (cells[i] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), ...body.map(line)].map((text) => `${text}\n`).join('');
}
