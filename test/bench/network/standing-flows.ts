import { FluidNetwork } from '@regatta/sim-core';
import { Mulberry32 } from './mulberry32.js';

const pods = 32;
const leavesPerPod = 16;
const hostsPerLeaf = 32;
const spinesPerPod = 16;
const coresPerSpine = 16;
const hosts = pods * leavesPerPod * hostsPerLeaf;
const leafUplinks = pods * leavesPerPod * spinesPerPod;
const spineUplinks = pods * spinesPerPod * coresPerSpine;
const bytesPerSecond = 50e9;

/**
 * Path on a three-tier Clos of 16,384 hosts, links numbered by kind: host up, host down, leaf up, leaf down, spine up,
 * spine down. Spine s of every pod meets the same cores.
 */
function path(from: number, to: number, spine: number, core: number, links: number[]): void {
  const leaf = Math.floor(from / hostsPerLeaf);
  const other = Math.floor(to / hostsPerLeaf);
  links.length = 0;
  links.push(from);
  if (leaf !== other) {
    const pod = Math.floor(leaf / leavesPerPod);
    const otherPod = Math.floor(other / leavesPerPod);
    links.push(2 * hosts + leaf * spinesPerPod + spine);
    if (pod !== otherPod) {
      const spineUp = 2 * (hosts + leafUplinks);
      links.push(spineUp + (pod * spinesPerPod + spine) * coresPerSpine + core);
      links.push(spineUp + spineUplinks + (otherPod * spinesPerPod + spine) * coresPerSpine + core);
    }
    links.push(2 * hosts + leafUplinks + other * spinesPerPod + spine);
  }
  links.push(hosts + to);
}

export interface StandingTimes {
  readonly events: number;
  /** Seconds of the measured completions and starts, without the start of the first flows. */
  readonly seconds: number;
  readonly updatesPerSolve: number;
  readonly firstSolveSeconds: number;
}

/** Keeps `flows` random flows of 1 to 256 MB under way: whenever one ends, another starts. */
export function standingFlows(flows: number, completions: number, clock: () => number): StandingTimes {
  const network = new FluidNetwork(new Float64Array(2 * (hosts + leafUplinks + spineUplinks)).fill(bytesPerSecond));
  const random = new Mulberry32(21);
  const links: number[] = [];
  const start = (): void => {
    const from = random.integer(hosts);
    const to = (from + 1 + random.integer(hosts - 1)) % hosts;
    path(from, to, random.integer(spinesPerPod), random.integer(coresPerSpine), links);
    network.startFlat(links, undefined, 1e6 + random.integer(255e6), Number.POSITIVE_INFINITY, 0, 1, 0);
  };
  const began = clock();
  for (let i = 0; i < flows; i++) start();
  network.nextTime();
  const solved = clock();
  const { solves, activityUpdates } = network;
  let ended = 0;
  while (ended < completions) {
    network.advanceTo(network.nextTime());
    const { finishedCount } = network;
    ended += finishedCount;
    for (let i = 0; i < finishedCount; i++) start();
  }
  return {
    events: 2 * ended,
    seconds: clock() - solved,
    updatesPerSolve: (network.activityUpdates - activityUpdates) / Math.max(1, network.solves - solves),
    firstSolveSeconds: solved - began,
  };
}

/** Seconds of `flows` flows, each of its own size, on one link; `behind` a link of its own as fast each. */
export function flowsOnOneLink(flows: number, behind: boolean, clock: () => number): number {
  const network = new FluidNetwork(new Float64Array(behind ? flows + 1 : 1).fill(bytesPerSecond));
  const began = clock();
  for (let i = 0; i < flows; i++)
    network.start(behind ? [0, i + 1] : [0], undefined, 1e6 + 1000 * ((i * 7919) % flows));
  for (let time = network.nextTime(); time < Number.POSITIVE_INFINITY; time = network.nextTime())
    network.advanceTo(time);
  return clock() - began;
}
