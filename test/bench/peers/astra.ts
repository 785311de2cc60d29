import { FluidNetwork } from '@regatta/sim-core';
import { type Fields, runsOf } from './records.js';

/** Messages that start together when those of the round before are done. */
interface Round {
  /** Receivers of each sender. */
  to(rank: number): readonly number[];
  readonly bytes: number;
  /** What a receiver adds to what it has, in ASTRA-sim's account of memory time. */
  readonly reducedBytes: number;
}

const implementationOf = (run: Fields): string =>
  String(run.fields('system').list(`${run.text('collective').replaceAll('_', '-')}-implementation`)[0]);

/** Rounds of a collective as ASTRA-sim lays it out; undefined for one that is not made of such rounds. */
function roundsOf(run: Fields, bytes: number): Round[] | undefined {
  const ranks = run.number('npus');
  const part = bytes / ranks;
  const ring = (size: number, reduces: boolean): Round[] =>
    Array.from({ length: ranks - 1 }, () => ({
      to: (rank) => [(rank + 1) % ranks],
      bytes: size,
      reducedBytes: reduces ? size : 0,
    }));
  const halving = (reduces: boolean): Round[] =>
    Array.from({ length: Math.log2(ranks) }, (_, i) => {
      const distance = reduces ? ranks >> (i + 1) : 1 << i;
      // Each round is charged the memory time of 1/n, whatever its size.
      return { to: (rank) => [rank ^ distance], bytes: part * distance, reducedBytes: reduces ? part : 0 };
    });
  const direct = (reduces: boolean): Round => ({
    to: (rank) => Array.from({ length: ranks - 1 }, (_, i) => (rank + i + 1) % ranks),
    bytes: part,
    reducedBytes: reduces ? part : 0,
  });
  switch (`${run.text('collective')} ${implementationOf(run)}`) {
    case 'all_reduce ring':
      return [...ring(part, true), ...ring(part, false)];
    case 'reduce_scatter ring':
      return ring(part, true);
    case 'all_gather ring':
      // Its size is of what each rank contributes.
      return ring(bytes, false);
    case 'all_reduce halvingDoubling':
      return [...halving(true), ...halving(false)];
    case 'all_reduce direct':
      return [direct(true), direct(false)];
    case 'all_to_all direct':
      return [direct(false)];
    default:
      return undefined;
  }
}

interface Layout {
  readonly capacities: Float64Array;
  path(from: number, to: number): readonly number[];
}

/** Links of a one-dimensional network: around the ring, into a switch and out of it, or from each to each. */
function layoutOf(run: Fields): Layout | undefined {
  const network = run.fields('network');
  const [topology, ...more] = network.list('topology');
  const [bandwidth] = network.list('bandwidth');
  if (more.length > 0 || typeof bandwidth !== 'number') return undefined;
  const ranks = run.number('npus');
  const capacities = (links: number): Float64Array => new Float64Array(links).fill(bandwidth * 2 ** 30);
  switch (topology) {
    case 'Ring':
      return { capacities: capacities(ranks), path: (from) => [from] };
    case 'Switch':
      return { capacities: capacities(2 * ranks), path: (from, to) => [from, ranks + to] };
    case 'FullyConnected':
      return { capacities: capacities(ranks * ranks), path: (from, to) => [from * ranks + to] };
    default:
      return undefined;
  }
}

/**
 * Seconds of a collective over the fluid network, with ASTRA-sim's latency a hop, memory time of a reduction and chunks; its aware
 * backend hands whole messages on from hop to hop, which is a round a hop.
 */
function simulate(run: Fields, { capacities, path }: Layout): number | undefined {
  const system = run.fields('system');
  const ranks = run.number('npus');
  const chunks = system.number('preferred-dataset-splits');
  const active = Math.min(chunks, system.number('active-chunks-per-dimension'));
  const rounds = roundsOf(run, run.number('bytes') / chunks);
  if (!rounds) return undefined;
  const network = new FluidNetwork(capacities);
  const [nanoseconds = 0] = run.fields('network').list('latency').map(Number);
  const memory = system.number('local-mem-bw') * 1e9;
  const endpoint = system.number('endpoint-delay') * 1e-9;
  const forwards = run.text('backend') === 'congestion_aware';
  const send = (links: readonly number[], bytes: number, latency: number): void => {
    for (let chunk = 0; chunk < active; chunk++) {
      network.startFlat(Int32Array.from(links), undefined, bytes, Number.POSITIVE_INFINITY, latency, 1, 0);
    }
  };
  const finish = (started: number): void => {
    for (let pending = started; pending > 0; pending -= network.finishedCount) network.advanceTo(network.nextTime());
  };
  for (let chunk = 0; chunk < chunks; chunk += active) {
    for (const { to, bytes, reducedBytes } of rounds) {
      const pairs = Array.from({ length: ranks }, (_, from) => to(from).map((other) => path(from, other))).flat();
      const hops = pairs[0]?.length ?? 0;
      // A reduction reads both parts and writes one.
      const reduction = (3 * reducedBytes) / memory;
      for (let hop = 0; hop < (forwards ? hops : 1); hop++) {
        const latency = (forwards ? 1 : hops) * nanoseconds * 1e-9 + (hop === 0 ? reduction + endpoint : 0);
        for (const links of pairs) send(forwards ? links.slice(hop, hop + 1) : links, bytes, latency);
        finish(pairs.length * active);
      }
    }
  }
  return network.now;
}

/** ASTRA-sim's collectives and the same messages through the fluid network: simulated time, and the time that it takes. */
export function printAstra(): void {
  console.log('\n| collective | backend | ASTRA-sim, us | Regatta, us | ratio | ASTRA-sim wall, s | Regatta user, s |');
  console.log('|---|---|---:|---:|---:|---:|---:|');
  const left = new Map<string, number>();
  for (const run of runsOf('astra-runs.json')) {
    const layout = layoutOf(run);
    const start = process.cpuUsage();
    const seconds = layout && simulate(run, layout);
    if (seconds === undefined) {
      const topology = run.fields('network').list('topology').join(' x ');
      const kind = `${run.text('collective')} ${implementationOf(run)} on ${topology}`;
      left.set(kind, (left.get(kind) ?? 0) + 1);
      continue;
    }
    const user = process.cpuUsage(start).user / 1e6;
    const theirs = run.number('finish_cycles_max') / 1000;
    const backend = run.text('backend').replace('congestion_', '');
    const times = [theirs.toFixed(1), (seconds * 1e6).toFixed(1), ((seconds * 1e6) / theirs).toFixed(3)];
    console.log(`| ${[run.text('name'), backend, ...times, run.number('wall_s'), user.toFixed(4)].join(' | ')} |`);
  }
  console.log(`\nLeft out: ${[...left].map(([kind, runs]) => `${kind} (${runs})`).join('; ')}.`);
}
