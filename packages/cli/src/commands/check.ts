import { didYouMean, InputError } from '@regatta/scenarios';
import { builtInPolicy, policyNames } from '@regatta/sim-core';
import { type CheckOptions, invariants } from '@regatta/sim-core/testing';
import { type Command, stringArgument } from '../conduct/command.js';
import { deliver } from '../conduct/deliver.js';
import { Flags } from '../conduct/flags.js';
import { writeError } from '../conduct/standard-streams.js';
import { type CheckTask, type CheckTaskResult, runCheckTask } from '../workers/check-task.js';
import { isPolicyFile } from '../workers/cluster-task.js';
import { policyFailure, runInWorker } from '../workers/policy-task.js';

const modelNames = ['pool', 'nodes'] as const;

/** `check`: property-tests a scheduling policy. Exit 1 when it breaks an invariant, throws or never returns. */
export const check: Command = {
  usage: 'check',
  describe:
    'Property-tests a scheduling policy on random clusters, jobs and failures against the invariants of cluster scheduling, and shows the smallest world in which it breaks one.',
  examples: [
    ['regatta check --policy easy', '1,000 worlds for a built-in policy'],
    ['regatta check --policy my-policy.ts --runs 10000', 'a policy of your own, more thoroughly'],
    [
      "regatta check --policy my-policy.ts --seed 1 --path '12:3:0'",
      'the counterexample again that an earlier check printed',
    ],
  ],
  options: {
    policy: { type: 'string', describe: `${policyNames.join(' | ')} | a .ts or .js file` },
    runs: { type: 'string', describe: 'worlds to try (default 1000)' },
    seed: { type: 'string', describe: 'seed of the worlds (default 1)' },
    path: { type: 'string', describe: 'counterexample to replay, as printed' },
    'max-jobs': { type: 'string', describe: 'most jobs in a world (default 24)' },
    model: { type: 'string', describe: 'only pools, or only clusters of nodes', choices: modelNames },
    'las-thresholds': { type: 'string', describe: 'thresholds of las in GPU-seconds (default 10,50)' },
    'policy-timeout': {
      type: 'string',
      describe: 'time after which a call into a policy file is stopped (default 10)',
    },
  },
  async run(args, io) {
    const flags = new Flags(args);
    const name = stringArgument(args, 'policy');
    if (name === undefined) flags.wrong('policy', 'is missing', 'the name of a policy, or a .ts or .js file');
    else if (isPolicyFile(name)) io.readText(name);
    else if (!policyNames.includes(name)) {
      flags.wrong(
        'policy',
        `unknown policy ${name}${didYouMean(name, policyNames)}`,
        `${policyNames.join(' | ')} | a .ts or .js file`,
      );
    }
    const runs = flags.count('runs', 1) ?? 1000;
    const seed = flags.count('seed') ?? 1;
    const maxJobs = flags.count('max-jobs', 1);
    const thresholds = flags.list('las-thresholds')?.map(Number) ?? [10, 50];
    const timeout = flags.seconds('policy-timeout') ?? 10;
    const path = stringArgument(args, 'path');
    if (path !== undefined && !/^\d+(:\d+)*$/.test(path))
      flags.wrong('path', `is ${path}`, 'numbers separated by colons');
    flags.throwIfAny();
    const model = modelNames.find((known) => known === args.model);
    const options: CheckOptions = {
      runs,
      seed,
      ...(path === undefined ? {} : { path }),
      ...(maxJobs === undefined ? {} : { maxJobs }),
      ...(model === undefined ? {} : { model }),
    };
    const task: CheckTask = { kind: 'check', policy: name ?? '', options };
    let result: CheckTaskResult;
    try {
      result = await runTask(task, thresholds, timeout);
    } catch (error) {
      const failure = policyFailure(error);
      if (failure === undefined) throw error;
      writeError(`error: ${failure}\n`);
      return 1;
    }
    const { counterexample } = result;
    const replay = counterexample === undefined ? '' : replayCommand(task, counterexample.path, args);
    deliver(args, io, checkJson(task, result, replay), () =>
      counterexample === undefined
        ? `policy ${result.policy}: no counterexample in ${runs} worlds, ${invariants.length} invariants\n`
        : `policy ${result.policy} breaks an invariant (world ${counterexample.runs}, made smaller ${counterexample.shrinks} times)\n\n${result.text}\n\nreplay: ${replay}\n`,
    );
    return counterexample === undefined ? 0 : 1;
  },
};

async function runTask(
  task: CheckTask,
  lasThresholdsGpuSeconds: readonly number[],
  timeout: number,
): Promise<CheckTaskResult> {
  if (!isPolicyFile(task.policy)) {
    const policy = builtInPolicy(task.policy, { lasThresholdsGpuSeconds });
    if (policy === undefined) throw new Error(`no policy ${task.policy}`);
    return runCheckTask(task, policy);
  }
  const result = await runInWorker(task, timeout, () => {});
  if ('study' in result) throw new InputError([]);
  return result;
}

/** The command line that finds this counterexample again. */
function replayCommand(task: CheckTask, path: string, args: Readonly<Record<string, unknown>>): string {
  const kept = ['max-jobs', 'model', 'las-thresholds'].flatMap((name) =>
    args[name] === undefined ? [] : [`--${name} ${String(args[name])}`],
  );
  return [`regatta check --policy ${task.policy} --seed ${task.options.seed} --path '${path}'`, ...kept].join(' ');
}

function checkJson(task: CheckTask, result: CheckTaskResult, replay: string): unknown {
  const { counterexample } = result;
  return {
    schemaVersion: 1,
    command: 'check',
    policy: result.policy,
    runs: task.options.runs,
    seed: task.options.seed,
    invariants: invariants.map(({ id, title }) => ({ id, title })),
    counterexample: counterexample === undefined ? null : { ...counterexample, replay },
  };
}
