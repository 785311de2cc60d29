import { simulateFlows } from '@regatta/sim-core';
import { ringByDependencies, ringByRounds } from './rings.js';
import { workloads } from './workloads.js';

/** One workload in a process of its own. */
export interface Measured {
  /** First run in a fresh process, code still cold. */
  readonly coldSeconds: number;
  /** Median of the runs after it. */
  readonly warmSeconds: number;
  readonly simulatedSeconds: number;
  readonly flows: number;
  /** Peak memory of the process, in bytes. */
  readonly peakBytes: number;
  /** Finish of each flow, where flows are listed. */
  readonly finish: readonly number[];
}

interface Outcome {
  readonly simulatedSeconds: number;
  readonly flows: number;
  readonly finish: readonly number[];
}

/** What the benchmark knows, with the speed over SimGrid's that is asked for. */
export const benchmarks: readonly { readonly name: string; readonly target: number }[] = [
  ...workloads.map(({ name, target }) => ({ name, target })),
  { name: 'ring by rounds', target: 5 },
  { name: 'ring by dependencies', target: 5 },
];

function prepared(name: string): () => Outcome {
  if (name === 'ring by rounds') return () => ({ ...ringByRounds(), finish: [] });
  if (name === 'ring by dependencies') return () => ({ ...ringByDependencies(), finish: [] });
  const flowCase = workloads.find((workload) => workload.name === name)?.make();
  if (!flowCase) throw new Error(`no workload ${name}`);
  return () => {
    const { finish, makespan } = simulateFlows(flowCase);
    return { simulatedSeconds: makespan, flows: finish.length, finish: [...finish] };
  };
}

const seconds = (): number => Number(process.hrtime.bigint()) / 1e9;
const peak = (): number => process.resourceUsage().maxRSS * 1024;

/** Runs a workload in this process: once cold, then a few times warm. */
export function measure(name: string): Measured {
  const run = prepared(name);
  const times: number[] = [];
  let outcome: Outcome | undefined;
  let peakBytes = 0;
  for (let i = 0; i < 6 && (i < 2 || times.reduce((sum, time) => sum + time, 0) < 4); i++) {
    const start = seconds();
    outcome = run();
    times.push(seconds() - start);
    if (i === 0) peakBytes = peak();
  }
  const [coldSeconds = 0, ...warm] = times;
  warm.sort((a, b) => a - b);
  if (!outcome) throw new Error('no run');
  const warmSeconds = warm[Math.floor(warm.length / 2)] ?? coldSeconds;
  return { coldSeconds, warmSeconds, ...outcome, peakBytes };
}
