import type { StartEvent } from '../cluster-log.js';
import type { Invariant } from './invariant.js';
import { LogReplay } from './log-replay.js';
import { fitsFree } from './s11-work-conservation.js';

/** S20: a job with a scope sits within one node, leaf or pod; one whose scope is a wish spills only when nowhere has room, and says so. */
export const scopeKept: Invariant = {
  id: 'S20',
  title: 'placement',
  applies: (run) => run.input.cluster.model === 'nodes',
  check(run) {
    const replay = new LogReplay(run);
    for (let event = replay.peek(); event !== undefined; event = replay.peek()) {
      const problem =
        event.kind === 'start' ? scopeProblem(replay, event, run.input.policy.claims?.cells === true) : undefined;
      if (problem !== undefined && event.kind === 'start') {
        const message = `job ${event.job} ${problem}`;
        return [{ invariant: 'S20', timeSeconds: event.timeSeconds, job: event.job, message }];
      }
      replay.step();
    }
    return [];
  },
};

/** @param bound The policy binds jobs to nodes of their own, so that room elsewhere does not count. */
function scopeProblem(replay: LogReplay, event: StartEvent, bound: boolean): string | undefined {
  const spec = replay.jobs.get(event.job)?.spec;
  const within = spec?.within ?? 'any';
  if (spec === undefined || within === 'any') return undefined;
  const { leafOf, podOf } = replay.cluster;
  const groups = new Set(
    (event.gpuIds ?? []).map((gpu) => {
      const node = replay.nodeOf(gpu);
      return within === 'node' ? node : within === 'leaf' ? leafOf[node] : podOf[node];
    }),
  );
  if (groups.size <= 1) return undefined;
  if (spec.spill !== true) return `must sit within one ${within} and is on ${groups.size}`;
  if (event.spilled !== true) return `spills over ${groups.size} of its ${within} without saying so`;
  return !bound && fitsFree(replay, { ...spec, gpus: event.gpus, spill: false }, replay.freeByNode())
    ? `spills although one ${within} has room for it`
    : undefined;
}
