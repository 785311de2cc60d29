import { FluidNetwork } from '@regatta/sim-core';
import { ClosPaths } from './clos-paths.js';

const ranks = 1024;
const messageBytes = 1_048_576;
const steps = 2 * (ranks - 1);

export interface RingTimes {
  readonly simulatedSeconds: number;
  readonly flows: number;
}

function ring(): { network: FluidNetwork; paths: Int32Array[] } {
  const clos = new ClosPaths(32, 32, 16);
  const paths = Array.from({ length: ranks }, (_, i) => Int32Array.from(clos.path(i, (i + 1) % ranks, i % 16)));
  return { network: new FluidNetwork(clos.capacities), paths };
}

/** Ring all-reduce, one flow a rank and step, a barrier after each step. */
export function ringByRounds(): RingTimes {
  const { network, paths } = ring();
  for (let step = 0; step < steps; step++) {
    for (const path of paths) network.startFlat(path, undefined, messageBytes, Number.POSITIVE_INFINITY, 0, 1, 0);
    for (let pending = ranks; pending > 0; pending -= network.finishedCount) network.advanceTo(network.nextTime());
  }
  return { simulatedSeconds: network.now, flows: ranks * steps };
}

/**
 * The same without barriers: a rank sends its next message when its last one is out and its predecessor's has come; rank i
 * starts at i x 100 ns.
 */
export function ringByDependencies(): RingTimes {
  const { network, paths } = ring();
  const sent = new Int32Array(ranks);
  const received = new Int32Array(ranks);
  const busy = new Uint8Array(ranks);
  const send = (rank: number, latencySeconds: number): void => {
    const path = paths[rank] ?? new Int32Array(0);
    busy[rank] = 1;
    network.startFlat(path, undefined, messageBytes, Number.POSITIVE_INFINITY, latencySeconds, 1, rank);
  };
  const sendWhenReady = (rank: number): void => {
    const done = sent[rank] ?? 0;
    if (busy[rank] === 0 && done < steps && (received[rank] ?? 0) >= done) send(rank, 0);
  };
  for (let rank = 0; rank < ranks; rank++) send(rank, rank * 100e-9);
  for (let time = network.nextTime(); time < Number.POSITIVE_INFINITY; time = network.nextTime()) {
    network.advanceTo(time);
    const { finishedTags, finishedCount } = network;
    for (let i = 0; i < finishedCount; i++) {
      const rank = finishedTags[i] ?? 0;
      const next = (rank + 1) % ranks;
      busy[rank] = 0;
      sent[rank] = (sent[rank] ?? 0) + 1;
      received[next] = (received[next] ?? 0) + 1;
    }
    for (let i = 0; i < finishedCount; i++) {
      const rank = finishedTags[i] ?? 0;
      sendWhenReady(rank);
      sendWhenReady((rank + 1) % ranks);
    }
  }
  return { simulatedSeconds: network.now, flows: ranks * steps };
}
