import { buildFabricGraph, closCable, closShape } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { smallClos } from './clusters.js';

describe('names of cables', () => {
  test('closCable knows the names of the graph between switches, and no other', () => {
    fc.assert(
      fc.property(smallClos, (cluster) => {
        const graph = buildFabricGraph(cluster);
        const shape = closShape(cluster);
        for (let link = 0; link < graph.links; link++) {
          const name = graph.linkName(link);
          expect(closCable(shape, name) !== undefined, name).toBe(graph.linkKind(link) === 'fabric');
        }
        const near = ['rail0.leaf0.spine0', 'rail9.leaf0.spine0', 'rail0.leaf99.spine0', 'rail0.pod0.spine0.core1'];
        for (const name of [...near, 'rail0.leaf0.spine999.up', 'rail0.pod0.spine0', 'leaf0.spine0'])
          expect(closCable(shape, name) !== undefined, name).toBe(graph.linksNamed(name).length > 0);
      }),
      { numRuns: 60 },
    );
  });
});
