import type { FailureComponent } from './failure-component.js';
import { type FailureDomains, jobInstancesOf } from './failure-domain.js';
import { drawFailures, type FailureModel, type TraceSeed } from './failure-trace.js';
import { type PhaseInterval, type RunBooks, type RunPhases, restartRun, type Strike } from './restart-run.js';

/** A long run under failures whose job waits for its nodes, or takes spare ones (seconds). */
export interface LongRun {
  readonly phases: RunPhases;
  readonly failures: FailureModel;
  readonly domains: FailureDomains;
  /** End of the simulated time. */
  readonly windowSeconds: number;
}

/** Failures of the whole job in one hour of running: the sum over instances of 1 / MTBF. */
export function failureRatePerHour(components: readonly FailureComponent[], domains: FailureDomains): number {
  return components.reduce((sum, component) => sum + jobInstancesOf(component.level, domains) / component.mtbfHours, 0);
}

/**
 * One trial. A failure stops the job when it hits a node that is in use then; the job restarts after detection and, without a
 * spare node for each that is away, after the repair (spec/reliability.md 7, contract: long runs).
 */
export function longRunTrial(run: LongRun, seed: TraceSeed, observe?: (interval: PhaseInterval) => void): RunBooks {
  const { components } = run.failures;
  const events = drawFailures(run.failures, { ...run.domains, spares: 0 }, run.windowSeconds, seed);
  // Instants at which nodes in repair come back, for the spares that stand in for them.
  let away: number[] = [];
  const strikes = events.map((event): Strike => {
    const component = components[event.component];
    const detect = component?.detectSeconds ?? 0;
    const repair = (component?.repairHours ?? 0) * 3600;
    return {
      time: event.timeSeconds,
      downUntil: (time) => {
        const found = time + detect;
        if (repair === 0 || event.nodeCount === 0) return found;
        away = away.filter((back) => back > found);
        for (let node = 0; node < event.nodeCount; node++) away.push(found + repair);
        if (away.length <= run.domains.spares) return found;
        // The job needs all but as many nodes as there are spares: it waits until enough of the others are back.
        const order = [...away].sort((a, b) => a - b);
        return order[away.length - run.domains.spares - 1] ?? found;
      },
    };
  });
  return restartRun(run.phases, strikes, run.windowSeconds, observe);
}
