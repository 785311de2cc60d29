import {
  activeKinds,
  buildFabricGraph,
  buildPlan,
  type Cluster,
  type CollectiveOp,
  collectiveCost,
  collectiveFabricOf,
  fabricTime,
  GroupPlacements,
  initialColouring,
  isHybrid,
  type Job,
  noPerturbation,
  type Perturbation,
  type Plan,
  packedGroupLayout,
  RankGrid,
  RankPlaces,
  refineOverTorus,
  StepNetwork,
  type StepRoute,
  secondsOnFabric,
  simulateStep,
  singleRankBlocks,
  torusTransfers,
  wrapsAround,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testCluster, testDevice, testExperts, testJob, testModel } from '../support/plans.js';
import { type StepCase, stepCases } from '../support/step-cases.js';
import { differenceOf, stepOrNoWay } from '../support/step-difference.js';

const torus = (...dims: number[]): Cluster =>
  testCluster(
    dims.reduce((product, extent) => product * extent, 1),
    {
      gpusPerNode: 1,
      fabric: { kind: 'torus', dims, linkGbps: 400, routing: 'dimension-order' },
    },
  );

const slowed = (...links: readonly (readonly [string, number])[]): Perturbation => ({
  ...noPerturbation,
  links: links.map(([link, capacityFactor]) => ({ link, capacityFactor })),
});

/** Seconds of a route alone in its network. */
function secondsAlone({ fluid }: StepNetwork, { links, weights, volume, rateCap, latencySeconds }: StepRoute): number {
  fluid.start(links, weights, volume, { rateCap, latencySeconds });
  for (let next = fluid.nextTime(); next < Number.POSITIVE_INFINITY; next = fluid.nextTime()) fluid.advanceTo(next);
  return fluid.now;
}

const smallTori = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 3 })
  .filter((dims) => dims.reduce((product, extent) => product * extent, 1) > 1)
  .map((dims) => torus(...dims));

/** Cables by number, whatever their names; in one direction or in both. */
function picked(cluster: Cluster, picks: readonly (readonly [number, number, boolean])[]): Perturbation {
  const graph = buildFabricGraph(cluster);
  return slowed(
    ...picks.map(([pick, factor, both]): [string, number] => {
      const name = graph.linkName(pick % graph.links);
      return [both ? name.replace(/\.(up|down)$/, '') : name, factor];
    }),
  );
}

const disturbed = (factors: readonly number[], most: number) =>
  fc.array(fc.tuple(fc.nat(), fc.constantFrom(...factors), fc.boolean()), { maxLength: most });

type Run = (plan: Plan, network: StepNetwork, bytes: number) => StepRoute;

const ofGroup =
  (kind: 'tensor' | 'context' | 'data' | 'expert', op: CollectiveOp): Run =>
  (plan, network, bytes) => {
    const group = plan.groups.find((each) => each.kind === kind);
    if (!group) throw new Error(`no ${kind} group`);
    return network.collective({ op, bytes, copies: 1 }, group.classes, group.placement, kind);
  };

const withContext = (contextKind: Job['options']['contextKind'], context: number): Job => {
  const job = testJob({ context });
  return { ...job, options: { ...job.options, contextKind } };
};

/** Collectives of a job whose one group of a kind is all of its ranks. */
const lone: readonly { readonly op: CollectiveOp; readonly job: (ranks: number) => Job; readonly route: Run }[] = [
  { op: 'all_reduce', job: (tensor) => testJob({ tensor }), route: ofGroup('tensor', 'all_reduce') },
  { op: 'all_gather', job: (context) => withContext('allgather', context), route: ofGroup('context', 'all_gather') },
  { op: 'reduce_scatter', job: (data) => testJob({ data }), route: ofGroup('data', 'reduce_scatter') },
  { op: 'send_recv', job: (context) => withContext('ring', context), route: ofGroup('context', 'send_recv') },
  { op: 'all_to_all', job: (context) => withContext('ulysses', context), route: ofGroup('context', 'all_to_all') },
  {
    op: 'all_to_all',
    job: (ranks) => ({
      ...testJob({ data: ranks, expert: ranks }),
      model: { ...testModel, experts: { ...testExperts, everyNth: 1 } },
    }),
    route: ofGroup('expert', 'all_to_all'),
  },
  {
    op: 'all_reduce',
    job: (data) => testJob({ data }),
    route: (plan, network, bytes) => {
      const { ranks } = plan.grid;
      const classes = plan.classes.map((_, k) => k);
      const placement = { ranks, domains: 1, ranksPerDomain: ranks, nicsPerDomain: 1 };
      return network.collective({ op: 'all_reduce', bytes, copies: 1 }, classes, placement, 'world');
    },
  },
];

