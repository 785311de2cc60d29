import { synchronousScheme } from './checkpoint-tiers.js';
import { runJob } from './run-job.js';
import type { PhaseInterval, RunBooks, RunEvent } from './run-plan.js';

/** Lengths of the phases of a long run, in any one unit of time (spec/reliability.md 1). */
export interface RunPhases {
  /** Useful compute that the job needs; Infinity = as long as the window is. */
  readonly solve: number;
  /** Useful compute between checkpoints. */
  readonly interval: number;
  readonly write: number;
  readonly restart: number;
}

/** One failure that strikes: when, and how long the job is down for it before it restarts. */
export interface Strike {
  readonly time: number;
  /** Called when it strikes, with the time at which it does. */
  downUntil(strikeTime: number): number;
}

/**
 * Runs a job that restarts from its last completed synchronous checkpoint through given failures, each of which stops it: the
 * model of the closed forms (spec/reliability.md 1, 7.3).
 * @param strikes In ascending order of time.
 * @param window End of the simulated time; what is computed and not yet saved then is kept.
 * @throws Error when the books do not balance.
 */
export function restartRun(
  phases: RunPhases,
  strikes: readonly Strike[],
  window = Number.POSITIVE_INFINITY,
  observe?: (interval: PhaseInterval) => void,
): RunBooks {
  const events = strikes.map(
    ({ time }, index): RunEvent => ({
      time,
      name: '',
      mode: 'stop',
      firstNode: index,
      nodeCount: 1,
      detectSeconds: 0,
      repairSeconds: 0,
      slowFactor: 1,
      nics: [],
      capacityFactor: 1,
      transient: false,
      ownNodeOnly: false,
    }),
  );
  let struck: Strike | undefined;
  return runJob(
    {
      solveSeconds: phases.solve,
      checkpoint: synchronousScheme(phases.interval, phases.write, 0),
      restartSeconds: phases.restart,
      stepSeconds: 1,
      horizonSeconds: 0,
    },
    {
      speed: 1,
      standstill: undefined,
      nextAilmentEnd: Number.POSITIVE_INFINITY,
      failoverSeconds: undefined,
      hits: () => true,
      takeAway: (event) => {
        struck = strikes[event.firstNode];
      },
      slowDown: () => undefined,
      endAilment: () => [],
      reconnect: () => undefined,
      readyAt: (found) => struck?.downUntil(found) ?? found,
      speedAfterReturns: () => 1,
    },
    events,
    window,
    observe,
  );
}
