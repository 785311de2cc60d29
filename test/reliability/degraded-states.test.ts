import { DegradedSteps, longRunStudy, resolveScenario, scalingPoints } from '@regatta/scenarios';
import { type Ailment, noAilments, noPerturbation, simulateStep } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const resolve = (...sets: string[]) =>
  resolveScenario({ source: 'llama-3.1-405b-h100', sets, readText: () => undefined });

describe('steps of a job whose nodes ail', () => {
  const shapes = [
    ['a pipeline', 1024, ['job.globalBatch=64']],
    ['ZeRO 3', 256, ['job.model=llama-2-7b', 'job.parallel={tensor: 4, zero: 3}', 'job.globalBatch=256']],
    [
      'experts across replicas',
      256,
      ['job.model=mixtral-8x7b', 'job.parallel={tensor: 4, pipeline: 2, expert: 8, zero: 1}', 'job.globalBatch=512'],
    ],
  ] as const;
  test.each(shapes)('%s: remembered by form, they last as long as the very step', (_, gpus, sets) => {
    const [point] = scalingPoints(resolve(...sets), { gpus: [gpus], scaling: 'weak' }).points;
    if (!point) throw new Error('no point');
    const { job, cluster } = point;
    const healthy = simulateStep(job, cluster);
    const steps = new DegradedSteps(job, cluster, noPerturbation, healthy);
    const ailment = fc.oneof(
      fc.record({ slowFactor: fc.constantFrom(1.1, 1.5, 3), nics: fc.constant([]), capacityFactor: fc.constant(1) }),
      fc.record({
        slowFactor: fc.constant(1),
        nics: fc.nat(7).map((nic) => [nic]),
        capacityFactor: fc.constantFrom(0, 0.5),
      }),
    );
    const ailing = fc.uniqueArray(fc.record({ node: fc.nat(gpus / 8 - 1), ailment }), {
      selector: ({ node }) => node,
      minLength: 1,
      maxLength: 2,
    });
    fc.assert(
      fc.property(ailing, (nodes) => {
        const ailments = nodes.map(({ node, ailment: one }): Ailment => ({ firstNode: node, nodeCount: 1, ...one }));
        const slowRanks = ailments.flatMap(({ firstNode, slowFactor }) =>
          Array.from({ length: 8 }, (__, i) => ({ rank: 8 * firstNode + i, factor: slowFactor })),
        );
        const links = ailments.flatMap(({ firstNode, nics, capacityFactor }) =>
          nics.map((nic) => ({ link: `node${firstNode}.nic${nic}`, capacityFactor })),
        );
        const very = simulateStep(job, cluster, { ...noPerturbation, slowRanks, links }).stepSeconds;
        const error = Math.abs((steps.asItIs(ailments) * very) / healthy.stepSeconds - 1);
        // A node alone is the very state. What replicas add to each other in the exchange of gradients is left out: in 1,200 pairs of
        // each shape at most 0.4 % of a step between slow nodes, 3.9 % where a link ails too.
        const most = nodes.length === 1 ? 1e-12 : links.length === 0 ? 0.006 : 0.05;
        expect(error).toBeLessThan(most);
      }),
      { numRuns: 25 },
    );
  });

  test('where a straggler sits matters, and is simulated', () => {
    const [point] = scalingPoints(resolve('job.globalBatch=64'), { gpus: [1024], scaling: 'weak' }).points;
    if (!point) throw new Error('no point');
    const steps = new DegradedSteps(point.job, point.cluster, noPerturbation, simulateStep(point.job, point.cluster));
    const at = (node: number): number =>
      steps.asItIs([{ firstNode: node, nodeCount: 1, slowFactor: 1.3, nics: [], capacityFactor: 1 }]);
    expect(at(0)).toBeGreaterThan(1.05 * at(119));
    expect(at(112)).toBe(at(119));
    expect(steps.asItIs(noAilments)).toBe(1);
  });
});

describe('failures of the network', () => {
  const request = { gpus: [1024], scaling: 'weak' as const, trials: 6, windowSeconds: 10 * 86400 };
  const pointOf = async (component: string, ...sets: string[]) => {
    const all = [
      'job.globalBatch=64',
      `failures={components: [{name: n, ${component}}]}`,
      'recovery={policy: spares, spares: 200}',
      ...sets,
    ];
    const [point] = (await longRunStudy(resolve(...all), request)).report.points;
    if (!point) throw new Error('no point');
    return point;
  };
  const nic = 'level: nic, mtbfHours: 10000, repairHours: 6';

  test('a NIC that goes down stops the job; with capacityFactor it restarts without that NIC until the repair', async () => {
    const away = await pointOf(nic);
    const stays = await pointOf(`${nic}, capacityFactor: 0`);
    expect(away.gpuHours.degraded?.mean).toBe(0);
    expect(stays.gpuHours.degraded?.mean).toBeGreaterThan(0);
    expect(stays.interruptions.mean).toBeGreaterThan(10);
    // Half of the link is left: less is lost than with none of it.
    const half = await pointOf(`${nic}, capacityFactor: 0.5`);
    expect(half.goodput.mean).toBeGreaterThanOrEqual(stays.goodput.mean);
  });

  test('a link that degrades in silence slows the job until it is found; a leaf switch slows it too', async () => {
    const silent = await pointOf(`${nic}, mode: slow, capacityFactor: 0.1, transient: true, detectSeconds: 7200`);
    expect(silent.interruptions.mean).toBe(0);
    expect(silent.gpuHours.degraded?.mean).toBeGreaterThan(0);
    const leaf = await pointOf('level: switch, mtbfHours: 500, repairHours: 6, capacityFactor: 0');
    expect(leaf.gpuHours.degraded?.mean).toBeGreaterThan(0);
    expect(leaf.gpuHours.idle?.mean).toBeLessThan(
      (await pointOf('level: switch, mtbfHours: 500, repairHours: 6', 'recovery={policy: restart}')).gpuHours.idle
        ?.mean ?? 0,
    );
  });

  test('where it makes no sense it is named', async () => {
    await expect(pointOf('level: gpu, mtbfHours: 1000, capacityFactor: 0')).rejects.toThrow(
      /components.0.capacityFactor: is of links, not of a gpu/,
    );
    await expect(pointOf('level: nic, mtbfHours: 1000, mode: slow')).rejects.toThrow(/slowFactor: is missing/);
  });
});
