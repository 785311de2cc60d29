import { deviceHardware } from '../../catalogue/devices.js';
import { didYouMean } from '../../schema/did-you-mean.js';
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

/** Devices by how sources print them, the narrower first; undefined: a device that is known and not in the catalogue. */
const devicePatterns: readonly (readonly [RegExp, string | undefined])[] = [
  [/gb300/, 'gb300-nvl72'],
  [/gb200/, 'gb200-nvl72'],
  [/gh200|grace ?hopper/, undefined],
  [/b300/, 'b300-sxm'],
  [/b200/, 'b200-sxm-180gb'],
  [/\bb100/, undefined],
  [/h200[-_ a-z0-9]*nvl\b/, undefined],
  [/h200/, 'h200-sxm-141gb'],
  [/h800[-_ a-z]*pcie/, undefined],
  [/h800/, 'h800-sxm-80gb'],
  [/h100[-_ a-z0-9]*(pcie|nvl\b)/, undefined],
  [/h100[-_ a-z0-9]*96 ?gb/, 'h100-sxm-96gb-500w'],
  [/h100/, 'h100-sxm-80gb'],
  [/h20\b/, undefined],
  [/l40s/, 'l40s'],
  [/a100[-_ a-z0-9]*pcie[-_ a-z]*40/, undefined],
  [/a100[-_ a-z0-9]*pcie|nc96ads/, 'a100-pcie-80gb'],
  [/a100[-_ a-z0-9]*40 ?gb/, 'a100-sxm-40gb'],
  [/a100|ampere/, 'a100-sxm-80gb'],
  [/v100[-_ a-z0-9]*16 ?gb/, undefined],
  [/v100|dgx-2/, 'v100-sxm-32gb'],
  [/tpu[-_ ]?v?4(?!\d)/, 'tpu-v4'],
  [/ascend[-_ a-z]*910b/, 'ascend-910b'],
  [/kunlun|p800/, 'kunlun-p800'],
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

/** Catalogue device of a printed name; undefined when it is none of the catalogue's. */
export function deviceOfText(text: string): string | undefined {
  const lower = text.toLowerCase();
  return (
    deviceHardware.find(({ name }) => lower.startsWith(name))?.name ??
    devicePatterns.find(([pattern]) => pattern.test(lower))?.[1]
  );
}

/** What a row prints of its hardware: `gpu`, else `system`. */
const printed = (row: PublishedRow): string => row.gpu ?? row.system ?? '';

/** Why a row's hardware cannot be modelled. */
export function unknownHardware(row: PublishedRow): string {
  const names = deviceHardware.map(({ name }) => name);
  const text = printed(row);
  return text === ''
    ? 'no hardware was published'
    : `hardware ${text} is not in the catalogue${didYouMean(text.toLowerCase(), names)}`;
}

/** Reads a row's hardware; `assumed` receives what the row does not say. Undefined when the device is not known. */
export function rowHardware(row: PublishedRow, source: string, assumed: string[]): RowHardware | undefined {
  const text = printed(row);
  const device = deviceOfText(text) ?? (row.gpu && row.system ? deviceOfText(row.system) : undefined);
  if (!device) return undefined;
  if (/^(a100|v100|h100|h200)$/i.test(text.trim())) assumed.push(`device: ${device} (${text.trim()})`);
  const rackScale = device === 'gb200-nvl72' || device === 'gb300-nvl72';
  const gpusPerNode = rackScale ? 4 : device === 'v100-sxm-32gb' ? 16 : 8;
  let [nicsPerNode, nicGbps] = nodeNics[device] ?? [8, 400];
  if (/bloom|bigscience/i.test(source)) [nicsPerNode, nicGbps] = [4, 100];
  else if (/vtrain/i.test(source)) [nicsPerNode, nicGbps] = [4, 200];
  else assumed.push(`network: ${nicsPerNode} x ${nicGbps} Gb/s a node`);
  const domain = rackScale ? 64 : gpusPerNode;
  if (rackScale) assumed.push('racks: jobs use 64 of the 72 GPUs of an NVLink domain');
  return { device, gpusPerNode: Math.min(gpusPerNode, row.gpus), nicsPerNode, nicGbps, domain };
}
