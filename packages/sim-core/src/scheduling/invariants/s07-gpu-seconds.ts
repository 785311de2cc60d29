import { type Invariant, slack, type Violation } from './invariant.js';
import { LogReplay } from './log-replay.js';

/** S7: every GPU-second is booked once, as a sweep of the log finds it, for the cluster and for each job. */
export const gpuSeconds: Invariant = {
  id: 'S7',
  title: 'GPU-seconds',
  applies: () => true,
  check(run) {
    const { books, horizonSeconds, jobs } = run.outcome;
    const sweep = sweepLog(new LogReplay(run), horizonSeconds);
    const total = run.input.cluster.nodeGpus.reduce((sum, gpus) => sum + gpus, 0) * sweep.spanSeconds;
    const breach = (message: string): Violation[] => [{ invariant: 'S7', timeSeconds: horizonSeconds, message }];
    const off = (a: number, b: number): boolean => Math.abs(a - b) > slack(total);
    for (const [name, seconds] of Object.entries(books)) {
      if (!(seconds >= -slack(total))) return breach(`${name} is ${seconds}`);
    }
    const used = books.busyGpuSeconds + books.overheadGpuSeconds + books.lostGpuSeconds;
    const booked = used + books.idleGpuSeconds + books.failedGpuSeconds + books.standbyGpuSeconds;
    if (off(booked, total)) return breach(`${booked} GPU-seconds are booked of ${total}`);
    if (off(used, sweep.held)) return breach(`${used} GPU-seconds are booked on jobs, the log has ${sweep.held}`);
    if (off(books.failedGpuSeconds, sweep.failed)) {
      return breach(`${books.failedGpuSeconds} GPU-seconds are booked as failed, the log has ${sweep.failed}`);
    }
    for (const job of jobs) {
      const own = job.busyGpuSeconds + job.overheadGpuSeconds + job.lostGpuSeconds;
      const logged = sweep.byJob.get(job.spec.id) ?? 0;
      if (off(own, logged)) return breach(`job ${job.spec.id} is booked ${own} GPU-seconds, the log has ${logged}`);
    }
    for (const [node, held] of sweep.byNode.entries()) {
      const size = (run.input.cluster.nodeGpus[node] ?? 0) * sweep.spanSeconds;
      if (held > size + slack(total)) return breach(`node ${node} gave ${held} GPU-seconds, it has ${size}`);
    }
    return [];
  },
};

interface Sweep {
  held: number;
  failed: number;
  spanSeconds: number;
  readonly byJob: Map<string, number>;
  readonly byNode: number[];
}

function sweepLog(replay: LogReplay, horizonSeconds: number): Sweep {
  const byNode = replay.cluster.nodeGpus.map(() => 0);
  const sweep: Sweep = { held: 0, failed: 0, spanSeconds: 0, byJob: new Map(), byNode };
  let since = Math.min(0, replay.peek()?.timeSeconds ?? 0);
  const begin = since;
  const advance = (until: number): void => {
    const span = until - since;
    since = until;
    if (span <= 0) return;
    let heldOnDraining = 0;
    for (const job of replay.running()) {
      sweep.held += span * job.gpus;
      sweep.byJob.set(job.spec.id, (sweep.byJob.get(job.spec.id) ?? 0) + span * job.gpus);
      for (const gpu of job.gpuIds) {
        const node = replay.nodeOf(gpu);
        byNode[node] = (byNode[node] ?? 0) + span;
        if (replay.nodes[node] === 'draining') heldOnDraining++;
      }
    }
    sweep.failed += span * (replay.gpusIn('down', 'draining') - heldOnDraining);
  };
  for (let event = replay.peek(); event !== undefined; event = replay.peek()) {
    advance(event.timeSeconds);
    replay.step();
  }
  advance(horizonSeconds);
  sweep.spanSeconds = horizonSeconds - begin;
  return sweep;
}
