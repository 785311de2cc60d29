import { numberOf, type Setting, type Settings } from './settings.js';

const nodeKeys = ['nnodes', 'num-nodes'];
const nodeGpuKeys = ['nproc-per-node', 'num-gpus', 'gpus-per-node', 'ntasks-per-node'];
/** All of a launch at once: `mpirun -np 64`, `srun --ntasks 64`. */
const totalKeys = ['np', 'ntasks', 'gpus'];

/** `4`, `1:4` (elastic: the most), `h100:8`. */
const sizeOf = (setting: Setting | undefined): number | undefined => {
  const value = numberOf(
    String(setting?.value ?? '')
      .split(':')
      .at(-1),
  );
  return value !== undefined && Number.isSafeInteger(value) && value > 0 ? value : undefined;
};

/**
 * GPUs that a launch starts: nodes x processes of a node, or all processes; undefined when the file does not tell. A launcher that
 * starts several processes without a number of nodes starts them on one.
 */
export function launchedGpus(settings: Settings): number | undefined {
  /** The first of some keys that holds a number. */
  const first = (keys: readonly string[]): { size: number; setting: Setting } | undefined => {
    for (const setting of keys.map((key) => settings.find(key))) {
      const size = sizeOf(setting);
      if (setting && size !== undefined) return { size, setting };
    }
    return undefined;
  };
  const nodes = first(nodeKeys);
  const ofNode = first(nodeGpuKeys);
  const total = first(totalKeys);
  const from = (ofNode ?? total)?.setting;
  if (from) settings.origins.set('gpus', { line: from.line, column: from.column });
  if (ofNode && nodes) return ofNode.size * nodes.size;
  if (total && total.size !== ofNode?.size) return total.size;
  if (!ofNode || settings.has(nodeKeys)) return undefined;
  settings.assume(settings.spell('nnodes'), 'not given: 1, the default of the launcher', 'job.parallel.data');
  return ofNode.size;
}
