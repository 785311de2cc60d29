import { CounterRandom } from './counter-random.js';
import type { FailureComponent } from './failure-component.js';
import { type FailureDomains, jobInstancesOf, nicsHit } from './failure-domain.js';
import { drawFailures, type FailureModel, type TraceSeed } from './failure-trace.js';
import { JobNodes } from './job-nodes.js';
import { runJob } from './job-run.js';
import type { RecoveryPolicy } from './recovery-policy.js';
import type { PhaseInterval, RunBooks, RunEvent, RunPlan, RunStop } from './run-plan.js';

/** A long run under failures (seconds). */
export interface LongRun {
  readonly plan: Omit<RunPlan, 'startupDeath'>;
  readonly failures: FailureModel;
  readonly domains: FailureDomains;
  readonly recovery: RecoveryPolicy;
  /** End of the simulated time. */
  readonly windowSeconds: number;
}

/** Who watches one trial. */
export interface TrialObserver {
  readonly phase?: (interval: PhaseInterval) => void;
  readonly stop?: (stop: RunStop) => void;
}

const nodeLevels = new Set(['gpu', 'nic', 'link', 'node']);

/**
 * Failures that stop the whole job in one hour of running: the sum over instances of 1 / MTBF, with what lemon nodes and
 * followers add to it.
 */
export function failureRatePerHour(
  failures: Pick<FailureModel, 'components' | 'lemons' | 'correlated'>,
  domains: FailureDomains,
): number {
  const { lemons, correlated } = failures;
  const lemonShare = lemons ? 1 + lemons.fraction * (lemons.factor - 1) : 1;
  const rate = (component: FailureComponent): number =>
    ((nodeLevels.has(component.level) ? lemonShare : 1) * jobInstancesOf(component.level, domains)) /
    component.mtbfHours;
  const own = failures.components.filter(({ mode }) => mode === 'stop').reduce((sum, one) => sum + rate(one), 0);
  return own * (1 + (correlated?.probability ?? 0));
}

/**
 * One trial: draws the failures of its seed and runs the job through them (spec/reliability.md 7, contract: long runs).
 * @throws Error when the books do not balance.
 */
export function longRunTrial(run: LongRun, seed: TraceSeed, observer: TrialObserver = {}): RunBooks {
  const { components, startup, lemons } = run.failures;
  const drawn = drawFailures(run.failures, { ...run.domains, spares: 0 }, run.windowSeconds, seed);
  const events = drawn.map(({ timeSeconds, component, instance, firstNode, nodeCount, ofLemon }): RunEvent => {
    const kind = components[component];
    const repairHours = (ofLemon ? lemons?.repairHours : undefined) ?? kind?.repairHours ?? 0;
    const capacityFactor = kind?.capacityFactor ?? 1;
    return {
      time: timeSeconds,
      name: kind?.name ?? '',
      mode: kind?.mode ?? 'stop',
      firstNode,
      nodeCount,
      detectSeconds: kind?.detectSeconds ?? 0,
      repairSeconds: nodeCount === 0 ? 0 : repairHours * 3600,
      slowFactor: kind?.slowFactor ?? 1,
      nics: kind && capacityFactor < 1 ? nicsHit(kind.level, instance, run.domains) : [],
      capacityFactor,
      transient: kind?.transient ?? false,
      ownNodeOnly: ofLemon,
    };
  });
  const plan = startup ? { ...run.plan, startupDeath: startupDeaths(startup, seed) } : run.plan;
  const nodes = new JobNodes(run.recovery, run.domains.spares);
  return runJob(plan, nodes, events, run.windowSeconds, observer.phase, observer.stop);
}

function startupDeaths(
  { probability, meanSeconds }: NonNullable<FailureModel['startup']>,
  { seed, trial }: TraceSeed,
): (start: number) => number | undefined {
  const random = new CounterRandom(`${seed}/trial ${trial}/startup`);
  return (start) =>
    random.uniform(start, 0) < probability ? -meanSeconds * Math.log1p(-random.uniform(start, 1)) : undefined;
}
