import type { RandomStreams } from '../kernel/random-streams.js';
import type { NodeEvent } from './node-event.js';

/**
 * Failures and repairs of each node until `untilSeconds`: exponential times between them, a stream for each node, so that a
 * larger cluster meets the same luck on the nodes that it shares with a smaller one.
 */
export function randomNodeEvents(
  streams: RandomStreams,
  options: {
    readonly nodes: number;
    readonly mtbfSeconds: number;
    readonly repairSeconds: number;
    readonly untilSeconds: number;
  },
): NodeEvent[] {
  const { nodes, mtbfSeconds, repairSeconds, untilSeconds } = options;
  const events: NodeEvent[] = [];
  for (let node = 0; node < nodes; node++) {
    const random = streams.stream(`node/${node}/failures`);
    for (let time = random.exponential(mtbfSeconds); time < untilSeconds; time += random.exponential(mtbfSeconds)) {
      events.push({ timeSeconds: time, kind: 'fail', node });
      time += random.exponential(repairSeconds);
      events.push({ timeSeconds: time, kind: 'repair', node });
    }
  }
  return events.sort((a, b) => a.timeSeconds - b.timeSeconds || a.node - b.node);
}
