import { type IbFabric, readIbnetdiscover } from './ibnetdiscover.js';
import { type NvidiaSmiTopo, readNvidiaSmiTopo } from './nvidia-smi-topo.js';
import { readSlurmTopology } from './slurm-topology.js';
import { readSlurmTopologyYaml } from './slurm-topology-yaml.js';
import type { SlurmTopology } from './slurm-types.js';
import { plainLines, TextIssues } from './text-issues.js';

/** A file about a cluster that exists, told by its content. */
export type ClusterFile = NvidiaSmiTopo | IbFabric | SlurmTopology;

const signs: readonly { readonly sign: RegExp; readonly read: (text: string, file?: string) => ClusterFile }[] = [
  { sign: /^\s*GPU0\s/, read: readNvidiaSmiTopo },
  { sign: /^(?:vendid|devid|sysimgguid|switchguid|caguid)=|^(?:Switch|Ca|Hca|Rt)\s+\d+\s+"/, read: readIbnetdiscover },
  { sign: /^\s*(?:SwitchName|BlockName|BlockSizes|RingName)\s*=/i, read: readSlurmTopology },
  { sign: /^\s*-?\s*(?:topology|cluster_default|tree|block|ring|flat|torus3d)\s*:/, read: readSlurmTopologyYaml },
];

/**
 * Reads a file of `nvidia-smi topo -m`, `ibnetdiscover`, Slurm's topology.conf or topology.yaml, whichever it is.
 * Throws InputError when it is none of them, or what the reader of its kind throws.
 */
export function readClusterFile(text: string, file?: string): ClusterFile {
  for (const line of plainLines(text)) {
    for (const { sign, read } of signs) if (sign.test(line)) return read(text, file);
  }
  const issues = new TextIssues(file);
  issues.add({
    code: 'unknown-format',
    line: 1,
    column: 1,
    path: 'import',
    message: text.trim() === '' ? 'the file is empty' : 'this is no cluster description that is known here',
    expected: 'the output of nvidia-smi topo -m or ibnetdiscover, Slurm topology.conf or topology.yaml',
  });
  issues.throwIfAny();
  throw new Error('readClusterFile: unreachable');
}
