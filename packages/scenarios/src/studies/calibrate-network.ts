import { type Cluster, defaultConstants } from '@regatta/sim-core';
import { benchmarkLaunchSeconds, collectiveTable } from './collective-table.js';
import {
  type FittedConstant,
  fittedConstant,
  leastErrorEfficiency,
  meanError,
  type Sample,
} from './fitted-constant.js';
import type { MeasuredCollective } from './measured-collectives.js';

/** From this size on the bandwidth decides, up to that the launch of an iteration does. */
const largeBytes = 16 * 2 ** 20;
const smallBytes = 64 * 2 ** 10;

/** Mean error that a new value must save to be taken. */
const leastGain = 5e-4;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.floor(sorted.length / 2)] ?? 0)) / 2;
};

function predicted(table: MeasuredCollective, cluster: Cluster, bytes: number): number {
  const { op, gpus } = table;
  return collectiveTable({ op, gpus, sizes: [bytes], cluster }).rows[0]?.seconds ?? Number.NaN;
}

/** Sizes that the bandwidth decides: from 16 MiB up, else the largest. */
function largeSizes({ sizes }: MeasuredCollective): MeasuredCollective['sizes'] {
  const large = sizes.filter(({ bytes }) => bytes >= largeBytes);
  return large.length > 0 ? large : sizes.filter(({ bytes }) => bytes === Math.max(...sizes.map((one) => one.bytes)));
}

function fitBandwidth(
  tables: readonly MeasuredCollective[],
  name: 'nvlinkMax' | 'nicMax',
  known: Readonly<Record<string, number>>,
): FittedConstant | undefined {
  const used = tables.filter((table) => largeSizes(table).length > 0);
  const [first] = used;
  if (!first) return undefined;
  const { device } = first.cluster;
  const groups = used.map((table) =>
    largeSizes(table).map(({ bytes, seconds }): Sample => {
      return {
        id: table.id,
        measuredSeconds: seconds,
        predictedSeconds: (value) =>
          predicted(table, { ...table.cluster, device: { ...table.cluster.device, ...known, [name]: value } }, bytes),
      };
    }),
  );
  const before = device[name];
  // Where nothing is gained the old value stays: NVLS, say, does not depend on what one GPU's links reach.
  const fit = (samples: readonly Sample[]): number => {
    const best = leastErrorEfficiency(samples);
    return meanError(samples, before) - meanError(samples, best) < leastGain ? before : best;
  };
  const fitted = fittedConstant(
    { device: device.name, stack: device.stack, name, before, default: defaultConstants[name] },
    groups,
    fit,
  );
  if (fitted.value === before) return { ...fitted, remark: 'another value explains the measurements no better: kept' };
  const { fabric } = first.cluster;
  if (name === 'nvlinkMax' || fitted.errorAfter < 0.2 || fabric.kind !== 'clos') return fitted;
  return {
    ...fitted,
    remark: `explains the sizes badly: NICs of ${fabric.nicGbps} Gb/s are taken, --nic-gbps tells otherwise`,
  };
}

/** Least time of an iteration of the benchmark: the median of its small sizes. It is no part of a training step. */
function launchFloor(tables: readonly MeasuredCollective[]): FittedConstant | undefined {
  const small = tables.flatMap((table) =>
    table.sizes
      .filter(({ bytes }) => bytes <= smallBytes)
      .map(({ seconds }): Sample => ({ id: table.id, measuredSeconds: seconds, predictedSeconds: (value) => value })),
  );
  const device = tables[0]?.cluster.device;
  if (small.length === 0 || !device) return undefined;
  const value = median(small.map(({ measuredSeconds }) => measuredSeconds));
  const single = tables.flatMap((table) => {
    const own = small.filter(({ id }) => id === table.id).map(({ measuredSeconds }) => measuredSeconds);
    return own.length > 0 ? [median(own)] : [];
  });
  const errorAfter = meanError(small, value);
  return {
    device: device.name,
    stack: device.stack,
    name: 'benchmarkLaunchSeconds',
    value,
    before: benchmarkLaunchSeconds,
    default: benchmarkLaunchSeconds,
    rows: [...new Set(small.map(({ id }) => id))],
    errorBefore: meanError(small, benchmarkLaunchSeconds),
    errorAfter,
    spread: Math.max(...single.map((one) => Math.abs(one - value))),
    confidence: errorAfter < 0.1 && small.length >= 4 ? 'high' : errorAfter < 0.25 ? 'medium' : 'low',
    remark: 'least time of an iteration of the benchmark, for regatta collective --launch: no part of a training step',
  };
}

/**
 * Fits what benchmarks of collectives tell of a device: nvlinkMax on tables of one node, nicMax on tables of several (with the
 * nvlinkMax of the others), both from 16 MiB up through NCCL's own choice of algorithm, and the least time of an iteration.
 */
export function calibrateNetwork(tables: readonly MeasuredCollective[]): FittedConstant[] {
  const devices = [...new Set(tables.map(({ cluster }) => cluster.device.name))];
  return devices.flatMap((name) => {
    const own = tables.filter(({ cluster }) => cluster.device.name === name);
    const inside = own.filter(({ nodes }) => nodes === 1);
    const scaleUp = fitBandwidth(inside, 'nvlinkMax', {});
    const network = fitBandwidth(
      own.filter(({ nodes }) => nodes > 1),
      'nicMax',
      scaleUp ? { nvlinkMax: scaleUp.value } : {},
    );
    return [scaleUp, network, launchFloor(own)].filter((one): one is FittedConstant => one !== undefined);
  });
}
