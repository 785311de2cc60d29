import { CounterRandom } from './counter-random.js';
import type { FailureComponent } from './failure-component.js';
import { type FailureDomains, jobInstancesOf, nicsHit } from './failure-domain.js';
import { drawFailures, type FailureEvent, type FailureModel, type TraceSeed } from './failure-trace.js';
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

/** What happens to the job's nodes in one hour, of whatever mode, without what lemons and followers add. */
export const eventsPerHour = ({ components }: Pick<FailureModel, 'components'>, domains: FailureDomains): number =>
  components.reduce((sum, { level, mtbfHours }) => sum + jobInstancesOf(level, domains) / mtbfHours, 0);

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

/** Lengths of the job for which failures are drawn at first, and how much further when it is not done by then. */
const firstHorizon = 2;
const furtherHorizon = 4;

/**
 * One trial: draws the failures of its seed and runs the job through them (spec/reliability.md 7, contract: long runs). They are drawn
 * no further than the job needs, which changes none of them.
 * @throws Error when the books do not balance.
 */
export function longRunTrial(run: LongRun, seed: TraceSeed, observer?: TrialObserver): RunBooks {
  let horizon = Math.min(run.windowSeconds, firstHorizon * run.plan.solveSeconds);
  for (;;) {
    const books = runWithin(run, seed, horizon);
    if (books.finished || horizon >= run.windowSeconds)
      return observer ? runWithin(run, seed, horizon, observer) : books;
    horizon = Math.min(run.windowSeconds, furtherHorizon * horizon);
  }
}

function runWithin(run: LongRun, seed: TraceSeed, horizon: number, observer: TrialObserver = {}): RunBooks {
  const { startup } = run.failures;
  const drawn = drawFailures(run.failures, { ...run.domains, spares: 0 }, horizon, seed);
  const events = drawn.map((failure) => runEventOf(failure, run));
  const plan = startup ? { ...run.plan, startupDeath: startupDeaths(startup, seed) } : run.plan;
  const nodes = new JobNodes(run.recovery, run.domains.spares);
  return runJob(plan, nodes, events, horizon, observer.phase, observer.stop);
}

function runEventOf(failure: FailureEvent, { failures, domains }: LongRun): RunEvent {
  const { timeSeconds, component, instance, firstNode, nodeCount, ofLemon } = failure;
  const kind = failures.components[component];
  if (!kind) throw new RangeError(`longRunTrial: failure of unknown component ${component}`);
  const repairHours = (ofLemon ? failures.lemons?.repairHours : undefined) ?? kind.repairHours;
  const capacityFactor = kind.capacityFactor ?? 1;
  return {
    time: timeSeconds,
    name: kind.name,
    mode: kind.mode,
    firstNode,
    nodeCount,
    detectSeconds: kind.detectSeconds,
    repairSeconds: nodeCount === 0 ? 0 : repairHours * 3600,
    slowFactor: kind.slowFactor ?? 1,
    nics: capacityFactor < 1 ? nicsHit(kind.level, instance, domains) : [],
    capacityFactor,
    transient: kind.transient ?? false,
    ownNodeOnly: ofLemon,
  };
}

function startupDeaths(
  { probability, meanSeconds }: NonNullable<FailureModel['startup']>,
  { seed, trial }: TraceSeed,
): (start: number) => number | undefined {
  const random = new CounterRandom(`${seed}/trial ${trial}/startup`);
  return (start) =>
    random.uniform(start, 0) < probability ? -meanSeconds * Math.log1p(-random.uniform(start, 1)) : undefined;
}
