import { type Device, gemmSeconds, memorySeconds } from '@regatta/sim-core';
import { describe, expect, test } from 'vitest';
import { oracleCases } from '../support/oracle.js';
import { testDevice } from '../support/plans.js';
import { noteWhenEmpty, readReference } from '../support/reference.js';

type Constants = Record<
  'peak' | 'hbm' | 'sms' | 'gemmMax' | 'k0' | 'w0' | 'hbmMax' | 'memHalf' | 'op' | 'tm' | 'tn',
  number
>;
type Input = { device: string; M?: number; N?: number; K?: number; batch?: number; memoryBytes?: number };

/** The constants stand in `about`, as JSON at its end. */
function deviceOfAbout(): Device {
  const content = readReference('oracles', 'operators.json');
  const about = typeof content === 'object' && content !== null && 'about' in content ? String(content.about) : '{}';
  const c: Constants = JSON.parse(about.slice(about.indexOf('{')));
  return {
    ...testDevice,
    peakFlops: { bf16: c.peak },
    memoryBandwidthBytesPerSecond: c.hbm,
    computeUnits: c.sms,
    gemmMax: c.gemmMax,
    gemmHalfK: c.k0,
    gemmHalfWave: c.w0,
    hbmMax: c.hbmMax,
    memHalfBytes: c.memHalf,
    opOverheadSeconds: c.op,
    tileM: c.tm,
    tileN: c.tn,
  };
}

describe('operators: seconds of GEMMs and memory-bound operators (spec/model.md 2.2)', () => {
  const cases = oracleCases<Input, number>('operators.json', {
    input: ['device', 'M', 'N', 'K', 'batch', 'memoryBytes'],
  });
  noteWhenEmpty(cases.length, 'operators.json', test);
  const device = cases.length > 0 ? deviceOfAbout() : testDevice;
  for (const { id, input, expected, relativeTolerance, check } of cases) {
    test(id, () => {
      check();
      const { M = 0, N = 0, K = 0, batch = 1, memoryBytes } = input;
      const seconds =
        memoryBytes === undefined
          ? gemmSeconds(device, 'bf16', { m: M, n: N, k: K, batch })
          : memorySeconds(device, memoryBytes);
      expect(Math.abs(seconds / expected - 1)).toBeLessThanOrEqual(relativeTolerance);
    });
  }
});
