import { type Cluster, type CollectiveOp, collectiveOps } from '@regatta/sim-core';
import { deviceHardware } from '../catalogue/devices.js';
import { catalogueDevice } from '../catalogue/lookup.js';
import { readNcclTests } from '../importers/nccl-tests.js';
import type { NcclTestsTable } from '../importers/nccl-tests-types.js';
import { InputError, type InputIssue } from '../schema/input-error.js';
import { deviceOfText } from './published/row-hardware.js';

/** One table of a benchmark of collectives: times by message size on a machine. */
export interface MeasuredCollective {
  readonly id: string;
  readonly op: CollectiveOp;
  readonly gpus: number;
  readonly nodes: number;
  readonly cluster: Cluster;
  readonly sizes: readonly { readonly bytes: number; readonly seconds: number }[];
}

/** What a log does not say. */
export interface CollectiveHints {
  readonly op?: CollectiveOp;
  readonly device?: string;
  readonly stack?: string;
  readonly nicGbps?: number;
}

const fileName = (file: string): string => file.split('/').at(-1) ?? file;

/** Ranks on nodes of a device, NICs as told or as usual for it. */
export function benchmarkCluster(
  device: string,
  gpus: number,
  nodes: number,
  { stack, nicGbps }: CollectiveHints,
): Cluster | undefined {
  const found = catalogueDevice(device, stack);
  const usual = deviceHardware.find(({ name }) => name === device)?.usualNicGbps ?? 400;
  const gpusPerNode = Math.max(Math.min(8, found?.scaleUp.domain ?? 8), Math.ceil(gpus / nodes));
  if (!found) return undefined;
  return {
    name: device,
    device: found,
    nodes,
    gpusPerNode,
    node: { kind: /pcie|l40s/.test(device) ? 'pcie' : 'nvswitch' },
    fabric: {
      kind: 'clos',
      tiers: 2,
      rails: gpusPerNode,
      nicGbps: nicGbps ?? usual,
      oversubscription: 1,
      routing: 'spray',
    },
  };
}

/** Seconds of each size: out of place, else in place; sizes without a time are left out. */
const sizesOf = (table: NcclTestsTable): { bytes: number; seconds: number }[] =>
  table.rows.flatMap(({ bytes, outOfPlace, inPlace }) => {
    const seconds = outOfPlace.seconds ?? inPlace?.seconds;
    return bytes > 0 && seconds !== undefined && seconds > 0 ? [{ bytes, seconds }] : [];
  });

/**
 * Tables of a log of nccl-tests with what each needs to be compared with the model: operation, ranks, hosts and device.
 * @throws InputError with everything that neither the log nor the hints tell, and for a log that is none.
 */
export function measuredCollectives(
  text: string,
  file: string,
  hints: CollectiveHints,
): { readonly measured: readonly MeasuredCollective[]; readonly warnings: readonly string[] } {
  const log = readNcclTests(text, file);
  const issues: InputIssue[] = [];
  const measured: MeasuredCollective[] = [];
  log.tables.forEach((table, i) => {
    const line = table.rows[0]?.line ?? 1;
    const ask = (message: string, expected: string): void => {
      issues.push({
        code: 'calibrate',
        file,
        line,
        column: 1,
        path: `table ${i + 1}`,
        message,
        expected,
        received: '',
      });
    };
    const op = hints.op ?? table.collective;
    if (!op) ask('neither text, file name nor bandwidths tell the operation', `--op ${collectiveOps.join(' | ')}`);
    const printed = table.ranks[0]?.gpu ?? '';
    const device = hints.device ?? deviceOfText(printed);
    if (!device)
      ask(
        printed === '' ? 'the log does not name the GPU' : `GPU ${printed} is not in the catalogue`,
        `--device ${deviceHardware.map(({ name }) => name).join(' | ')}`,
      );
    const kinds = new Set(table.ranks.map(({ gpu }) => gpu));
    if (kinds.size > 1) ask(`the ranks are on ${[...kinds].join(' and ')}`, 'ranks on one kind of GPU');
    if (table.gpus < 2) ask(table.gpus === 0 ? 'the log does not list its ranks' : 'has one rank', 'two or more ranks');
    const cluster = device && benchmarkCluster(device, table.gpus, Math.max(1, table.hosts), hints);
    if (!op || !cluster || table.gpus < 2 || kinds.size > 1) return;
    measured.push({
      id: `${fileName(file)}:${line}`,
      op,
      gpus: table.gpus,
      nodes: Math.max(1, table.hosts),
      cluster,
      sizes: sizesOf(table),
    });
  });
  if (issues.length > 0) throw new InputError(issues);
  return { measured, warnings: log.warnings.map((warning) => `${file}: ${warning}`) };
}
