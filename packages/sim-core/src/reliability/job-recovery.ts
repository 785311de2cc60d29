import { SavedStates } from './checkpoint-tiers.js';
import type { RunAccounts } from './run-accounts.js';
import { type RunEvent, type RunNodes, type RunPlan, takesNodesAway } from './run-plan.js';

/** How a job comes back after a stop: when its nodes are ready, and how long its restart takes then. */
export interface ComeBack {
  /** Infinity: never. */
  readonly ready: number;
  readonly restartSeconds: number;
}

/** To which state a job goes back after a stop, on which nodes, and what that takes. */
export class JobRecovery {
  readonly saved: SavedStates;
  readonly #plan: RunPlan;
  readonly #nodes: RunNodes;
  readonly #accounts: RunAccounts;

  constructor(plan: RunPlan, nodes: RunNodes, accounts: RunAccounts) {
    this.saved = new SavedStates(plan.checkpoint, accounts.mark);
    this.#plan = plan;
    this.#nodes = nodes;
    this.#accounts = accounts;
  }

  /**
   * @param computing Whether it strikes while the job computes.
   * @param restarting Length of the restart that it strikes, or 0.
   */
  afterFailure(event: RunEvent, computing: boolean, restarting: number): ComeBack {
    const { time } = this.#accounts;
    const found = time + event.detectSeconds;
    this.#nodes.takeAway(event, found);
    const gone: number[] = [];
    const ready = this.#nodes.readyAt(found, (node) => gone.push(node));
    const { failoverSeconds } = this.#nodes;
    // Processes that die take the replicas of the state with them; a node's peers still have it.
    if (failoverSeconds !== undefined && event.nodeCount > 0 && ready === found) {
      if (computing) this.#loseStepInFlight();
      return { ready, restartSeconds: Math.max(failoverSeconds, restarting) };
    }
    if (takesNodesAway(event)) this.saved.lose(event.firstNode, event.nodeCount, time);
    for (const node of gone) this.saved.lose(node, 1, time);
    return this.#fromCheckpoint(ready);
  }

  /** A start that dies of itself: the nodes are there. */
  afterDeath(): ComeBack {
    return this.#fromCheckpoint(this.#accounts.time);
  }

  /** After a stop that the job made to let the events happen, its state saved. */
  afterStop(events: readonly RunEvent[]): ComeBack {
    const { time } = this.#accounts;
    // A straggler was found already; planned work takes its time.
    const endOf = ({ mode, detectSeconds }: RunEvent): number => time + (mode === 'planned' ? detectSeconds : 0);
    for (const event of events) this.#nodes.takeAway(event, endOf(event));
    const gone: number[] = [];
    const ready = this.#nodes.readyAt(Math.max(time, ...events.map(endOf)), (node) => gone.push(node));
    for (const event of events) if (takesNodesAway(event)) this.saved.lose(event.firstNode, event.nodeCount, time);
    for (const node of gone) this.saved.lose(node, 1, time);
    return this.#fromCheckpoint(ready);
  }

  /** Length of the restart with which a degraded job would grow back at once; undefined: it cannot, or that doesn't pay by `window`. */
  growth(window: number): number | undefined {
    const { time, work } = this.#accounts;
    const { speed } = this.#nodes;
    const better = this.#nodes.speedAfterReturns(time);
    if (better <= speed * (1 + 1e-9)) return undefined;
    const horizon = Math.min(this.#plan.horizonSeconds, window - time, this.#plan.solveSeconds - work);
    const quickestRestore = this.#plan.checkpoint.tiers[0]?.restoreSeconds ?? 0;
    const restart = this.#nodes.failoverSeconds ?? this.#plan.restartSeconds + quickestRestore;
    return (1 - speed / better) * horizon <= restart + this.saved.persistSeconds ? undefined : restart;
  }

  /** Grows back, its state saved. */
  grow(restartSeconds: number): ComeBack {
    const { time } = this.#accounts;
    this.#nodes.readyAt(time);
    if (this.#nodes.failoverSeconds === undefined) this.#fromCheckpoint(time);
    return { ready: time, restartSeconds };
  }

  #fromCheckpoint(ready: number): ComeBack {
    const { mark, restoreSeconds } = this.saved.restore(this.#accounts.time);
    this.#accounts.goBackTo(mark);
    return { ready, restartSeconds: this.#plan.restartSeconds + restoreSeconds };
  }

  #loseStepInFlight(): void {
    const { compute, work, speed } = this.#accounts;
    const lost = work % this.#plan.stepSeconds;
    this.#accounts.goBackTo({ work: work - lost, compute: compute - Math.min(lost / speed, compute) });
  }
}
