import { buildPlan, noPerturbation } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { testCluster, testJob } from '../support/plans.js';
import { noteWhenEmpty, readReference } from '../support/reference.js';

interface FoldingCase {
  id: string;
  input: { t: number; D: number; p: number; slowRanks: number[] };
  expected: { rankClasses: number[][] };
}

function casesOf(content: unknown): FoldingCase[] {
  if (typeof content !== 'object' || content === null || !('cases' in content) || !Array.isArray(content.cases))
    return [];
  return content.cases;
}

const known = {
  case: ['id', 'input', 'expected', 'published'],
  input: ['t', 'D', 'p', 'slowRanks'],
  expected: ['rankClasses'],
};

describe('folding: coarsest equitable rank classes (spec/model.md 8)', () => {
  noteWhenEmpty(casesOf(readReference('oracles', 'folding.json')).length, 'folding.json', test);
  for (const item of casesOf(readReference('oracles', 'folding.json'))) {
    test(item.id, () => {
      for (const key of Object.keys(item)) expect(known.case).toContain(key);
      for (const key of Object.keys(item.input)) expect(known.input).toContain(key);
      for (const key of Object.keys(item.expected)) expect(known.expected).toContain(key);
      const { t, D, p, slowRanks } = item.input;
      const ranks = t * D * p;
      const job = testJob({ tensor: t, data: D, pipeline: p });
      const perturbation = { ...noPerturbation, slowRanks: slowRanks.map((rank) => ({ rank, factor: 1.1 })) };
      // The oracle leaves network links out as symmetric: one large scale-up domain makes every placement alike.
      const cluster = testCluster(1, { gpusPerNode: ranks, nodes: 1 });
      const plan = buildPlan(job, cluster, perturbation, { fold: true });
      const classes = new Map<number, number[]>();
      for (let rank = 0; rank < ranks; rank++) {
        const k = plan.classOfRank(rank);
        classes.set(k, [...(classes.get(k) ?? []), rank]);
      }
      const found = [...classes.values()].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
      expect(found).toEqual(item.expected.rankClasses);
    });
  }
});
