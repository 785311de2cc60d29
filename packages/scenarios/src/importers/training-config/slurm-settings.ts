import type { Setting } from './settings.js';
import type { Piece } from './shell-variables.js';

/** Short options of srun, sbatch and mpirun by the name of the long one. */
export const shortOptions: Readonly<Record<string, string>> = {
  '-N': 'nnodes',
  '-n': 'ntasks',
  '-np': 'np',
  '-G': 'gpus',
};

/** `#SBATCH --nodes=16`, `#SBATCH -N 16` by name. */
export function slurmSettings(text: string): Map<string, Setting> {
  const found = new Map<string, Setting>();
  for (const [i, line] of text.split('\n').entries()) {
    const [, option, value] = /^#SBATCH\s+(--[\w-]+|-[A-Za-z])(?:[=\s]\s*|)([^\s#]+)/.exec(line) ?? [];
    if (option === undefined || value === undefined) continue;
    const place = { line: i + 1, column: 1, name: option };
    const ofNode = /^gpu(?::\w+)*?:(\d+)/.exec(value)?.[1];
    const key = option === '--nodes' ? 'nnodes' : (shortOptions[option] ?? option.slice(2));
    if (['nnodes', 'gpus-per-node', 'ntasks-per-node', 'ntasks', 'gpus'].includes(key))
      found.set(key, { ...place, value });
    if (option === '--gres' && ofNode !== undefined) found.set('gpus-per-node', { ...place, value: ofNode });
  }
  return found;
}

/** Variables that Slurm sets for a job, from what its script asks for. */
export const environmentOf = (slurm: ReadonlyMap<string, Setting>): Map<string, Piece> => {
  const names: readonly (readonly [string, string])[] = [
    ['SLURM_NNODES', 'nnodes'],
    ['SLURM_JOB_NUM_NODES', 'nnodes'],
    ['SLURM_GPUS_PER_NODE', 'gpus-per-node'],
    ['SLURM_GPUS_ON_NODE', 'gpus-per-node'],
    ['SLURM_NTASKS_PER_NODE', 'ntasks-per-node'],
    ['SLURM_NTASKS', 'ntasks'],
  ];
  return new Map(
    names.flatMap(([name, key]): [string, Piece][] => {
      const setting = slurm.get(key);
      return setting ? [[name, { text: String(setting.value), line: setting.line, column: setting.column }]] : [];
    }),
  );
};
