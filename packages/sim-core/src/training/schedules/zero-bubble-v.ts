import type { ScheduleOp } from '../job.js';
import { op, type ScheduleSize } from './schedule.js';

type Turn = 'B1' | 'B0' | 'F1' | 'F0' | 'W';

/** A greedy rule: what a free rank prefers, and how many micro-batches may lie between its two chunks, over p - rank. */
interface GreedyRule {
  readonly turns: readonly Turn[];
  readonly open: number;
  /** A first chunk leaves room for the second chunks of the micro-batches that it lets in: such a rule never stalls. */
  readonly reserves?: boolean;
}

const rule = (turns: string, open = Number.POSITIVE_INFINITY): GreedyRule => ({
  turns: turns.split(' ').filter((turn): turn is Turn => /^(B1|B0|F1|F0|W)$/.test(turn)),
  open,
});

/**
 * Of all orders of preference, these ten reach zero bubble at m = 2p, 3p and 4p for every p up to 16, and come within two units of it
 * at any other m of at least 2p.
 */
const rules: readonly GreedyRule[] = [
  rule('B1 B0 F1 W F0'),
  rule('F1 B1 F0 B0 W'),
  rule('B0 B1 F0 F1 W', 1.2),
  rule('B1 F0 B0 F1 W', 1),
  rule('B1 F0 F1 B0 W', 1.2),
  rule('F1 B1 F0 B0 W', 1.2),
  rule('F1 F0 B0 B1 W'),
  rule('B0 B1 F0 F1 W', 1),
  rule('F0 B0 B1 F1 W', 1),
  rule('B0 F1 F0 B1 W'),
  { ...rule('B1 B0 F1 F0 W'), reserves: true },
];

interface Attempt {
  readonly order: ScheduleOp[][];
  readonly makespan: number;
}

/** Runs a rule at unit times under 1F1B's memory, 2p chunk activations a rank; undefined when it stalls, or takes `limit` units. */
function attempt({ pipeline, microBatches }: ScheduleSize, greedy: GreedyRule, limit: number): Attempt | undefined {
  const stages = 2 * pipeline;
  const room = 2 * pipeline;
  const forwardAt = new Float64Array(stages * microBatches).fill(Number.POSITIVE_INFINITY);
  const backwardAt = new Float64Array(stages * microBatches).fill(Number.POSITIVE_INFINITY);
  const forwards = new Int32Array(stages);
  const backwards = new Int32Array(stages);
  const alive = new Int32Array(pipeline);
  const freed = new Int32Array(pipeline);
  const order: ScheduleOp[][] = Array.from({ length: pipeline }, () => []);
  const pending: ScheduleOp[][] = Array.from({ length: pipeline }, () => []);
  const at = (times: Float64Array, stage: number, j: number): number =>
    times[stage * microBatches + j] ?? Number.POSITIVE_INFINITY;
  const canBackward = (stage: number, tick: number): boolean => {
    const j = backwards[stage] ?? 0;
    if (j >= microBatches || at(forwardAt, stage, j) > tick) return false;
    return stage === stages - 1 || at(backwardAt, stage + 1, j) <= tick;
  };
  const canForward = (rank: number, stage: number, tick: number): boolean => {
    const j = forwards[stage] ?? 0;
    if (j >= microBatches || (alive[rank] ?? 0) >= room) return false;
    if (stage < pipeline) {
      const open = j - (forwards[stages - 1 - stage] ?? 0);
      if (open >= Math.max(1, Math.round(greedy.open * (pipeline - rank)))) return false;
      if (greedy.reserves && (alive[rank] ?? 0) + open + 1 >= room) return false;
    }
    return stage === 0 || at(forwardAt, stage - 1, j) <= tick;
  };
  const runForward = (rank: number, stage: number, tick: number): void => {
    const j = forwards[stage] ?? 0;
    forwards[stage] = j + 1;
    forwardAt[stage * microBatches + j] = tick + 1;
    alive[rank] = (alive[rank] ?? 0) + 1;
    order[rank]?.push(op('F', stage < pipeline ? 0 : 1, j));
  };
  const runBackward = (rank: number, stage: number, tick: number): void => {
    const j = backwards[stage] ?? 0;
    backwards[stage] = j + 1;
    backwardAt[stage * microBatches + j] = tick + 1;
    order[rank]?.push(op('B', stage < pipeline ? 0 : 1, j));
    pending[rank]?.push(op('W', stage < pipeline ? 0 : 1, j));
  };
  const runWeight = (rank: number): boolean => {
    const w = pending[rank]?.[freed[rank] ?? 0];
    if (!w) return false;
    freed[rank] = (freed[rank] ?? 0) + 1;
    alive[rank] = (alive[rank] ?? 0) - 1;
    order[rank]?.push(w);
    return true;
  };
  const take = (rank: number, turn: Turn, tick: number): boolean => {
    if (turn === 'W') return runWeight(rank);
    const stage = turn.endsWith('0') ? rank : stages - 1 - rank;
    if (turn.startsWith('F')) {
      if (!canForward(rank, stage, tick)) return false;
      runForward(rank, stage, tick);
    } else {
      if (!canBackward(stage, tick)) return false;
      runBackward(rank, stage, tick);
    }
    return true;
  };
  let left = pipeline * microBatches * 6;
  for (let tick = 0; tick < limit; tick++) {
    let moved = 0;
    for (let rank = 0; rank < pipeline; rank++) if (greedy.turns.some((turn) => take(rank, turn, tick))) moved++;
    left -= moved;
    if (left === 0) return { order, makespan: tick + 1 };
    if (moved === 0) return undefined;
  }
  return undefined;
}

/**
 * V-shaped zero bubble (Qi et al. arXiv 2401.10241, section 6): rank i holds stages i and 2p-1-i. As in the paper, the order is the
 * best of several greedy ones at unit times under 1F1B's memory. No order can be done before 6m + p - 1 units, since the last rank
 * starts at p - 1 and has 6m of work.
 */
export function zeroBubbleV(size: ScheduleSize): ScheduleOp[][] {
  const least = 6 * size.microBatches + size.pipeline - 1;
  let best: Attempt | undefined;
  for (const greedy of rules) {
    const made = attempt(size, greedy, best ? best.makespan - 1 : Number.POSITIVE_INFINITY);
    if (made) best = made;
    if (best?.makespan === least) break;
  }
  if (!best) throw new Error('zeroBubbleV: no rule comes to an end');
  return best.order;
}
