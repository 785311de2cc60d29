import type { NodeSpec } from '@regatta/sim-core';
import type { NvidiaSmiTopo, TopoCell } from './nvidia-smi-topo.js';

/** What a topo matrix says about the inside of a node. */
export interface NodeInside {
  readonly gpus: number;
  /** nvswitch: all GPUs joined by equally many NVLinks; mesh: by some or unequal ones; pcie: by none. */
  readonly kind: 'nvswitch' | 'mesh' | 'pcie';
  /** NVLinks of one GPU towards the switch; of a mesh the most that a GPU has in all. */
  readonly nvlinks: number;
  /** For the NICs that serve GPUs, in the order of those GPUs: position among the matrix's NICs. */
  readonly nics: readonly number[];
  /** Driver names of the same NICs. */
  readonly nicDevices: readonly string[];
  /** NICs that are near to no GPU (storage, management). */
  readonly spareNics: number;
  readonly node: NodeSpec;
}

const closeness: Readonly<Record<TopoCell['kind'], number>> = {
  self: 0,
  nvlink: 1,
  pix: 2,
  pxb: 3,
  phb: 4,
  node: 5,
  sys: 6,
};

/** Reads the inside of a node off its matrix: the NICs under a GPU's own PCIe bridges are its rail. */
export function nodeInside(topo: NvidiaSmiTopo): NodeInside {
  const gpuAt = topo.devices.flatMap((device, i) => (device.kind === 'gpu' ? [i] : []));
  const nicAt = topo.devices.flatMap((device, i) => (device.kind === 'nic' ? [i] : []));
  const counts = gpuAt.flatMap((i) => gpuAt.filter((j) => j !== i).map((j) => topo.cells[i]?.[j]?.nvlinks ?? 0));
  const most = Math.max(0, ...counts);
  const even = counts.length > 0 && most > 0 && counts.every((count) => count === most);
  const sums = gpuAt.map((i) => gpuAt.reduce((sum, j) => sum + (topo.cells[i]?.[j]?.nvlinks ?? 0), 0));
  // Two or three GPUs that are all joined directly are a mesh as well: the rate between them is that of their links.
  const kind = even ? 'nvswitch' : most > 0 ? 'mesh' : 'pcie';
  const nics = railNics(topo, gpuAt, nicAt);
  const sockets = new Set(
    gpuAt.map((i) => topo.devices[i]?.numaAffinity).filter((numa) => numa !== undefined && numa !== 'N/A'),
  );
  const underSwitch = gpuAt.filter((i) => {
    const kind = topo.cells[gpuAt[0] ?? 0]?.[i]?.kind;
    return kind === 'self' || kind === 'pix' || kind === 'pxb';
  }).length;
  return {
    gpus: gpuAt.length,
    kind,
    nvlinks: even ? most : Math.max(0, ...sums),
    nics,
    nicDevices: nics.map((nic) => topo.devices[nicAt[nic] ?? -1]?.device ?? `nic${nic}`),
    spareNics: nicAt.length - nics.length,
    node:
      kind === 'pcie'
        ? {
            kind: 'pcie',
            gpusPerPcieSwitch: underSwitch > 1 ? underSwitch : 0,
            ...(sockets.size > 1 ? { interSocketBytesPerSecond: 2e10 } : {}),
          }
        : { kind: 'nvswitch' },
  };
}

/** NICs that serve GPUs: for each GPU in turn the nearest one that is still free; NICs across the host only if there is no nearer. */
function railNics(topo: NvidiaSmiTopo, gpuAt: readonly number[], nicAt: readonly number[]): number[] {
  const distance = (gpu: number, nic: number): number => closeness[topo.cells[gpu]?.[nicAt[nic] ?? -1]?.kind ?? 'sys'];
  const all = nicAt.map((_, nic) => nic);
  const near = all.filter((nic) => gpuAt.some((gpu) => distance(gpu, nic) <= closeness.pxb));
  const candidates = near.length > 0 ? near : all;
  const chosen: number[] = [];
  const perGpu = Math.max(1, Math.floor(candidates.length / Math.max(1, gpuAt.length)));
  for (const gpu of gpuAt) {
    const free = candidates
      .filter((nic) => !chosen.includes(nic))
      .sort((a, b) => distance(gpu, a) - distance(gpu, b) || a - b);
    const nearest = Math.min(...candidates.map((nic) => distance(gpu, nic)));
    chosen.push(...free.filter((nic) => distance(gpu, nic) === nearest).slice(0, perGpu));
  }
  return chosen;
}
