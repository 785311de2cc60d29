/** A cluster of the catalogue, as it would stand in a scenario file. */
export interface CatalogueCluster {
  readonly name: string;
  readonly cluster: {
    readonly device: string;
    readonly nodes: number;
    readonly gpusPerNode: number;
    /** Overrides of the device's constants, where the cluster's own measurements say otherwise. */
    readonly constants?: Readonly<Record<string, number>>;
    readonly fabric: {
      readonly kind: 'clos';
      readonly tiers: 2 | 3;
      readonly rails: number;
      readonly nicGbps: number;
      readonly oversubscription: number;
      readonly routing: 'spray';
      readonly nicsPerNode?: number;
    };
  };
  readonly source: string;
}

const rails = (
  tiers: 2 | 3,
  nicGbps: number,
  count = 8,
  oversubscription = 1,
): CatalogueCluster['cluster']['fabric'] => ({
  kind: 'clos',
  tiers,
  rails: count,
  nicGbps,
  oversubscription,
  routing: 'spray',
});

/** Clusters by name. */
export const catalogueClusters: readonly CatalogueCluster[] = [
  {
    name: 'h100-rail-clos',
    cluster: { device: 'h100-sxm-80gb', nodes: 2048, gpusPerNode: 8, fabric: rails(3, 400) },
    source: 'Llama 3 (arXiv 2407.21783) 3.3.1: Grand Teton, 8 H100 a node, 400 Gb/s a GPU, three-layer Clos',
  },
  {
    name: 'a100-superpod',
    cluster: { device: 'a100-sxm-80gb', nodes: 560, gpusPerNode: 8, fabric: rails(3, 200) },
    source: 'NVIDIA DGX A100 SuperPOD (Selene): 8 HDR 200 Gb/s a node, fat tree',
  },
  {
    name: 'a100-134gbps-clos',
    cluster: {
      device: 'a100-sxm-80gb',
      nodes: 2048,
      gpusPerNode: 8,
      constants: { nvlinkMax: 0.782 },
      fabric: rails(3, 200),
    },
    source:
      'Published account of training a 260B model: 134 GB/s all-reduce algorithm bandwidth inside a node of 8 (bus bandwidth 134*2*7/8 = 234.5 GB/s of 300), three-tier Clos',
  },
  {
    name: 'h800-rail-clos',
    cluster: { device: 'h800-sxm-80gb', nodes: 256, gpusPerNode: 8, fabric: rails(2, 400) },
    source: 'DeepSeek-V3 (arXiv 2412.19437) 3.1: 2,048 H800, 8 a node, 400 Gb/s InfiniBand a GPU',
  },
  {
    name: 'h200-rail-clos',
    cluster: { device: 'h200-sxm-141gb', nodes: 512, gpusPerNode: 8, fabric: rails(3, 400) },
    source: 'NVIDIA DGX H200 SuperPOD reference architecture',
  },
  {
    name: 'b200-rail-clos',
    cluster: { device: 'b200-sxm-180gb', nodes: 512, gpusPerNode: 8, fabric: rails(3, 400) },
    source: 'NVIDIA DGX B200 SuperPOD reference architecture',
  },
  {
    name: 'gb200-nvl72-clos',
    cluster: { device: 'gb200-nvl72', nodes: 2304, gpusPerNode: 4, fabric: rails(3, 400, 4) },
    source: 'NVIDIA DGX GB200 SuperPOD reference architecture: racks of 18 nodes of 4, 400 Gb/s a GPU',
  },
  {
    name: 'v100-dgx',
    cluster: { device: 'v100-sxm-32gb', nodes: 64, gpusPerNode: 8, fabric: rails(2, 100) },
    source: 'NVIDIA DGX-1V reference: 8 V100 a node',
  },
];
