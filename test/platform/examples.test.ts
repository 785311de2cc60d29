import { describe, expect, it } from 'vitest';
import { main as ecmp } from '../../examples/ecmp-vs-spray.js';
import { main as oversubscription } from '../../examples/oversubscription.js';
import { main as rails } from '../../examples/rail-vs-ring-2048.js';
import { main as slowNic } from '../../examples/slow-nic-in-ring.js';
import { main as neighbours } from '../../examples/two-jobs-share-spines.js';

describe('examples of a network planner', () => {
  it('ECMP collides, spraying and static tables do not, more queue pairs help', () => {
    const [spray, table, one, four, sixteen] = ecmp().map((row) => row.slowdown);
    expect(spray).toBeCloseTo(1, 3);
    expect(table).toBeCloseTo(1, 3);
    expect(one).toBeGreaterThan(2);
    expect(four ?? 0).toBeLessThan(one ?? 0);
    expect(sixteen ?? 0).toBeLessThan(four ?? 0);
  });

  it('oversubscription costs an all-to-all its share of remote bytes and a ring nothing', () => {
    const [one, two, four] = oversubscription();
    expect(four?.ringMs).toBeCloseTo(one?.ringMs ?? 0, 9);
    // 96 of 128 bytes leave a leaf; the NIC carries 127 of 128: 4:1 makes the uplink 4 * 96 / 127 times slower.
    expect((four?.allToAllMs ?? 0) / (one?.allToAllMs ?? 1)).toBeCloseTo((4 * 96) / 127, 9);
    expect((two?.allToAllMs ?? 0) / (one?.allToAllMs ?? 1)).toBeCloseTo((2 * 96) / 127, 9);
  });

  it('packed jobs do not meet, mixed ones halve each other', () => {
    const [packed, mixed] = neighbours();
    expect(packed?.slowdown).toBeCloseTo(1, 9);
    // Half of a mixed job's bytes leave its leaf: alone the thin uplinks just carry them, together each job gets half.
    expect(mixed?.slowdown).toBeCloseTo(2, 9);
    expect((mixed?.aloneMs ?? 0) / (packed?.aloneMs ?? 1)).toBeCloseTo(32 / 31, 9);
  });

  it('rails beat one ring by the number of NICs, and rings across rails where the leaves are thin', () => {
    const [one, across, rail] = rails().map((row) => row.ms);
    expect((one ?? 0) / (rail ?? 1)).toBeGreaterThan(4);
    expect((across ?? 0) / (rail ?? 1)).toBeGreaterThan(2);
  });

  it('one slow NIC slows the whole ring in proportion, a dead one by two', () => {
    const slow = slowNic().map((row) => row.slowdown);
    [1, 4 / 3, 2, 4, 2].forEach((expected, i) => {
      expect(slow[i]).toBeCloseTo(expected, 9);
    });
  });
});
