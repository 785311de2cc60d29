import { startingGpus } from '../job-spec.js';
import { ranToTheEnd } from './conditions.js';
import type { CheckedRun, Invariant } from './invariant.js';
import { LogReplay } from './log-replay.js';
import { fitsFree } from './s11-work-conservation.js';

/** S18: in a run that ends of itself, every job that fits the empty cluster has left it. */
export const noStarvation: Invariant = {
  id: 'S18',
  title: 'no starvation',
  applies: (run) => run.input.policy.claims?.starvationFree !== false && ranToTheEnd(run),
  check(run) {
    const replay = new LogReplay(run);
    while (replay.stepInstant().length > 0);
    if (replay.nodes.some((state) => state === 'down' || state === 'draining')) return [];
    const left = replay.ranked.filter((job) => job.status === 'queued' || job.status === 'running');
    // A job that no longer fits, since a spare stands in for a node of another leaf, may rightly block the rest.
    if (!left.every((job) => fitsEmpty(run, replay, job.spec.id))) return [];
    for (const job of left) {
      const message = `job ${job.spec.id} never ends: it is ${job.status} when nothing happens any more`;
      return [{ invariant: 'S18', timeSeconds: replay.timeSeconds, job: job.spec.id, message }];
    }
    return [];
  },
};

function fitsEmpty(run: CheckedRun, replay: LogReplay, id: string): boolean {
  const spec = replay.jobs.get(id)?.spec;
  if (spec === undefined) return false;
  const empty = replay.cluster.nodeGpus.map((gpus, node) => (replay.nodes[node] === 'up' ? gpus : 0));
  const gpus = startingGpus(spec, run.input.policy.elastic === true);
  if (run.input.policy.claims?.quota === true || run.input.policy.claims?.cells === true) {
    return fitsShare(run, replay, id) && fitsFree(replay, { ...spec, gpus }, empty);
  }
  return fitsFree(replay, { ...spec, gpus }, empty);
}

/** Whether the tenant's own limits let the job run at all. */
function fitsShare(run: CheckedRun, replay: LogReplay, id: string): boolean {
  const spec = replay.jobs.get(id)?.spec;
  const tenant = run.input.tenants?.find(({ name }) => name === spec?.tenant);
  if (spec === undefined || tenant === undefined) return true;
  if (run.input.policy.claims?.cells === true) {
    if (spec.guaranteed === false || tenant.nodes === undefined) return true;
    const own = tenant.nodes;
    return fitsFree(
      replay,
      spec,
      replay.cluster.nodeGpus.map((gpus, node) => (own.includes(node) && replay.nodes[node] === 'up' ? gpus : 0)),
    );
  }
  return spec.gpus <= (tenant.quotaGpus ?? 0) + (tenant.borrowLimitGpus ?? Number.POSITIVE_INFINITY);
}
