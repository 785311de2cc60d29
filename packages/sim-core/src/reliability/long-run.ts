import { RankedEvents } from '../kernel/ranked-events.js';
import { CounterRandom } from './counter-random.js';
import type { FailureComponent } from './failure-component.js';
import { type FailureDomains, jobInstancesOf, nicsHit } from './failure-domain.js';
import type { FailureEvent, FailureModel, TraceSeed } from './failure-model.js';
import { startFailures } from './failure-processes.js';
import { JobNodes } from './job-nodes.js';
import { JobRun } from './job-run.js';
import type { RecoveryPolicy } from './recovery-policy.js';
import type { Happening, RunBooks, RunEvent, RunObserver, RunPlan } from './run-plan.js';

/** A long run under failures (seconds). */
export interface LongRun {
  readonly plan: Omit<RunPlan, 'startupDeath'>;
  readonly failures: FailureModel;
  readonly domains: FailureDomains;
  readonly recovery: RecoveryPolicy;
  /** End of the simulated time. */
  readonly windowSeconds: number;
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

/** Instances that fail are looked for as far ahead as so many lengths of the job, and further when it gets there. */
const firstEpoch = 2;

/**
 * One trial: the job and all that may fail live on one event queue until the job is done or the window ends (spec/reliability.md
 * 7, contract: long runs).
 * @throws Error when the books do not balance.
 */
export function longRunTrial(run: LongRun, seed: TraceSeed, observer?: RunObserver): RunBooks {
  const { failures: model, windowSeconds } = run;
  const { startup } = model;
  const domains = { ...run.domains, spares: 0 };
  const events = new RankedEvents<Happening>();
  const epochSeconds = Math.min(windowSeconds, firstEpoch * run.plan.solveSeconds);
  startFailures(events, { model, domains, seed, untilSeconds: windowSeconds, epochSeconds }, (failure) =>
    runEventOf(failure, run),
  );
  const plan = startup ? { ...run.plan, startupDeath: startupDeaths(startup, seed) } : run.plan;
  const nodes = new JobNodes(run.recovery, run.domains.spares, run.domains.nicsPerNode);
  return new JobRun(plan, nodes, events, windowSeconds, observer).run();
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
