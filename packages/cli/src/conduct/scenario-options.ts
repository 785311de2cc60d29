import {
  InputError,
  type InputIssue,
  type Override,
  parseCount,
  type Resolution,
  resolveScenario,
} from '@regatta/scenarios';
import { type Arguments, flag, listArgument, type OptionSpec, stringArgument } from './command.js';
import type { Io } from './io.js';

interface FieldFlag {
  readonly path: string;
  readonly count: boolean;
  readonly describe: string;
}

/** Flags that are a field of the scenario (contract: flags). */
const fieldFlags: Readonly<Record<string, FieldFlag>> = {
  model: { path: 'job.model', count: false, describe: 'model: catalogue name or path of a config.json' },
  cluster: { path: 'cluster', count: false, describe: 'cluster: catalogue name, or a file that holds one' },
  device: {
    path: 'cluster.device',
    count: false,
    describe: 'device: catalogue name, or path of a device file; without a cluster, in its usual nodes and network',
  },
  tp: { path: 'job.parallel.tensor', count: true, describe: 'tensor-parallel size' },
  pp: { path: 'job.parallel.pipeline', count: true, describe: 'pipeline-parallel size' },
  cp: { path: 'job.parallel.context', count: true, describe: 'context-parallel size' },
  ep: { path: 'job.parallel.expert', count: true, describe: 'expert-parallel size' },
  dp: { path: 'job.parallel.data', count: true, describe: 'data-parallel size' },
  vpp: { path: 'job.parallel.virtualStages', count: true, describe: 'model chunks of each pipeline rank' },
  zero: { path: 'job.parallel.zero', count: true, describe: 'ZeRO stage 0 to 3' },
  'micro-batch': { path: 'job.microBatch', count: true, describe: 'sequences of one micro-batch' },
  'global-batch': { path: 'job.globalBatch', count: true, describe: 'sequences of one optimizer step' },
  'seq-len': { path: 'job.sequenceLength', count: true, describe: 'tokens of a sequence' },
  precision: { path: 'job.precision', count: false, describe: 'bf16 | fp16 | fp8 | mxfp8 | nvfp4 | fp32' },
  schedule: {
    path: 'job.schedule',
    count: false,
    describe: 'gpipe | 1f1b | interleaved | zb-h1 | zb-v | dualpipe | file',
  },
  recompute: { path: 'job.recompute', count: false, describe: 'none | selective | full' },
  stack: { path: 'job.stack', count: false, describe: 'software stack whose constants the device has' },
  seed: { path: 'seed', count: true, describe: 'seed of everything random' },
};

/** Options of every command that takes a scenario. */
export const scenarioOptions: Readonly<Record<string, OptionSpec>> = {
  ...Object.fromEntries(
    Object.entries(fieldFlags).map(([name, { describe }]): [string, OptionSpec] => [
      name,
      { type: 'string', describe },
    ]),
  ),
  set: { type: 'array', describe: 'any field: --set job.parallel.tensor=4 (repeatable, the last word)' },
};

function readIfThere(io: Io): (path: string) => string | undefined {
  return (path) => (io.exists(path) ? io.readText(path) : undefined);
}

/**
 * The scenario of a command line: positional file or catalogue name, flags, --set.
 * @param last Laid over all of them.
 */
export function scenarioOf(args: Arguments, io: Io, last: readonly Override[] = []): Resolution {
  const overrides: Override[] = [];
  const issues: InputIssue[] = [];
  for (const [name, { path, count }] of Object.entries(fieldFlags)) {
    const text = stringArgument(args, name);
    if (text === undefined) continue;
    const value = count ? parseCount(text) : text;
    if (value === undefined) {
      issues.push({
        code: 'flag',
        path: `--${name}`,
        message: `is ${text}`,
        expected: 'a whole number',
        received: text,
      });
    } else overrides.push({ path: path.split('.'), value, flag: `--${name}` });
  }
  if (issues.length > 0) throw new InputError(issues);
  const source = stringArgument(args, 'scenario');
  const gpus = gpuCounts(args, 'baseline')[0] ?? gpuCounts(args).sort((a, b) => a - b)[0];
  return withFlagNames(() =>
    resolveScenario({
      ...(source === undefined ? {} : { source }),
      overrides,
      sets: listArgument(args, 'set'),
      last,
      readText: readIfThere(io),
      ...(gpus === undefined ? {} : { gpus }),
      strict: flag(args, 'strict'),
    }),
  );
}

/** Runs `resolve`; what is missing on the command line is said with the flag that gives it. */
function withFlagNames(resolve: () => Resolution): Resolution {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.issues.map((issue) => {
        const [name] = Object.entries(fieldFlags).find(([, { path }]) => path === issue.path) ?? [];
        if (issue.code !== 'missing' || issue.file !== undefined || name === undefined) return issue;
        const or = name === 'cluster' ? `--cluster, or --device for its usual network` : `--${name}`;
        return { ...issue, expected: `${issue.expected}: ${or}` };
      }),
    );
  }
}

/** A comma-separated list of GPU counts; empty when the flag is absent. */
export function gpuCounts(args: Arguments, name = 'gpus'): number[] {
  const text = stringArgument(args, name);
  if (text === undefined) return [];
  return text.split(',').map((part) => {
    const value = parseCount(part);
    if (value === undefined || value < 1) {
      throw new InputError([
        {
          code: 'flag',
          path: `--${name}`,
          message: `${part === '' ? 'an empty count' : part} is no GPU count`,
          expected: 'whole numbers of at least 1, separated by commas',
          received: text,
        },
      ]);
    }
    return value;
  });
}
