import type { RandomStreams } from '../../kernel/random-streams.js';
import type { NodeShare, PlacementPolicy } from '../placement-policy.js';
import { placeWithin } from './scope.js';

/** Free GPUs drawn at random, from a stream of the job's own: the same job meets the same luck whatever else happens. */
export function randomPlacement(streams: RandomStreams): PlacementPolicy {
  return {
    name: 'random',
    place: (request, free) =>
      placeWithin(request, free, (gpus) => {
        if (gpus > free.freeGpus) return undefined;
        const random = streams.stream(`placement/${request.job}/${request.stretch}`);
        const nodes = free.cluster.nodeGpus.flatMap((_, node) => (free.freeOn(node) > 0 ? [node] : []));
        const gpusLeft = nodes.flatMap((node) => free.freeLocals(node).map((local) => ({ node, local })));
        const locals = new Map<number, number[]>();
        for (let i = 0; i < gpus; i++) {
          // Fisher-Yates: draw among those not drawn yet.
          const at = i + random.integer(gpusLeft.length - i);
          const drawn = gpusLeft[at];
          const first = gpusLeft[i];
          if (drawn === undefined || first === undefined) return undefined;
          gpusLeft[at] = first;
          locals.set(drawn.node, [...(locals.get(drawn.node) ?? []), drawn.local]);
        }
        return [...locals].map(([node, list]): NodeShare => ({ node, gpus: list.length, locals: list }));
      }),
  };
}
