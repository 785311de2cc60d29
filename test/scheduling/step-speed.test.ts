import { resolveScenario, stepSpeed } from '@regatta/scenarios';
import { builtInPlacement, firstFit, nodeCluster, RandomStreams, runCluster } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';

const { scenario } = resolveScenario({
  source: 'llama-3.1-405b-h100',
  overrides: [],
  sets: ['cluster.fabric.oversubscription=4', 'job.parallel.tensor=8', 'job.parallel.pipeline=2', 'job.globalBatch=64'],
  readText: () => undefined,
});
const model = stepSpeed(scenario);
const job = (gpus: number) => ({ id: 'x', submitSeconds: 0, gpus, runSeconds: 100, estimateSeconds: 100 });

describe('speed from the step simulation of a placement', () => {
  test('is 1 on the ideal placement, whatever the size', () => {
    for (const gpus of [1, 8, 16, 64]) {
      const nodes = Math.ceil(gpus / 8);
      expect(model.speedOf(job(gpus), { gpus, nodes, leaves: 1, pods: 1 })).toBe(1);
    }
  });

  test('falls with every level of the network that the job crosses', () => {
    const together = model.speedOf(job(64), { gpus: 64, nodes: 8, leaves: 1, pods: 1 });
    const apart = model.speedOf(job(64), { gpus: 64, nodes: 8, leaves: 8, pods: 1 });
    expect(apart).toBeLessThan(together);
    expect(apart).toBeGreaterThan(0.1);
  });

  test('more GPUs are faster, by less than in proportion', () => {
    const twice = model.speedOf(job(32), { gpus: 64, nodes: 8, leaves: 1, pods: 1 });
    expect(twice).toBeGreaterThan(1);
    expect(twice).toBeLessThanOrEqual(2);
  });

  test('a placement policy that spreads pays for it in completion time', () => {
    const cluster = nodeCluster({ nodes: 16, gpusPerNode: 8, nodesPerLeaf: 4 });
    const finish = (name: string): number => {
      const placement = builtInPlacement(name, new RandomStreams(1));
      if (placement === undefined) throw new Error(name);
      return runCluster({ cluster, jobs: [job(32)], policy: firstFit, placement, speed: model }).horizonSeconds;
    };
    expect(finish('topology-aware')).toBe(100);
    expect(finish('spread')).toBeGreaterThan(100);
  });
});
