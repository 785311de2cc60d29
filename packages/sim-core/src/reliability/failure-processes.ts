import type { RankedEvents, Sleeper } from '../kernel/ranked-events.js';
import { type FailureDomains, instancesOf } from './failure-domain.js';
import { FailureLaw } from './failure-law.js';
import type { FailureEvent, FailureModel, Incident, TraceSeed } from './failure-model.js';

/** Failures of one trial. */
export interface TrialFailures {
  readonly model: FailureModel;
  readonly domains: FailureDomains;
  readonly seed: TraceSeed;
  /** From then on nothing fails. */
  readonly untilSeconds: number;
  /** Above 0: instances whose first failure comes later are looked for only once the trial gets there; default: the end. */
  readonly epochSeconds?: number;
}

/** Length of the next epoch over all those before. */
const epochGrowth = 4;

/** Instances are looked through before anything happens in their epoch, a log goes before what is drawn. */
const censusRank = Number.NEGATIVE_INFINITY;
const logRank = 0;
/** Failures of one instant strike in the order of component and instance. */
const instanceRank = (component: number, instance: number): number => 1 + component * 2 ** 32 + instance;

/**
 * Sets a trial's failures going: from now on each instance of each component is a process that sleeps in the queue until it fails,
 * draws when it fails next, and sleeps again. A log of incidents is one process.
 * @param tell What happens when something fails.
 * @throws RangeError when a field of a component makes no sense, or an incident is of none.
 */
export function startFailures<T>(
  events: RankedEvents<T>,
  failures: TrialFailures,
  tell: (failure: FailureEvent) => T,
): void {
  const { model, domains, seed } = failures;
  const logged = new Set(model.incidents?.map(({ component }) => component));
  const kinds = model.components.flatMap((component, index) => {
    if (logged.has(index)) return [];
    const law = new FailureLaw(model, component, index, domains, seed);
    return [{ law, index, instances: instancesOf(component.level, domains), tell }];
  });
  new LogReplay(events, failures, tell).sleep();
  new Census(events, failures, kinds).wake(0);
}

/** The instances of one component. */
interface Kind<T> {
  readonly law: FailureLaw;
  readonly index: number;
  readonly instances: number;
  readonly tell: (failure: FailureEvent) => T;
}

/**
 * At the beginning of each epoch puts to sleep the instances whose first failure lies in it: of a hundred thousand GPUs few fail
 * at all within the time that a job takes, and how long it takes is not known before.
 */
class Census<T> implements Sleeper<T> {
  readonly #events: RankedEvents<T>;
  readonly #kinds: readonly Kind<T>[];
  readonly #untilSeconds: number;
  #epochEnd: number;

  constructor(
    events: RankedEvents<T>,
    { untilSeconds, epochSeconds = untilSeconds }: TrialFailures,
    kinds: readonly Kind<T>[],
  ) {
    this.#events = events;
    this.#kinds = kinds;
    this.#untilSeconds = untilSeconds;
    this.#epochEnd = epochSeconds;
  }

  wake(begin: number): undefined {
    const end = Math.min(this.#untilSeconds, this.#epochEnd);
    for (const kind of this.#kinds) {
      kind.law.forEachBefore(end, kind.instances, (instance, stretch) => {
        const process = new FailureProcess(this.#events, kind, instance, stretch, this.#untilSeconds);
        if (process.nextSeconds >= begin && process.nextSeconds < end) process.sleep();
      });
    }
    this.#epochEnd *= epochGrowth;
    if (end < this.#untilSeconds) this.#events.schedule(end, censusRank, this);
  }
}

/** One GPU, NIC, link, switch, node, rack or job that fails from time to time. */
class FailureProcess<T> implements Sleeper<T> {
  nextSeconds: number;
  #draw = 0;
  readonly #events: RankedEvents<T>;
  readonly #kind: Kind<T>;
  readonly #instance: number;
  /** Factor on its gaps, below 1 for a lemon. */
  readonly #stretch: number;
  readonly #untilSeconds: number;

  constructor(events: RankedEvents<T>, kind: Kind<T>, instance: number, stretch: number, untilSeconds: number) {
    this.#events = events;
    this.#kind = kind;
    this.#instance = instance;
    this.#stretch = stretch;
    this.#untilSeconds = untilSeconds;
    this.nextSeconds = stretch * kind.law.gap(instance, 0);
  }

  sleep(): void {
    this.#schedule(this.nextSeconds, this);
  }

  wake(time: number): T | undefined {
    const { law, tell } = this.#kind;
    const failure = law.failure(time, this.#instance, this.#stretch, this.#draw);
    const follower = failure && law.follower(failure, this.#draw);
    if (follower) this.#schedule(follower.timeSeconds, { wake: () => tell(follower) });
    this.nextSeconds += law.pauseSeconds;
    this.nextSeconds += this.#stretch * law.gap(this.#instance, ++this.#draw);
    this.sleep();
    return failure && tell(failure);
  }

  #schedule(time: number, sleeper: Sleeper<T>): void {
    if (time < this.#untilSeconds) this.#events.schedule(time, instanceRank(this.#kind.index, this.#instance), sleeper);
  }
}

/** A log of incidents that are met again, one after the other. Those on nodes that the job has not are left out. */
class LogReplay<T> implements Sleeper<T> {
  readonly #events: RankedEvents<T>;
  readonly #incidents: readonly Incident[];
  readonly #failures: TrialFailures;
  readonly #tell: (failure: FailureEvent) => T;
  #next = 0;

  constructor(events: RankedEvents<T>, failures: TrialFailures, tell: (failure: FailureEvent) => T) {
    const { model, domains, untilSeconds } = failures;
    const incidents = model.incidents ?? [];
    for (const { component } of incidents)
      if (!model.components[component])
        throw new RangeError(`startFailures: incident of unknown component ${component}`);
    this.#events = events;
    this.#incidents = incidents
      .filter(({ timeSeconds, node }) => timeSeconds < untilSeconds && node < domains.nodes + domains.spares)
      .sort((a, b) => a.timeSeconds - b.timeSeconds);
    this.#failures = failures;
    this.#tell = tell;
  }

  sleep(): void {
    const incident = this.#incidents[this.#next];
    if (incident) this.#events.schedule(incident.timeSeconds, logRank, this);
  }

  wake(): T | undefined {
    const incident = this.#incidents[this.#next++];
    this.sleep();
    return incident && this.#tell(this.#failureOf(incident));
  }

  /** Incidents on no node in particular hit the job, those of a switch or rack all of its nodes. */
  #failureOf({ timeSeconds, component, node }: Incident): FailureEvent {
    const { model, domains } = this.#failures;
    const level = model.components[component]?.level;
    const span = level === 'rack' ? domains.nodesPerRack : level === 'switch' ? domains.nodesPerSwitch : 1;
    const firstNode = Math.max(0, Math.floor(node / span) * span);
    const nodeCount = node < 0 ? 0 : Math.min(span, domains.nodes + domains.spares - firstNode);
    return { timeSeconds, component, instance: 0, firstNode, nodeCount, ofLemon: false };
  }
}
