import { RankGrid } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { oracleCases } from '../support/oracle.js';
import { testParallel } from '../support/plans.js';
import { noteWhenEmpty } from '../support/reference.js';

type Groups = Record<'tp' | 'cp' | 'dp' | 'pp', number[][]>;

describe('groups: rank groups in the order tp-cp-dp-pp (spec/model.md 4.1)', () => {
  const cases = oracleCases<{ t: number; c: number; D: number; p: number }, Groups>('groups.json', {
    input: ['t', 'c', 'D', 'p'],
    expected: ['tp', 'cp', 'dp', 'pp'],
  });
  noteWhenEmpty(cases.length, 'groups.json', test);
  for (const { id, input, expected, check } of cases) {
    test(id, () => {
      check();
      const { t, c, D, p } = input;
      const grid = new RankGrid({ ...testParallel, tensor: t, context: c, data: D, pipeline: p });
      const collect = (base: (rank: number) => number, size: number, stride: number): string[] => {
        const bases = new Set(Array.from({ length: grid.ranks }, (_, rank) => base(rank)));
        return [...bases].map((b) => Array.from({ length: size }, (_, i) => b + i * stride).join(' ')).sort();
      };
      const of = (kind: 'tensor' | 'context'): string[] =>
        collect((rank) => grid.groupBase(kind, rank), grid.groupSize(kind), grid.groupStride(kind));
      const found = {
        tp: of('tensor'),
        cp: of('context'),
        dp: collect((rank) => rank - Math.floor((rank % grid.stageRanks) / (t * c)) * t * c, D, t * c),
        pp: collect((rank) => rank % grid.stageRanks, p, grid.stageRanks),
      };
      for (const kind of ['tp', 'cp', 'dp', 'pp'] as const) {
        expect(found[kind], kind).toEqual(expected[kind].map((group) => group.join(' ')).sort());
      }
    });
  }
});