describe('a lone collective of a step on a torus', () => {
  test('takes what `regatta collective` says, on slow cables and round failed ones, folded or not', () => {
    let parted = 0;
    let done = 0;
    fc.assert(
      fc.property(
        smallTori,
        fc.nat(),
        fc.constantFrom(...lone),
        fc.integer({ min: 1, max: 30 }),
        disturbed([0.7, 0.25, 0], 3),
        fc.boolean(),
        (cluster, pick, { op, job, route }, log, picks, fold) => {
          const ranks = 2 + (pick % (cluster.nodes - 1));
          const perturbation = picked(cluster, picks);
          const bytes = 2 ** log;
          const layout = packedGroupLayout(cluster, ranks);
          const cost = collectiveCost(op, bytes, layout, collectiveFabricOf(cluster));
          const expected = (): number =>
            secondsOnFabric(cost, bytes, fabricTime(cluster, layout, op, cost.algorithm, perturbation.links));
          let plan: Plan;
          try {
            plan = buildPlan(job(ranks), cluster, perturbation, { fold });
          } catch (error) {
            expect(String(error)).toContain('no way from rank');
            parted++;
            return;
          }
          const network = new StepNetwork(plan);
          const found = route(plan, network, bytes);
          done++;
          expect(found.aloneSeconds / expected()).toBeCloseTo(1, 9);
          expect(secondsAlone(network, found) / expected()).toBeCloseTo(1, 9);
        },
      ),
      { numRuns: 600 },
    );
    expect(parted).toBeLessThan(0.1 * (parted + done));
  }, 120_000);

  test('so does a message between neighbours: send and receive of two', () => {
    fc.assert(
      fc.property(smallTori, fc.integer({ min: 1, max: 30 }), disturbed([0.7, 0.25], 2), (cluster, log, picks) => {
        const perturbation = picked(cluster, picks);
        const bytes = 2 ** log;
        const layout = packedGroupLayout(cluster, 2);
        const cost = collectiveCost('send_recv', bytes, layout, collectiveFabricOf(cluster));
        const plan = buildPlan(testJob({ pipeline: 2 }), cluster, perturbation, { fold: true });
        const network = new StepNetwork(plan);
        const both = [network.message(0, 1, bytes), network.message(1, 0, bytes)];
        const time = fabricTime(cluster, layout, 'send_recv', cost.algorithm, perturbation.links);
        // `collective` sends both ways at once: the slower one is what it takes.
        const slower = Math.max(...both.map(({ aloneSeconds }) => aloneSeconds));
        expect(slower / secondsOnFabric(cost, bytes, time)).toBeCloseTo(1, 9);
      }),
      { numRuns: 300 },
    );
  });

  test('is never faster on slower cables', () => {
    fc.assert(
      fc.property(
        smallTori,
        fc.nat(),
        fc.constantFrom(...lone),
        disturbed([0.7, 0.25], 3),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        (cluster, pick, { job, route }, picks, factor) => {
          const ranks = 2 + (pick % (cluster.nodes - 1));
          const seconds = (perturbation: Perturbation): number => {
            const plan = buildPlan(job(ranks), cluster, perturbation, { fold: true });
            return route(plan, new StepNetwork(plan), 2 ** 24).aloneSeconds;
          };
          const slower = picks.map(([link, own, both]): [number, number, boolean] => [link, own * factor, both]);
          expect(seconds(picked(cluster, slower))).toBeGreaterThanOrEqual(seconds(picked(cluster, picks)));
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** The transfers of a case on its torus, before any folding. */
function transfersOf({ job, cluster, perturbation, ranks }: StepCase) {
  const { fabric } = cluster;
  if (fabric.kind !== 'torus') throw new Error('no torus');
  const grid = new RankGrid(job.parallel, isHybrid(job) ? job.options.shardGroup : 0);
  const places = new RankPlaces(cluster, perturbation, ranks);
  const kinds = activeKinds(job);
  return { grid, places, kinds, transfers: torusTransfers(job, fabric, grid, places, kinds, wrapsAround(job)) };
}

/** Colour refinement as it is defined, on strings and without columns: the coarsest equitable partition of ranks. */
function naiveColours({ grid, places, kinds, transfers }: ReturnType<typeof transfersOf>): number[] {
  const { labelOf, longestOf, members, activityOf, capacity, linksOf, usersOf } = transfers;
  const row = ({ start, item, share }: typeof usersOf, r: number) =>
    Array.from(item.subarray(start[r], start[r + 1]), (of, i) => ({
      of,
      share: (share[(start[r] ?? 0) + i] ?? 0).toFixed(7),
    }));
  const blocks = singleRankBlocks(grid, places, kinds);
  const first = initialColouring(blocks, grid, places, kinds, new GroupPlacements(grid, places));
  let colours = Array.from(first.colourOf);
  const dense = (keys: readonly string[]): number[] => {
    const names = [...new Set(keys)];
    return keys.map((key) => names.indexOf(key));
  };
  for (;;) {
    const activities = dense(
      Array.from(labelOf, (label, a) => {
        const own = row(members, a).map(({ of }) => colours[of]);
        return `${label}|${longestOf[a]}|${own.sort().join(',')}`;
      }),
    );
    const links = dense(
      Array.from(capacity, (bytesPerSecond, l) => {
        const users = row(usersOf, l).map(({ of, share }) => `${activities[of]}:${share}`);
        return `${bytesPerSecond}|${users.sort().join(',')}`;
      }),
    );
    const onLinks = dense(
      activities.map((colour, a) => {
        const used = row(linksOf, a).map(({ of, share }) => `${links[of]}:${share}`);
        return `${colour}|${used.sort().join(',')}`;
      }),
    );
    const next = dense(
      colours.map((colour, rank) => {
        const takesPart = activityOf.map((of) => onLinks[of[rank] ?? -1] ?? -1).join(',');
        return `${colour}|${colours[rank - grid.stageRanks]}|${colours[rank + grid.stageRanks]}|${takesPart}`;
      }),
    );
    if (new Set(next).size === new Set(colours).size) return colours;
    colours = next;
  }
}

describe('steps on a torus', () => {
  const cases = stepCases({ only: 'torus', mostRanks: 48 });

  test('folded, every rank, and every rank operator by operator agree, whatever cables are slow or down', () => {
    let parted = 0;
    let classes = 0;
    let ranks = 0;
    fc.assert(
      fc.property(cases, (stepCase) => {
        const folded = stepOrNoWay(stepCase);
        for (const options of [{ fold: false }, { fold: false, coalesce: false }, { coalesce: false }]) {
          const other = stepOrNoWay(stepCase, options);
          if (typeof folded === 'string' || typeof other === 'string') expect(other).toBe(folded);
          else expect(differenceOf(folded, other)).toBeLessThanOrEqual(1e-9);
        }
        if (typeof folded === 'string') parted++;
        else {
          classes += folded.folding.classes;
          ranks += stepCase.ranks;
        }
      }),
      { numRuns: 300 },
    );
    expect(classes).toBeLessThan(0.98 * ranks);
    expect(parted).toBeLessThan(30);
  }, 300_000);

  test('are folded to the coarsest partition that tells nothing apart that sees the same', () => {
    fc.assert(
      fc.property(stepCases({ only: 'torus', mostRanks: 32 }), (stepCase) => {
        const calm = { ...stepCase, perturbation: { ...stepCase.perturbation, jitter: { sigma: 0 } } };
        let found: ReturnType<typeof transfersOf>;
        try {
          found = transfersOf(calm);
        } catch (error) {
          expect(String(error)).toContain('no way from rank');
          return;
        }
        const { grid, places, kinds, transfers } = found;
        const blocks = singleRankBlocks(grid, places, kinds);
        const initial = initialColouring(blocks, grid, places, kinds, new GroupPlacements(grid, places));
        const { colours, colourOf } = refineOverTorus(initial, transfers, grid.stageRanks);
        const naive = naiveColours(found);
        expect(colours).toBe(new Set(naive).size);
        expect(new Set(naive.map((colour, rank) => `${colour}/${colourOf[rank]}`)).size).toBe(colours);
        const plan = buildPlan(calm.job, calm.cluster, calm.perturbation, { fold: true });
        expect(plan.classes).toHaveLength(colours);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  test('do not feel a cable that nothing crosses, to the last bit', () => {
    // Cables so thin that protocols are no limit.
    const wide = torus(6, 8);
    const cluster: Cluster = { ...wide, fabric: { ...wide.fabric, linkGbps: 20 } as Cluster['fabric'] };
    const graph = buildFabricGraph(cluster);
    // Two rows of six chips: rings over x go all the way round, y is crossed between the rows only.
    const job = testJob({ tensor: 6, data: 2 });
    const healthy = simulateStep(job, cluster);
    let felt = 0;
    for (let link = 0; link < graph.links; link++) {
      const name = graph.linkName(link);
      const chip = Number(/^chip(\d+)/.exec(name)?.[1]);
      const crossed = name.includes('.x') ? chip < 12 : chip < 6;
      for (const factor of [0.5, 0]) {
        const step = simulateStep(job, cluster, slowed([name, factor]));
        if (crossed) {
          // Round a cable that is down a ring may go over idle ones.
          if (factor > 0) expect(step.stepSeconds, name).toBeGreaterThan(healthy.stepSeconds);
          else expect(step.stepSeconds, name).toBeGreaterThanOrEqual(healthy.stepSeconds);
          felt++;
        } else expect(step, name).toEqual(healthy);
      }
    }
    expect(felt).toBe(2 * (2 * 12 + 2 * 6));
  });

  test('are cut off by cables that are down only where no way is left', () => {
    const cluster = torus(4, 4);
    const around = (chip: number, ...neighbours: readonly number[]): Perturbation =>
      slowed(
        ...[`chip${chip}.x`, `chip${chip}.y`, ...neighbours.map((n) => `chip${n}`)].map((name): [string, number] => [
          name,
          0,
        ]),
      );
    const { links } = around(5);
    const alive = simulateStep(testJob({ data: 16 }), cluster, { ...noPerturbation, links });
    expect(alive.stepSeconds).toBeGreaterThan(simulateStep(testJob({ data: 16 }), cluster).stepSeconds);
    const all = slowed(['chip5.x', 0], ['chip5.y', 0], ['chip4.x', 0], ['chip1.y', 0]);
    expect(() => simulateStep(testJob({ data: 16 }), cluster, all)).toThrow(/no way from rank/);
    // The last row is not the job's.
    expect(simulateStep(testJob({ data: 4 }), cluster, slowed(['chip12.x', 0], ['chip12.y', 0]))).toEqual(
      simulateStep(testJob({ data: 4 }), cluster),
    );
  });

  test('share cables: two interleaved rings take twice as long as one, side by side they take as long', () => {
    const bytes = 2 ** 30;
    const seconds = (tensor: number, cluster: Cluster): [number, number] => {
      const plan = buildPlan(testJob({ tensor, data: 16 / tensor }), cluster, noPerturbation, { fold: true });
      const network = new StepNetwork(plan);
      const route = ofGroup('data', 'all_reduce')(plan, network, bytes);
      return [route.aloneSeconds - route.latencySeconds, secondsAlone(network, route) - route.latencySeconds];
    };
    // Every second chip of a row of 16: the hops of both rings go over every cable of it.
    const [alone, together] = seconds(2, torus(16, 1));
    expect(together / alone).toBeCloseTo(2, 9);
    // Columns of four chips, each with cables of its own.
    const [one, all] = seconds(4, torus(4, 4));
    expect(all / one).toBeCloseTo(1, 9);
  });

  test('feel what another job sends over their cables', () => {
    const job = testJob({ tensor: 4, data: 4 });
    const step = (bytesPerSecond: number, to: number): number =>
      simulateStep(job, torus(8, 4), { ...noPerturbation, traffic: [{ from: 0, to, bytesPerSecond }] }).stepSeconds;
    const calm = simulateStep(job, torus(8, 4)).stepSeconds;
    expect(step(4.9e10, 1)).toBeGreaterThan(step(4.5e10, 1));
    expect(step(4.5e10, 1)).toBeGreaterThan(calm);
  });

  test('of groups along its dimensions are few classes, and blocks stay whole', () => {
    const cluster = torus(8, 8, 4);
    const step = simulateStep(testJob({ tensor: 8, data: 8, pipeline: 4 }), cluster);
    expect(step.folding).toMatchObject({ ranks: 256, classes: 4 });
    const operators = simulateStep(testJob({ tensor: 8, data: 8, pipeline: 4 }), cluster, noPerturbation, {
      coalesce: false,
    });
    expect(operators.folding.events).toBeGreaterThan(2 * step.folding.events);
    const hurt = simulateStep(testJob({ tensor: 8, data: 8, pipeline: 4 }), cluster, slowed(['chip9.x', 0.5]));
    expect(hurt.folding.classes).toBeGreaterThan(4);
    expect(hurt.folding.classes).toBeLessThan(64);
  });

  test('are never faster on a slower cable, where nothing races for one', () => {
    let races = 0;
    let slower = 0;
    fc.assert(
      fc.property(cases, fc.nat(), fc.constantFrom(0.5, 0.1), (stepCase, pick, factor) => {
        const { job, cluster } = stepCase;
        // Without overlap, each cable one group's: then the step is a longest path. Fair sharing knows anomalies.
        const plain = {
          ...job,
          options: { ...job.options, dataOverlap: false },
          parallel: { ...job.parallel, pipeline: 1 },
        };
        const alone: Job = { ...plain, schedule: '1f1b', parallel: { ...plain.parallel, virtualStages: 1, zero: 0 } };
        const ranks = stepCase.ranks / job.parallel.pipeline;
        const { usersOf } = transfersOf({ job: alone, cluster, perturbation: noPerturbation, ranks }).transfers;
        if (usersOf.start.some((start, link) => (usersOf.start[link + 1] ?? start) - start > 1)) {
          races++;
          return;
        }
        const healthy = simulateStep(alone, cluster).stepSeconds;
        const graph = buildFabricGraph(cluster);
        const hurt = simulateStep(alone, cluster, slowed([graph.linkName(pick % graph.links), factor])).stepSeconds;
        expect(hurt).toBeGreaterThanOrEqual(healthy * (1 - 1e-12));
        if (hurt > healthy) slower++;
      }),
      { numRuns: 600 },
    );
    expect(races).toBeLessThan(560);
    expect(slower).toBeGreaterThan(2);
  }, 60_000);

  test('take as long as cables do: ten times the rate is never slower', () => {
    fc.assert(
      fc.property(cases, ({ job, cluster }) => {
        const fast: Cluster = {
          ...cluster,
          device: testDevice,
          fabric: { ...cluster.fabric, linkGbps: 1000 } as Cluster['fabric'],
        };
        const slow: Cluster = { ...fast, fabric: { ...fast.fabric, linkGbps: 100 } as Cluster['fabric'] };
        const plain = { ...job, options: { ...job.options, dataOverlap: false } };
        expect(simulateStep(plain, slow).stepSeconds).toBeGreaterThanOrEqual(
          simulateStep(plain, fast).stepSeconds * (1 - 1e-9),
        );
      }),
      { numRuns: 60 },
    );
  });
});
