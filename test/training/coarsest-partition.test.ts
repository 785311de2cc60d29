import {
  activeKinds,
  buildPlan,
  buildProgram,
  type Colouring,
  colouringOf,
  FoldedPlan,
  GroupPlacements,
  initialColouring,
  isEquitable,
  isEquitableOverLinks,
  isHybrid,
  type Plan,
  RankGrid,
  RankPlaces,
  StepExecution,
  singleRanks,
  wrapsAround,
} from '@regatta/sim-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { naiveColours } from '../support/naive-refinement.js';
import { type StepCase, stepCases } from '../support/step-cases.js';

/** The plan that folding makes of a case, and its single ranks with the links that they share. */
function partitioned({ job, cluster, perturbation, ranks }: StepCase) {
  const calm = { ...perturbation, jitter: { sigma: 0 } };
  const plan = buildPlan(job, cluster, calm, { fold: true });
  const grid = new RankGrid(job.parallel, isHybrid(job) ? job.options.shardGroup : 0);
  const places = new RankPlaces(cluster, calm, ranks);
  const kinds = activeKinds(job);
  const single = singleRanks(grid, places, kinds, wrapsAround(job));
  const colourOf = Int32Array.from({ length: ranks }, (_, rank) => plan.classOfRank(rank));
  return { plan, grid, places, kinds, single, colouring: { colours: plan.classes.length, colourOf } };
}

/** True when ranks of one colour are alike and see alike: what makes a partition right. */
function isRight({ grid, places, kinds, single }: ReturnType<typeof partitioned>, colouring: Colouring): boolean {
  const { blocks, links } = single;
  const first = initialColouring(blocks, grid, places, kinds, new GroupPlacements(grid, places));
  const firstOf = new Map<number, number>();
  for (let rank = 0; rank < blocks.count; rank++) {
    const colour = colouring.colourOf[rank] ?? 0;
    const own = first.colourOf[rank] ?? 0;
    if ((firstOf.get(colour) ?? own) !== own) return false;
    firstOf.set(colour, own);
  }
  return isEquitable(blocks, colouring) && isEquitableOverLinks(blocks, colouring, grid, links);
}

const parted = (error: unknown): boolean => String(error).includes('no way from rank');
// On a torus activities, not ranks, cross links: torus-cables.test.ts.
const cases = stepCases({ mostRanks: 32 }).filter((stepCase) => {
  if (stepCase.cluster.fabric.kind === 'torus') return false;
  try {
    buildPlan(stepCase.job, stepCase.cluster, stepCase.perturbation, { fold: true });
    return true;
  } catch (error) {
    if (parted(error)) return false;
    throw error;
  }
});

describe('the partition that folding finds', () => {
  test('is the one of naive colour refinement over single ranks', () => {
    let merged = 0;
    fc.assert(
      fc.property(cases, (stepCase) => {
        const found = partitioned(stepCase);
        const { places, kinds, single } = found;
        const naive = naiveColours(stepCase.job, places, kinds, single.links, stepCase.ranks);
        const pairs = new Set(naive.map((colour, rank) => `${colour}/${found.plan.classOfRank(rank)}`));
        expect(found.plan.classes).toHaveLength(new Set(naive).size);
        expect(pairs.size).toBe(found.plan.classes.length);
        if (found.plan.classes.length < stepCase.ranks) merged++;
      }),
      { numRuns: 150 },
    );
    expect(merged).toBeGreaterThan(20);
  }, 180_000);

  test('is right, and no two of its classes may be merged', () => {
    fc.assert(
      fc.property(cases, fc.nat(), fc.nat(), (stepCase, a, b) => {
        const found = partitioned(stepCase);
        const { colours, colourOf } = found.colouring;
        expect(isRight(found, found.colouring)).toBe(true);
        const [one, other] = [a % colours, b % colours];
        if (one === other) return;
        const wrong = colouringOf(Array.from(colourOf, (colour) => String(colour === one ? other : colour)));
        expect(isRight(found, wrong)).toBe(false);
      }),
      { numRuns: 150 },
    );
  }, 180_000);

  test('with a straggler hidden among its fellows gives another step than every rank does', () => {
    fc.assert(
      fc.property(
        cases.filter(({ ranks, cluster }) => ranks > 1 && cluster.fabric.kind === 'clos'),
        fc.nat(),
        (stepCase, pick) => {
          const rank = pick % stepCase.ranks;
          const slowRanks = [{ rank, factor: 1.5 }];
          const perturbation = { ...stepCase.perturbation, slowRanks, jitter: { sigma: 0 } };
          const calm = partitioned({ ...stepCase, perturbation: { ...perturbation, slowRanks: [] } });
          const { job, cluster } = stepCase;
          const every = buildPlan(job, cluster, perturbation, { fold: false });
          const places = new RankPlaces(cluster, perturbation, stepCase.ranks);
          // The classes of the plan without the straggler: all of its class are as slow as the first of them.
          const wrong = new FoldedPlan(
            job,
            cluster,
            calm.grid,
            places,
            calm.kinds,
            new GroupPlacements(calm.grid, places),
            calm.single.blocks,
            calm.colouring,
            calm.single.links.links,
          );
          const multiplicity = wrong.classes[calm.plan.classOfRank(rank)]?.multiplicity ?? 1;
          if (multiplicity > 1) expect(bookedSeconds(wrong)).not.toBeCloseTo(bookedSeconds(every), 9);
          else expect(bookedSeconds(wrong)).toBeCloseTo(bookedSeconds(every), 6);
        },
      ),
      { numRuns: 60 },
    );
  }, 180_000);
});

/** GPU-seconds of a step's own slowness, which is what a hidden straggler falsifies first. */
function bookedSeconds(plan: Plan): number {
  const factors = new Float64Array(plan.classes.length * 3);
  plan.classes.forEach(({ slowFactor }, k) => {
    factors.fill(slowFactor, 3 * k, 3 * k + 3);
  });
  const { books } = new StepExecution(plan, buildProgram(plan), { factors }).run();
  return books[4] ?? 0;
}
