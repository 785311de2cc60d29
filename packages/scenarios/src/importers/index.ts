export * from './cluster-file.js';
export * from './hostlist.js';
export * from './ib-hosts.js';
export * from './ibnetdiscover.js';
export * from './node-inside.js';
export * from './nvidia-smi-topo.js';
export { readSlurmTopology, type SlurmGroup, type SlurmSwitch, type SlurmTopology } from './slurm-topology.js';
export { readSlurmTopologyYaml } from './slurm-topology-yaml.js';
export * from './unified-view.js';
