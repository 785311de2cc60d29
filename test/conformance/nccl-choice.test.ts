import { ncclCandidates, ncclChoice } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { oracleCases } from '../support/oracle.js';
import { noteWhenEmpty } from '../support/reference.js';

interface Input {
  op: 'all_reduce' | 'all_gather' | 'reduce_scatter';
  n: number;
  nodes: number;
  S: number;
  ringBusBandwidth: number;
  llMaxBandwidth: number;
  ll128PerChannelBandwidth: number;
  channels: number;
  netOverheadMicroseconds: number;
}
interface Expected {
  seconds: number;
  algorithm: string;
  protocol: string;
}

const cases = oracleCases<Input, Expected>('nccl-choice.json', {
  input: [
    'op',
    'n',
    'nodes',
    'S',
    'ringBusBandwidth',
    'llMaxBandwidth',
    'll128PerChannelBandwidth',
    'channels',
    'netOverheadMicroseconds',
  ],
  expected: ['seconds', 'algorithm', 'protocol'],
});

describe('nccl-choice: least time over algorithms and protocols (spec/model.md 5.3)', () => {
  noteWhenEmpty(cases.length, 'nccl-choice.json', test);
  for (const { id, input, expected, check } of cases) {
    test(id, () => {
      check();
      const candidates = ncclCandidates(input.op, {
        ranks: input.n,
        nodes: input.nodes,
        ringBusBandwidth: input.ringBusBandwidth,
        llMaxBandwidth: input.llMaxBandwidth,
        ll128PerChannelBandwidth: input.ll128PerChannelBandwidth,
        channels: input.channels,
        netOverheadMicroseconds: input.netOverheadMicroseconds,
      });
      const choice = ncclChoice(candidates, input.S);
      expect(Math.abs(choice.seconds / expected.seconds - 1)).toBeLessThanOrEqual(1e-12);
      const times = candidates.map((c) => c.latencySeconds + input.S / c.bytesPerSecond).sort((a, b) => a - b);
      const clear = (times[1] ?? 0) / (times[0] ?? 1) - 1 > 1e-9;
      if (clear) expect([choice.algorithm, choice.protocol]).toEqual([expected.algorithm, expected.protocol]);
    });
  }
});
