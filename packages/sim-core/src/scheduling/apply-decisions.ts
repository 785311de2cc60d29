import type { ClusterState } from './cluster-state.js';
import { pending } from './cluster-state.js';
import { findPlacement } from './find-placement.js';
import type { JobState } from './job-state.js';
import { type Decision, PolicyError } from './policy.js';

/** What a pass leaves behind beside the changed state. */
export interface PassResult {
  readonly memo?: { readonly value: unknown };
  /** Whether anything was started, stopped, resized or rejected. */
  readonly acted: boolean;
  /** The policy wants to decide once more. */
  readonly again: boolean;
}

/**
 * Carries out what a policy decided, in the order listed. Decisions that mean nothing (an unknown job, a start of a running
 * one, NaN) throw a PolicyError; those that are wrong but can be booked (too many GPUs, a failed node) are booked, for the
 * invariants to find. A start that the placement rule refuses is left out: the job stays in the queue.
 */
export function applyDecisions(state: ClusterState, decisions: readonly Decision[], wake: { id: number }): PassResult {
  const policy = state.input.policy.name;
  const nonsense = (problem: string): PolicyError => new PolicyError(policy, state.now, problem);
  if (!Array.isArray(decisions)) throw nonsense(`decide returned ${typeof decisions}, must return a list of decisions`);
  let memo: { value: unknown } | undefined;
  let acted = false;
  let again = false;
  let wakeSeconds = Number.POSITIVE_INFINITY;
  const known = (id: string, status: string): JobState => {
    const job = state.byId.get(id);
    if (job === undefined) throw nonsense(`decided on job ${String(id)}, which does not exist`);
    if (job.status !== status) throw nonsense(`decided on job ${id} as ${status}, but it is ${job.status}`);
    return job;
  };
  const wholeGpus = (job: string, gpus: number): void => {
    if (!Number.isInteger(gpus) || gpus < 1)
      throw nonsense(`gave job ${job} ${String(gpus)} GPUs, must be whole and >= 1`);
  };
  for (const decision of decisions as readonly Decision[]) {
    switch (decision?.kind) {
      case 'start': {
        const job = known(decision.job, 'queued');
        const gpus = decision.gpus ?? job.gpus;
        wholeGpus(job.id, gpus);
        acted = start(state, job, gpus, decision.gpuIds, nonsense) || acted;
        break;
      }
      case 'preempt': {
        const details = decision.for === undefined ? {} : { for: decision.for };
        state.stop(known(decision.job, 'running'), 'preempt', details);
        acted = true;
        break;
      }
      case 'resize': {
        const job = known(decision.job, 'running');
        wholeGpus(job.id, decision.gpus);
        acted = resize(state, job, decision.gpus, nonsense) || acted;
        break;
      }
      case 'reject': {
        const job = state.byId.get(decision.job);
        if (job?.status !== 'queued') throw nonsense(`rejected job ${String(decision.job)}, which does not wait`);
        state.reject(job, String(decision.reason));
        acted = true;
        break;
      }
      case 'wake':
        if (!(decision.atSeconds > state.now)) {
          throw nonsense(`asked to wake at ${String(decision.atSeconds)}, which is not later than now`);
        }
        wakeSeconds = Math.min(wakeSeconds, decision.atSeconds);
        break;
      case 'again':
        again = true;
        break;
      case 'remember':
        memo = { value: decision.memo };
        break;
      default:
        throw nonsense(`decided ${JSON.stringify(decision) ?? 'undefined'}, which is no decision`);
    }
  }
  if (wake.id >= 0) state.events.cancel(wake.id);
  wake.id = Number.isFinite(wakeSeconds) ? state.events.push(wakeSeconds, pending.wake) : -1;
  return { acted, again, ...(memo === undefined ? {} : { memo }) };
}

type Nonsense = (problem: string) => PolicyError;

function start(
  state: ClusterState,
  job: JobState,
  gpus: number,
  gpuIds: readonly number[] | undefined,
  nonsense: Nonsense,
): boolean {
  if (gpuIds !== undefined && state.input.cluster.model === 'nodes') {
    const total = state.inventory.totalGpus;
    const legal = gpuIds.every((gpu) => Number.isInteger(gpu) && gpu >= 0 && gpu < total);
    if (!legal || gpuIds.length !== gpus || new Set(gpuIds).size !== gpus) {
      throw nonsense(`gave job ${job.id} gpuIds that are not ${gpus} different GPUs of the cluster`);
    }
    const sorted = [...gpuIds].sort((a, b) => a - b);
    state.start(job, gpus, sorted, job.spec.spill === true && state.scopesOf(job, sorted) > 1);
    return true;
  }
  const found = findPlacement(state.placement, state.inventory, job, gpus);
  if (found !== undefined) {
    state.start(job, gpus, found.gpuIds, found.spilled);
    return true;
  }
  if (gpus <= state.inventory.freeGpus) return false;
  state.start(job, gpus, overfull(state, gpus, nonsense), false);
  return true;
}

function resize(state: ClusterState, job: JobState, gpus: number, nonsense: Nonsense): boolean {
  if (gpus === job.heldGpus) return false;
  if (job.gpuIds === undefined) {
    state.resize(job, gpus, undefined);
    return true;
  }
  if (gpus < job.heldGpus) {
    state.resize(job, gpus, keepFullest(state, job, gpus));
    return true;
  }
  const found = findPlacement(state.placement, state.inventory, job, gpus - job.heldGpus);
  if (found === undefined && gpus - job.heldGpus <= state.inventory.freeGpus) return false;
  const more = found?.gpuIds ?? overfull(state, gpus - job.heldGpus, nonsense);
  state.resize(
    job,
    gpus,
    [...job.gpuIds, ...(more ?? [])].sort((a, b) => a - b),
  );
  return true;
}

/** The GPUs that a shrinking job keeps: those on the nodes where it has most. */
function keepFullest(state: ClusterState, job: JobState, gpus: number): number[] {
  const byNode = new Map<number, number[]>();
  for (const gpu of job.gpuIds ?? []) {
    const node = state.inventory.nodeOfGpu(gpu);
    byNode.set(node, [...(byNode.get(node) ?? []), gpu]);
  }
  const nodes = [...byNode.entries()].sort(([a, own], [b, others]) => others.length - own.length || a - b);
  return nodes
    .flatMap(([, ids]) => ids)
    .slice(0, gpus)
    .sort((a, b) => a - b);
}

/** GPUs for a decision that gives away more than is free: the free ones, then held ones, lowest first. */
function overfull(state: ClusterState, gpus: number, nonsense: Nonsense): number[] | undefined {
  if (state.input.cluster.model === 'pool') return undefined;
  const { inventory } = state;
  if (gpus > inventory.totalGpus) throw nonsense(`gave out ${gpus} GPUs of ${inventory.totalGpus}`);
  const free: number[] = [];
  const rest: number[] = [];
  for (let gpu = 0; gpu < inventory.totalGpus; gpu++) (inventory.isFree(gpu) ? free : rest).push(gpu);
  return [...free, ...rest].slice(0, gpus).sort((a, b) => a - b);
}
