import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { longRunTasks, resolveScenario, scalingPoints, trialRunner } from '@regatta/scenarios';
import {
  builtInPolicy,
  EventQueue,
  gpuPool,
  type JobSpec,
  noPerturbation,
  RandomStreams,
  runCluster,
  simulateFlows,
  simulateStep,
} from '@regatta/sim-core';
import { workloads } from '../network/workloads.js';

/** Does a piece of work; returns its CPU seconds where it ran in a process of its own. */
export type Work = () => number | undefined;

/** A piece of work whose time is guarded; `prepare` is not timed. */
export interface GuardedWork {
  readonly name: string;
  prepare(): Work;
}

const here =
  (work: () => unknown): Work =>
  () => {
    work();
    return undefined;
  };

function hold(pending: number, operations: number): GuardedWork {
  return {
    name: `HOLD at ${pending.toExponential(0)}`,
    prepare: () => {
      const random = new RandomStreams(1).stream('hold');
      const gaps = Float64Array.from({ length: 1 << 16 }, () => random.exponential(1));
      const gap = (i: number): number => gaps[i & 0xffff] ?? 0;
      const queue = new EventQueue(pending);
      for (let i = 0; i < pending; i++) queue.push(gap(i), i);
      let k = 0;
      return here(() => {
        for (let i = 0; i < operations; i++) {
          const payload = queue.pop();
          queue.push(queue.poppedTime + gap(k++), payload);
        }
      });
    },
  };
}

function flows(name: string): GuardedWork {
  return {
    name: `flows ${name}`,
    prepare: () => {
      const flowCase = workloads.find((workload) => workload.name === name)?.make();
      if (!flowCase) throw new Error(`no workload ${name}`);
      return here(() => simulateFlows(flowCase));
    },
  };
}

function step(name: string, gpus: number, fold: boolean, slowRanks: number): GuardedWork {
  return {
    name: `step ${name}`,
    prepare: () => {
      const resolution = resolveScenario({ source: 'llama-3.1-405b-h100', readText: () => undefined });
      const [point] = scalingPoints(resolution, { gpus: [gpus], scaling: 'strong' }).points;
      if (!point) throw new Error('no scaling point');
      const slow = Array.from({ length: slowRanks }, (_, i) => ({
        rank: (i * 997) % gpus,
        factor: 1 + (i + 1) / 2000,
      }));
      return here(() => simulateStep(point.job, point.cluster, { ...noPerturbation, slowRanks: slow }, { fold }));
    },
  };
}

const longRun: GuardedWork = {
  name: '54 days at 16,384 GPUs, 30 trials',
  prepare: () => {
    const sets = ['failures={profile: llama3-2024}', 'recovery={policy: shrink, spares: 8}'];
    const resolution = resolveScenario({ source: 'llama-3.1-405b-h100', sets, readText: () => undefined });
    const request = { gpus: [16384], scaling: 'weak' as const, trials: 30, windowSeconds: 54 * 86400 };
    const [task] = longRunTasks(resolution, request).tasks;
    if (!task) throw new Error('no long run');
    const run = trialRunner(task);
    return here(() => {
      for (let trial = 0; trial < 30; trial++) run(trial);
    });
  },
};

const scheduling: GuardedWork = {
  name: 'EASY, 5,000 jobs',
  prepare: () => {
    const random = new RandomStreams(2).stream('jobs');
    let now = 0;
    const jobs = Array.from({ length: 5000 }, (_, i): JobSpec => {
      now += random.exponential(30);
      const runSeconds = random.exponential(3600);
      return {
        id: `${i}`,
        submitSeconds: now,
        gpus: 2 ** random.integer(8),
        runSeconds,
        estimateSeconds: 2 * runSeconds,
      };
    });
    const policy = builtInPolicy('easy', {});
    if (!policy) throw new Error('no policy easy');
    return here(() => runCluster({ cluster: gpuPool(4096), jobs, policy }));
  },
};

const startUp: GuardedWork = {
  name: 'start-up: --help',
  prepare: () => {
    const regatta = join(process.cwd(), 'packages/cli/bin/regatta.js');
    const report = `data:text/javascript,process.on('exit',()=>{const {user,system}=process.cpuUsage();process.stderr.write('@cpu '+(user+system)+'\\n')})`;
    return () => {
      const run = spawnSync(process.execPath, ['--import', report, regatta, '--help'], { encoding: 'utf8' });
      if (run.status !== 0) throw new Error('regatta --help failed');
      return Number(/@cpu (\d+)/.exec(run.stderr)?.[1]) / 1e6;
    };
  },
};

export const guardedWorks: readonly GuardedWork[] = [
  hold(1e3, 1e6),
  hold(1e5, 1e6),
  hold(1e6, 5e5),
  flows('w3b-random-10k-busy'),
  flows('w5-stride-16k'),
  step('405B at 16,384 GPUs', 16384, true, 0),
  step('405B at 2,048 GPUs, every rank', 2048, false, 0),
  step('405B at 4,096 GPUs, 1 % slowed', 4096, true, 41),
  longRun,
  scheduling,
  startUp,
];
