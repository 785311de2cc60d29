import { clusterOf, InputError, resolveScenario } from '@regatta/scenarios';
import { describe, expect, test } from 'vitest';

const scenario = (device: string): string => `name: half
job: { model: llama-3.1-8b, sequenceLength: 4096, globalBatch: 64, parallel: { pipeline: 4 } }
cluster:
  device: h100-sxm-80gb
  nodes: 4
  gpusPerNode: 8
  fabric: { kind: clos, tiers: 2, rails: 8, nicGbps: 400, oversubscription: 1, routing: spray }
  deviceRanges:
    - { first: 0, count: 2, device: ${device} }
`;
const resolve = (device: string): ReturnType<typeof resolveScenario> =>
  resolveScenario({
    source: 'half.yaml',
    readText: (path) => (path === 'half.yaml' ? scenario(device) : undefined),
  });

describe('devices of runs of nodes', () => {
  test('are named as the device of the cluster is, each under a stack of its own', () => {
    const cluster = clusterOf(resolve('a100-sxm-80gb').scenario);
    expect(cluster.deviceRanges?.[0]?.device.name).toBe('a100-sxm-80gb');
    expect(cluster.deviceRanges?.[0]?.device.stack).not.toBe(cluster.device.stack);
    expect(clusterOf(resolve('h200-sxm-141gb').scenario).deviceRanges?.[0]?.device.memoryBytes).toBeGreaterThan(1e11);
  });

  test('an unknown name is told where it stands', () => {
    try {
      resolve('a100-sxm-80g');
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      expect(error.issues[0]).toMatchObject({ line: 9, path: 'cluster.deviceRanges.0.device' });
      expect(error.message).toMatch(/a100-sxm-80gb/);
    }
  });
});
