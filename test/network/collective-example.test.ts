import { expect, it } from 'vitest';
import { main } from '../../examples/collective-algorithms.js';

it('examples/collective-algorithms: hops decide small messages, bytes large ones', () => {
  const picks = main().map(({ ranks, rows }) => [ranks, rows.map(({ nccl }) => nccl.split(' ')[0])]);
  expect(picks).toEqual([
    [8, ['ring', 'ring', 'ring', 'nvls', 'nvls']],
    [64, ['tree', 'tree', 'tree', 'tree', 'nvls-tree']],
    [1024, ['tree', 'tree', 'tree', 'tree', 'nvls-tree']],
  ]);
});
