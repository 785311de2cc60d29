import { type BusbwScore, busbwFileSchema, busbwScoreTable, scoreBusbwSets } from '@regatta/scenarios';
import { describe, expect, test } from 'vitest';
import { readReference } from '../support/reference.js';

const content = readReference('published', 'nccl-busbw.json');
const scores: BusbwScore[] = content === undefined ? [] : scoreBusbwSets(busbwFileSchema.parse(content).sets);
const oneNode = scores.filter(({ nodes }) => nodes === 1);

describe('reference/published/nccl-busbw.json', () => {
  test('prints the scores, multi-node sets too', () => {
    console.log(busbwScoreTable(scores));
    for (const { rows } of scores) {
      for (const { predictedSeconds } of rows) expect(predictedSeconds).toBeGreaterThan(0);
    }
  });

  oneNode.forEach(({ name, large, floorRatio }, i) => {
    if (large) {
      test(`${i} ${name}: mean error from 16 MiB up within 10 %`, () => {
        expect(large.meanError).toBeLessThanOrEqual(0.1);
      });
    }
    if (floorRatio !== undefined) {
      test(`${i} ${name}: latency floor within 2x`, () => {
        expect(floorRatio).toBeLessThanOrEqual(2);
        expect(floorRatio).toBeGreaterThanOrEqual(0.5);
      });
    }
  });
});
