import { DegradedSteps, longRunStudy, resolveScenario, StepMemo, scalingPoints } from '@regatta/scenarios';
import { type Ailment, noAilments, noPerturbation, type Perturbation, simulateStep } from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const resolve = (...sets: string[]) =>
  resolveScenario({ source: 'llama-3.1-405b-h100', sets, readText: () => undefined });

/** What ails the nodes of a state, rank by rank and link by link: of several on one node each factor and the worst of each link. */
function perturbationOf(ailments: readonly Ailment[], gpusPerNode: number): Perturbation {
  const factors = new Map<string, { rank: number; factor: number }>();
  const capacities = new Map<string, number>();
  for (const { firstNode, nodeCount, slowFactor, nics, capacityFactor } of ailments) {
    for (let node = firstNode; node < firstNode + nodeCount; node++) {
      for (let rank = node * gpusPerNode; rank < (node + 1) * gpusPerNode; rank++)
        factors.set(`${rank} ${slowFactor}`, { rank, factor: slowFactor });
      for (const nic of nics) {
        const link = `node${node}.nic${nic}`;
        capacities.set(link, Math.min(capacityFactor, capacities.get(link) ?? 1));
      }
    }
  }
  const links = [...capacities].map(([link, capacityFactor]) => ({ link, capacityFactor }));
  return { ...noPerturbation, slowRanks: [...factors.values()], links };
}

const ailmentOf = (nodes: number): fc.Arbitrary<Ailment> =>
  fc
    .record({
      firstNode: fc.nat(nodes - 1),
      // A rack or a leaf switch now and then.
      count: fc.oneof(
        { weight: 5, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.integer({ min: 2, max: 8 }) },
      ),
      ailment: fc.oneof(
        fc.record({ slowFactor: fc.constantFrom(1.1, 1.5, 3), nics: fc.constant([]), capacityFactor: fc.constant(1) }),
        fc.record({
          slowFactor: fc.constant(1),
          nics: fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 2 }),
          capacityFactor: fc.constantFrom(0, 0.25, 0.5),
        }),
      ),
    })
    .map(({ firstNode, count, ailment }) => ({
      firstNode,
      nodeCount: Math.min(count, nodes - firstNode),
      ...ailment,
    }));

