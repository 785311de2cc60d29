/** A command with its target. */
export interface StepWork {
  readonly name: string;
  readonly args: readonly string[];
  readonly targetSeconds: number;
  readonly repeats: number;
}

const scenario = 'llama-3.1-405b-h100';

/** Replays the 405B model; beyond 16,384 GPUs the batch grows with them. */
export function replay(gpus: number, ...rest: readonly string[]): string[] {
  const batch = gpus > 16384 ? ['--global-batch', String(gpus / 8)] : [];
  return ['replay', scenario, '--gpus', String(gpus), '--json', ...batch, ...rest];
}

const set = (...paths: readonly string[]): string[] => paths.flatMap((path) => ['--set', path]);

/** 1 % of 16,384 ranks slowed, each by a factor of its own. */
const onePercent = `perturb.slowRanks=${JSON.stringify(
  Array.from({ length: 164 }, (_, i) => ({ rank: (i * 9973) % 16384, factor: 1 + (i + 1) / 2000 })),
)}`;

/** What breaks the symmetry of a cluster, by name. */
export const disturbances: ReadonlyMap<string, readonly string[]> = new Map([
  ['healthy', []],
  ['one straggler', set('perturb.slowRanks=[{rank: 5, factor: 1.1}]')],
  ['a slow NIC', set('perturb.links=[{link: node3.nic2, capacityFactor: 0.5}]')],
  ['a NIC down', set('perturb.links=[{link: node3.nic2, capacityFactor: 0}]')],
  ['an uplink down', set('perturb.links=[{link: rail0.leaf3.spine5, capacityFactor: 0}]')],
  ['another job between two nodes', set('perturb.traffic=[{from: 3, to: 100, bytesPerSecond: 2e11}]')],
  ['4:1 oversubscribed', set('cluster.fabric.oversubscription=4')],
  ['cores 3:1 oversubscribed', set('cluster.fabric.spineOversubscription=3')],
]);

const large = [131072, 1048576] as const;

export const stepWorks: readonly StepWork[] = [
  { name: 'start-up: --help', args: ['--help'], targetSeconds: 0.15, repeats: 5 },
  ...[1024, 4096, 16384, 65536].map((gpus) => ({
    name: `405B at ${gpus.toLocaleString('en')} GPUs`,
    args: replay(gpus),
    targetSeconds: gpus > 16384 ? 2 : 1,
    repeats: 5,
  })),
  { name: '16,384 GPUs, 1 % of ranks slowed', args: replay(16384, ...set(onePercent)), targetSeconds: 5, repeats: 3 },
  { name: '16,384 GPUs, --no-fold', args: replay(16384, '--no-fold'), targetSeconds: 10, repeats: 3 },
  {
    name: '16,384 GPUs, ECMP',
    args: replay(16384, ...set('cluster.fabric.routing=ecmp')),
    targetSeconds: 10,
    repeats: 3,
  },
  ...[...disturbances].flatMap(([name, args]) =>
    large.map((gpus) => ({
      name: `${gpus.toLocaleString('en')} GPUs, ${name}`,
      args: replay(gpus, ...args),
      targetSeconds: gpus === 131072 ? 2 : 5,
      repeats: 3,
    })),
  ),
];
