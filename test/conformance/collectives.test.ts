import {
  type AlgorithmName,
  algorithmNames,
  type CollectiveOp,
  twoLevelSeconds,
  uniformSeconds,
} from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { oracleCases } from '../support/oracle.js';
import { noteWhenEmpty } from '../support/reference.js';

interface Input {
  op: CollectiveOp;
  algorithm: string;
  n?: number;
  N?: number;
  G?: number;
  S: number;
  bandwidth?: number;
  alpha?: number;
  scaleUpBandwidth?: number;
  nicBandwidth?: number;
  pipelined?: boolean;
}

const input = [
  'op',
  'algorithm',
  'n',
  'S',
  'bandwidth',
  'alpha',
  'N',
  'G',
  'scaleUpBandwidth',
  'nicBandwidth',
  'pipelined',
];
const cases = oracleCases<Input, number>('collectives.json', { input });

function nameOf(text: string): AlgorithmName {
  const name = algorithmNames.find((known) => known === text.replaceAll('_', '-'));
  if (!name) throw new Error(`unknown algorithm ${text}`);
  return name;
}

function seconds({ op, algorithm, n, N, G, S, ...rest }: Input): number {
  const { scaleUpBandwidth, nicBandwidth, pipelined, bandwidth, alpha } = rest;
  if (N !== undefined && G !== undefined && scaleUpBandwidth !== undefined && nicBandwidth !== undefined) {
    expect(algorithm).toBe('hierarchical');
    return twoLevelSeconds(op, S, {
      domains: N,
      local: G,
      scaleUpBytesPerSecond: scaleUpBandwidth,
      nicBytesPerSecond: nicBandwidth,
      ...(pipelined === undefined ? {} : { pipelined }),
    });
  }
  if (n === undefined || bandwidth === undefined || alpha === undefined) throw new Error('incomplete case');
  return uniformSeconds(op, nameOf(algorithm), n, S, { alphaSeconds: alpha, bandwidthBytesPerSecond: bandwidth });
}

describe('collectives: alpha-beta costs (spec/model.md 5.2)', () => {
  noteWhenEmpty(cases.length, 'collectives.json', test);
  for (const { id, input: given, expected, relativeTolerance, check } of cases) {
    test(id, () => {
      check();
      expect(Math.abs(seconds(given) / expected - 1)).toBeLessThanOrEqual(Math.max(relativeTolerance, 1e-14));
    });
  }
});
