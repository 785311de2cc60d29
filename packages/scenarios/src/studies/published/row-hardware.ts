import type { PublishedRow } from './published-file.js';

/** Machine that a published row ran on: catalogue device, shape of a node, and what links nodes. */
export interface RowHardware {
  readonly device: string;
  readonly gpusPerNode: number;
  readonly nicsPerNode: number;
  readonly nicGbps: number;
  /** GPUs of one scale-up domain that a job uses. */
  readonly domain: number;
}

const devicePatterns: readonly (readonly [RegExp, string])[] = [
  [/gb300/, 'gb300-nvl72'],
  [/gb200/, 'gb200-nvl72'],
  [/b300/, 'b300-sxm'],
  [/b200/, 'b200-sxm-180gb'],
  [/h200/, 'h200-sxm-141gb'],
  [/h800/, 'h800-sxm-80gb'],
  [/h100[-_ a-z0-9]*96gb/, 'h100-sxm-96gb-500w'],
  [/h100/, 'h100-sxm-80gb'],
  [/l40s/, 'l40s'],
  [/a100[-_ a-z]*pcie|nc96ads/, 'a100-pcie-80gb'],
  [/a100[-_ a-z0-9]*40 ?gb/, 'a100-sxm-40gb'],
  [/a100|ampere/, 'a100-sxm-80gb'],
  [/v100|dgx-2/, 'v100-sxm-32gb'],
  [/tpu/, 'tpu-v4'],
];

/** NICs of a node: [NICs, Gb/s each], as each source states them, else as the vendor's reference system has them. */
const nodeNics: Readonly<Record<string, readonly [number, number]>> = {
  'v100-sxm-32gb': [8, 100],
  'a100-sxm-40gb': [8, 200],
  'a100-sxm-80gb': [8, 200],
  'a100-pcie-80gb': [4, 200],
  l40s: [4, 200],
  'gb200-nvl72': [4, 400],
  'gb300-nvl72': [4, 800],
};

/** Reads a row's hardware; `assumed` receives what the row does not say. Undefined when the device is not known. */
export function rowHardware(row: PublishedRow, source: string, assumed: string[]): RowHardware | undefined {
  const text = `${row.gpu ?? ''} ${row.gpu ? '' : (row.system ?? '')}`.toLowerCase();
  const device = devicePatterns.find(([pattern]) => pattern.test(text))?.[1];
  if (!device) return undefined;
  const rackScale = device === 'gb200-nvl72' || device === 'gb300-nvl72';
  const gpusPerNode = rackScale ? 4 : device === 'v100-sxm-32gb' ? 16 : 8;
  let [nicsPerNode, nicGbps] = nodeNics[device] ?? [8, 400];
  if (/bloom/i.test(source)) [nicsPerNode, nicGbps] = [4, 100];
  else if (/vtrain/i.test(source)) [nicsPerNode, nicGbps] = [4, 200];
  else assumed.push(`network: ${nicsPerNode} x ${nicGbps} Gb/s a node`);
  const domain = rackScale ? 64 : gpusPerNode;
  if (rackScale) assumed.push('racks: jobs use 64 of the 72 GPUs of an NVLink domain');
  return { device, gpusPerNode: Math.min(gpusPerNode, row.gpus), nicsPerNode, nicGbps, domain };
}