describe('steps of a job whose nodes ail', () => {
  const shapes = [
    ['a deep pipeline', 512, 'llama-3.1-405b', '{tensor: 8, pipeline: 16, zero: 1}', []],
    ['ZeRO 0', 128, 'llama-2-7b', '{tensor: 4, pipeline: 4, zero: 0}', []],
    ['ZeRO 2', 64, 'llama-2-7b', '{tensor: 2, pipeline: 2, zero: 2}', []],
    ['ZeRO 3', 128, 'llama-2-7b', '{tensor: 4, zero: 3}', []],
    ['tensor groups of a node', 128, 'llama-2-7b', '{tensor: 8, pipeline: 2, zero: 3}', []],
    ['experts across replicas', 128, 'mixtral-8x7b', '{tensor: 4, pipeline: 2, expert: 8, zero: 1}', []],
    ['split experts', 64, 'mixtral-8x7b', '{tensor: 2, pipeline: 2, expert: 4, expertTensor: 2, zero: 1}', []],
    ['context groups', 64, 'llama-2-7b', '{tensor: 2, context: 2, pipeline: 2, zero: 1}', []],
    ['shared NICs', 64, 'llama-2-7b', '{tensor: 8, pipeline: 2, zero: 1}', ['cluster.fabric.nicsPerNode=4']],
    ['full uplinks', 64, 'llama-2-7b', '{tensor: 8, pipeline: 2, zero: 1}', ['cluster.fabric.oversubscription=2']],
  ] as const;

  test.each(shapes)('%s: they last as long as the very step, whatever ails together', (_, gpus, model, shape, sets) => {
    const job = [`job.model=${model}`, `job.parallel=${shape}`, 'job.globalBatch=256', 'job.recompute=full'];
    const [point] = scalingPoints(resolve(...job, ...sets), { gpus: [gpus], scaling: 'strong' }).points;
    if (!point) throw new Error('no point');
    const { cluster } = point;
    const healthy = simulateStep(point.job, cluster);
    const steps = new DegradedSteps(point.job, cluster, noPerturbation, healthy);
    const { pipeline } = point.job.parallel;
    const peers = cluster.nodes / pipeline;
    const away = fc.option(
      fc.record({
        missing: fc.integer({ min: 1, max: Math.max(1, peers - 1) }),
        stages: fc.integer({ min: 1, max: pipeline }),
      }),
    );
    const nics = sets.some((set) => set.includes('nicsPerNode')) ? 4 : 8;
    const some = fc
      .array(ailmentOf(cluster.nodes), { minLength: 1, maxLength: 5 })
      .map((all) => all.map((ailment) => ({ ...ailment, nics: [...new Set(ailment.nics.map((nic) => nic % nics))] })))
      // A node without any link makes no step.
      .filter((all) => all.filter(({ capacityFactor }) => capacityFactor === 0).length < nics / 2);
    fc.assert(
      fc.property(some, away, fc.boolean(), (ailments, rerouted, fold) => {
        const state = perturbationOf(ailments, cluster.gpusPerNode);
        const takeOver = rerouted && peers > 1 ? rerouted : undefined;
        const slow = takeOver
          ? Array.from({ length: (gpus / pipeline) * takeOver.stages }, (__, i) => ({
              rank: gpus - 1 - i,
              factor: peers / (peers - takeOver.missing),
            }))
          : [];
        const very = { ...state, slowRanks: [...state.slowRanks, ...slow] };
        // Every rank by itself where that is quick.
        const { stepSeconds } = simulateStep(point.job, cluster, very, { fold: fold || gpus > 64 });
        const speed = takeOver ? steps.rerouted(takeOver.missing, takeOver.stages, ailments) : steps.asItIs(ailments);
        expect(Math.abs((speed * stepSeconds) / healthy.stepSeconds - 1)).toBeLessThan(1e-9);
      }),
      { numRuns: 15 },
    );
  });

  test('states that differ by which replica and which NIC ails are simulated once', () => {
    const [point] = scalingPoints(resolve('job.globalBatch=64'), { gpus: [1024], scaling: 'weak' }).points;
    if (!point) throw new Error('no point');
    const memo = new StepMemo();
    const { job, cluster } = point;
    const steps = new DegradedSteps(job, cluster, noPerturbation, simulateStep(job, cluster), memo);
    const slow = (node: number): Ailment => ({
      firstNode: node,
      nodeCount: 1,
      slowFactor: 1.3,
      nics: [],
      capacityFactor: 1,
    });
    const link = (node: number, nic: number, capacityFactor = 0.5): Ailment => ({
      firstNode: node,
      nodeCount: 1,
      slowFactor: 1,
      nics: [nic],
      capacityFactor,
    });
    const simulated = (...states: Ailment[][]): number => {
      const speeds = new Set(states.map((state) => steps.asItIs(state)));
      const count = memo.takeNews().reduce((sum, { states: some }) => sum + some.length, 0);
      expect(speeds.size).toBe(count);
      return count;
    };
    // Eight nodes make a stage.
    expect(simulated([slow(0), slow(9)], [slow(3), slow(13)], [slow(12), slow(7)], [slow(12), slow(7), slow(1)])).toBe(
      1,
    );
    expect(simulated([slow(0), slow(8)])).toBe(1);
    expect(simulated([link(0, 1), link(9, 5)], [link(15, 0), link(4, 7)], [link(15, 0), link(4, 7), link(3, 7)])).toBe(
      1,
    );
    expect(simulated([link(0, 1), link(9, 1)], [link(2, 6), link(11, 6)])).toBe(1);
    // What NIC 1 should carry goes over NIC 2.
    expect(simulated([link(0, 1, 0), link(9, 2, 0)], [link(3, 6, 0), link(10, 7, 0)])).toBe(1);
    expect(simulated([link(0, 1, 0), link(9, 3, 0)], [link(3, 6, 0), link(10, 2, 0)])).toBe(1);
    expect(simulated([link(0, 2, 0), link(9, 1, 0)])).toBe(1);
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

  test('a leaf that takes all NICs of its nodes is as if it took the nodes; found late, as long is lost', async () => {
    const leaf = 'level: switch, mtbfHours: 500, repairHours: 6, detectSeconds: 600';
    const oneRail = 'cluster.fabric.rails=1';
    const away = await pointOf(leaf, oneRail);
    expect(away.interruptions.mean).toBeGreaterThan(1);
    expect(await pointOf(`${leaf}, capacityFactor: 0`, oneRail)).toEqual(away);
    // In silence: the job stands still until it is found, and has to go back as well.
    const silent = await pointOf(`${leaf}, mode: slow, capacityFactor: 0`, oneRail);
    expect(silent.interruptions.mean).toBeGreaterThan(1);
    expect(silent.plannedStops.mean).toBe(0);
    expect(silent.gpuHours.idle?.mean).toBeGreaterThan((silent.interruptions.mean * 600 * 1024) / 3600 - 1e-6);
    expect(silent.ettr.mean).toBe(silent.goodput.mean);
    // One that passes before anybody finds it leaves the work as it was.
    const passing = await pointOf(`${leaf}, mode: slow, capacityFactor: 0, transient: true`, oneRail);
    expect(passing).toMatchObject({ interruptions: { mean: 0 }, plannedStops: { mean: 0 } });
    expect(passing.gpuHours.lostWork?.mean).toBeCloseTo(0, 6);
    expect(passing.gpuHours.idle?.mean).toBeGreaterThan(0);
    expect(passing.ettr.mean).toBeLessThan(1);
  }, 30_000);

  test('the step of a job with a node whose NICs are all down never ends', () => {
    const [point] = scalingPoints(resolve('job.globalBatch=64'), { gpus: [1024], scaling: 'weak' }).points;
    if (!point) throw new Error('no point');
    const steps = new DegradedSteps(point.job, point.cluster, noPerturbation, simulateStep(point.job, point.cluster));
    const without = (...nics: number[]): Ailment => ({
      firstNode: 3,
      nodeCount: 1,
      slowFactor: 1,
      nics,
      capacityFactor: 0,
    });
    expect(steps.asItIs([without(0, 1, 2, 3, 4, 5, 6)])).toBeGreaterThan(0);
    expect(steps.asItIs([without(0, 1, 2, 3, 4, 5, 6, 7)])).toBe(0);
  });

  test('where it makes no sense it is named', async () => {
    await expect(pointOf('level: gpu, mtbfHours: 1000, capacityFactor: 0')).rejects.toThrow(
      /components.0.capacityFactor: is of links, not of a gpu/,
    );
    await expect(pointOf('level: nic, mtbfHours: 1000, mode: slow')).rejects.toThrow(/slowFactor: is missing/);
  });
});
