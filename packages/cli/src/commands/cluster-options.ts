import { traceFormats } from '@regatta/scenarios';
import { placementNames, policyNames } from '@regatta/sim-core';
import type { OptionSpec } from '../conduct/command.js';

const text = (describe: string): OptionSpec => ({ type: 'string', describe });

/** Options of `cluster`. */
export const clusterOptions: Readonly<Record<string, OptionSpec>> = {
  cluster: text('cluster of the catalogue'),
  device: text('device of its nodes'),
  set: { type: 'array', describe: 'path=value: any field of the scenario, repeatable' },
  jobs: text('job trace or job file (docs/scheduling.md lists the formats)'),
  format: { ...text('format of the trace (default: by its content)'), choices: traceFormats },
  lengths: text('JSON file with the length of each application, for traces without run times'),
  strict: { type: 'boolean', describe: 'exit 2 at the first bad row' },
  'scale-load': text('jobs arrive so many times as fast'),
  from: text('leave out jobs submitted before this time of the trace'),
  until: text('leave out jobs submitted from this time on, and stop there'),
  policy: text(`scheduling policies, separated by commas: ${policyNames.join(' ')}, or a .ts or .js file`),
  placement: { ...text('where jobs go (default packed)'), choices: placementNames },
  pool: text('a pool of so many counted GPUs instead of nodes'),
  nodes: text('number of nodes'),
  'gpus-per-node': text('GPUs of a node (default 8)'),
  'nodes-per-leaf': text('nodes under one leaf (default 32)'),
  spares: text('nodes that stand by until one fails'),
  speeds: {
    ...text(
      'gpus: a job runs as fast as its GPU count says; step: as the step simulation of the scenario on its placement',
    ),
    choices: ['gpus', 'step'],
  },
  contention: text('oversubscription of the leaves: jobs that share spines slow each other'),
  'mtbf-hours': text('mean time between failures of a node, exponential (default: no failures)'),
  'repair-hours': text('mean time to repair a node (default 24)'),
  restart: text('time without progress when a job starts again'),
  resize: text('time without progress after a resize'),
  'checkpoint-interval': text('work between two checkpoints (default: a failure loses everything)'),
  'checkpoint-write': text('time without progress that writing a checkpoint takes'),
  preemption: { ...text('what a preemption loses (default lossless)'), choices: ['lossless', 'lastCheckpoint'] },
  'minimum-run': text('time that a job runs before it may be preempted'),
  overrun: { ...text('a job over its estimate goes on or is killed (default extend)'), choices: ['extend', 'kill'] },
  'las-thresholds': text('thresholds of las in GPU-seconds, separated by commas (default 3600,36000)'),
  'policy-timeout': text('time after which a call into a policy file is stopped (default 10)'),
  case: text('a file of reference/schedules: run it under the policies that it lists'),
  seed: text('seed of failures and random placement (default 1)'),
};
