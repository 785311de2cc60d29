/** Where checkpoints are kept: how long a copy takes to get there, how often one goes there, and how it comes back. */
export interface CheckpointTier {
  /** In the background, from the end of the stall until the copy counts; 0: it counts at once. */
  readonly persistSeconds: number;
  /** A snapshot goes to this tier when the one before went so long ago; 0: every snapshot. */
  readonly everySeconds: number;
  readonly restoreSeconds: number;
  /**
   * Nodes that hold the same copy, neighbours by number: it is lost once all of them were taken away since it was made (Gemini,
   * SOSP 2023). 0: storage, which no failure of nodes takes away.
   */
  readonly replicas: number;
}

/** How a job saves its state (spec/reliability.md 6). Tiers from the quickest to restore to the surest. */
export interface CheckpointScheme {
  /** Useful compute between checkpoints. */
  readonly intervalSeconds: number;
  /** How long one snapshot stalls the job. */
  readonly stallSeconds: number;
  readonly tiers: readonly CheckpointTier[];
}

/** One tier that holds what is written while the job stalls: the scheme of the closed forms. */
export const synchronousScheme = (
  intervalSeconds: number,
  writeSeconds: number,
  restoreSeconds: number,
): CheckpointScheme => ({
  intervalSeconds,
  stallSeconds: writeSeconds,
  tiers: [{ persistSeconds: 0, everySeconds: 0, restoreSeconds, replicas: 0 }],
});

/** A state of the job: seconds computed to get there, and what they were worth at the healthy configuration's speed. */
export interface Mark {
  readonly compute: number;
  readonly work: number;
}

interface TierState {
  readonly tier: CheckpointTier;
  saved: Mark;
  /** When a copy went out last, and the copy that is on its way. */
  sent: number;
  pending: Mark | undefined;
  pendingDone: number;
}

/** The checkpoints of one trial: what each tier holds, and what a failure leaves of it. */
export class SavedStates {
  readonly #tiers: TierState[];
  /** Nodes taken away since the tiers in node memory got their last copy. */
  readonly #lost = new Set<number>();

  constructor(scheme: CheckpointScheme, start: Mark) {
    this.#tiers = scheme.tiers.map((tier) => ({
      tier,
      saved: start,
      sent: Number.NEGATIVE_INFINITY,
      pending: undefined,
      pendingDone: 0,
    }));
  }

  /** When the next snapshot may be taken: while the quickest tier still copies, there is no room for another. */
  get freeAt(): number {
    const first = this.#tiers[0];
    return first?.pending ? first.pendingDone : Number.NEGATIVE_INFINITY;
  }

  /** From a snapshot until it counts in the quickest tier. */
  get persistSeconds(): number {
    return this.#tiers[0]?.tier.persistSeconds ?? 0;
  }

  /** Takes a snapshot whose stall ends at `time`. */
  snapshot(mark: Mark, time: number): void {
    this.#settle(time);
    for (const state of this.#tiers) {
      if (state.pending || time - state.sent < state.tier.everySeconds) continue;
      state.sent = time;
      state.pending = mark;
      state.pendingDone = time + state.tier.persistSeconds;
    }
    this.#settle(time);
  }

  /** From one time to another nothing is copied: what is on its way arrives as much later. */
  delay(from: number, until: number): void {
    this.#settle(from);
    for (const state of this.#tiers) state.pendingDone += until - from;
  }

  /** At `time` the nodes [first, first + count) and the memory in them are gone. */
  lose(first: number, count: number, time: number): void {
    this.#settle(time);
    for (let node = first; node < first + count; node++) this.#lost.add(node);
  }

  /** The state to go on from after a failure at `time`; what was on its way is lost. */
  restore(time: number): { readonly mark: Mark; readonly restoreSeconds: number } {
    this.#settle(time);
    let best: { mark: Mark; restoreSeconds: number } | undefined;
    for (const state of this.#tiers) {
      const { tier } = state;
      state.pending = undefined;
      if (tier.replicas > 0 && this.#allHoldersLost(tier.replicas)) continue;
      if (!best || state.saved.compute > best.mark.compute) {
        best = { mark: state.saved, restoreSeconds: tier.restoreSeconds };
      }
    }
    if (!best) throw new Error('SavedStates: no tier survives every failure');
    // A tier whose copy is lost or older holds what the job goes on from as soon as it runs again.
    for (const state of this.#tiers) if (state.tier.replicas > 0) state.saved = best.mark;
    return best;
  }

  #settle(time: number): void {
    for (const state of this.#tiers) {
      if (!state.pending || state.pendingDone > time) continue;
      state.saved = state.pending;
      state.pending = undefined;
      if (state.tier.replicas > 0 && this.#lost.size > 0) this.#lost.clear();
    }
  }

  #allHoldersLost(replicas: number): boolean {
    for (const node of this.#lost) {
      const first = Math.floor(node / replicas) * replicas;
      let all = true;
      for (let holder = first; holder < first + replicas; holder++) all &&= this.#lost.has(holder);
      if (all) return true;
    }
    return false;
  }
}
