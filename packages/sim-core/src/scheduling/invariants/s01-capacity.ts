import type { Invariant, Violation } from './invariant.js';
import { LogReplay } from './log-replay.js';

/** S1: at every instant, in all and on each node, no more GPUs are held than there are. */
export const capacity: Invariant = {
  id: 'S1',
  title: 'capacity',
  applies: () => true,
  check(run) {
    const replay = new LogReplay(run);
    while (replay.stepInstant().length > 0) {
      const running = replay.running();
      const held = running.reduce((sum, job) => sum + job.gpus, 0);
      const healthy = replay.gpusIn('up', 'draining');
      const breach = (message: string): Violation[] => [{ invariant: 'S1', timeSeconds: replay.timeSeconds, message }];
      if (held > healthy) return breach(`${held} GPUs are held, ${healthy} are healthy`);
      if (replay.cluster.model === 'pool') continue;
      const byNode = new Map<number, number>();
      for (const gpu of running.flatMap((job) => job.gpuIds)) {
        const node = replay.nodeOf(gpu);
        byNode.set(node, (byNode.get(node) ?? 0) + 1);
      }
      for (const [node, count] of byNode) {
        const size = replay.cluster.nodeGpus[node] ?? 0;
        if (count > size) return breach(`${count} GPUs are held on node ${node}, which has ${size}`);
      }
    }
    return [];
  },
};
