import { type FlowCase, FlowColumns } from '@regatta/sim-core';
import { ClosPaths } from './clos-paths.js';
import { Mulberry32 } from './mulberry32.js';

const mebibyte = 1_048_576;

/** Random pairs on 1,024 hosts, 1 to 256 MB, starts drawn from `span` seconds. */
function randomPairs(name: string, count: number, seed: number, span: number): FlowCase {
  const clos = new ClosPaths(32, 32, 16);
  const random = new Mulberry32(seed);
  const flows = new FlowColumns();
  for (let i = 0; i < count; i++) {
    const from = random.integer(clos.hosts);
    const drawn = random.integer(clos.hosts - 1);
    const to = drawn >= from ? drawn + 1 : drawn;
    const spine = random.integer(clos.spines);
    const bytes = 1_000_000 + random.integer(255_000_000);
    const startSeconds = span > 0 ? Number((random.next() * span).toFixed(9)) : 0;
    flows.add({ startSeconds, bytes, links: clos.path(from, to, spine) });
  }
  return { name, capacitiesBytesPerSecond: [...clos.capacities], flows };
}

/** Flow (wave k, host i) for 16 waves over the 1,024 hosts. */
function waves(
  name: string,
  flowOf: (clos: ClosPaths, i: number, k: number) => readonly [number, number, readonly number[]],
): FlowCase {
  const clos = new ClosPaths(32, 32, 16);
  const flows = new FlowColumns();
  for (let k = 0; k < 16; k++) {
    for (let i = 0; i < clos.hosts; i++) {
      const [startSeconds, bytes, links] = flowOf(clos, i, k);
      flows.add({ startSeconds, bytes, links });
    }
  }
  return { name, capacitiesBytesPerSecond: [...clos.capacities], flows };
}

function rails(name: string): FlowCase {
  const clos = new ClosPaths(512, 32, 16);
  const rows = Array.from({ length: clos.hosts }, (_, i) => ({
    startSeconds: 0,
    bytes: mebibyte * (1 + ((i * 7) % 16)),
    links: clos.path(i, (i + 32) % clos.hosts, i % 16),
  }));
  return { name, capacitiesBytesPerSecond: [...clos.capacities], flows: FlowColumns.of(rows) };
}

/** The flow workloads of reference/performance/workloads.py, number for number, with the ratio to SimGrid that is asked for. */
export const workloads: readonly { readonly name: string; readonly target: number; make(): FlowCase }[] = [
  { name: 'w1-random-2k', target: 10, make: () => randomPairs('w1-random-2k', 2000, 11, 0) },
  { name: 'w2-random-10k', target: 10, make: () => randomPairs('w2-random-10k', 10_000, 12, 0) },
  { name: 'w3-random-10k-staggered', target: 1, make: () => randomPairs('w3-random-10k-staggered', 10_000, 13, 1) },
  { name: 'w3b-random-10k-busy', target: 10, make: () => randomPairs('w3b-random-10k-busy', 10_000, 14, 0.12) },
  {
    name: 'w4-ringsteps-16k',
    target: 5,
    make: () =>
      waves('w4-ringsteps-16k', (c, i, k) => [k * 20e-6, mebibyte, c.path(i, (i + 1) % c.hosts, i % 16)] as const),
  },
  {
    name: 'w4b-ringsteps-16k-same-time',
    target: 5,
    make: () =>
      waves('w4b-ringsteps-16k-same-time', (c, i) => [0, mebibyte, c.path(i, (i + 1) % c.hosts, i % 16)] as const),
  },
  {
    name: 'w5-stride-16k',
    target: 10,
    make: () =>
      waves(
        'w5-stride-16k',
        (c, i, k) =>
          [0, mebibyte * (1 + ((i * 5 + k * 3) % 8)), c.path(i, (i + 37 * (k + 1)) % c.hosts, (i + k) % 16)] as const,
      ),
  },
  { name: 'w6-perm-rails-16k', target: 10, make: () => rails('w6-perm-rails-16k') },
];

/** The text form of reference/performance: `L n`, capacities, `F m`, then `start bytes -1 hops link…`. */
export function workloadText({ capacitiesBytesPerSecond, flows }: FlowCase): string {
  const lines = [`L ${capacitiesBytesPerSecond.length}`, ...capacitiesBytesPerSecond.map(String), `F ${flows.length}`];
  for (const { startSeconds, bytes, links } of flows) {
    lines.push(`${startSeconds} ${bytes} -1 ${links.length} ${links.join(' ')}`);
  }
  return `${lines.join('\n')}\n`;
}
