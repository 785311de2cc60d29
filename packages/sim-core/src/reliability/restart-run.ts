/** Lengths of the phases of a long run, in any one unit of time (spec/reliability.md 1). */
export interface RunPhases {
  /** Useful compute that the job needs; Infinity = as long as the window is. */
  readonly solve: number;
  /** Useful compute between checkpoints. */
  readonly interval: number;
  readonly write: number;
  readonly restart: number;
}

/** One failure that strikes: when, and how long the job is down for it before it restarts. */
export interface Strike {
  readonly time: number;
  /** Called when it strikes, since how long the job waits may depend on what is in repair then. */
  downUntil(strikeTime: number): number;
}

export type PhaseKind = 'compute' | 'checkpoint' | 'down' | 'restart';
export type PhaseInterval = readonly [PhaseKind, number, number];

/** Where the time of a run went; the parts add up to `wall` (spec/reliability.md 7.4). */
export interface RunBooks {
  readonly wall: number;
  readonly useful: number;
  readonly lost: number;
  readonly checkpoint: number;
  readonly restart: number;
  readonly down: number;
  /** Failures that stopped the job. */
  readonly interruptions: number;
  readonly finished: boolean;
}

/**
 * Runs a job that restarts from its last completed checkpoint (spec/reliability.md 7.3): an event that completes at t wins over a
 * failure at t; failures while down are absorbed; a failure in restart begins a new down and restart; the last segment writes
 * no checkpoint. `lost` is compute since the last completed checkpoint; the part of an aborted write or restart stays theirs.
 * @param strikes In ascending order of time.
 * @param window End of the simulated time; what is computed and not yet saved then is kept.
 * @throws Error when the books do not balance.
 */
export function restartRun(
  phases: RunPhases,
  strikes: readonly Strike[],
  window = Number.POSITIVE_INFINITY,
  observe?: (interval: PhaseInterval) => void,
): RunBooks {
  let time = 0;
  let saved = 0;
  let next = 0;
  let interruptions = 0;
  const spent = { compute: 0, checkpoint: 0, down: 0, restart: 0 };
  let kept = 0;
  const pass = (kind: PhaseKind, until: number): void => {
    if (until > time) observe?.([kind, time, until]);
    spent[kind] += until - time;
    time = until;
  };
  /** Lets a phase run to its end or the window's; after a failure the job has been down and is about to restart. */
  const runs = (kind: PhaseKind, length: number): 'done' | 'cut' | 'struck' => {
    const begun = time;
    const end = Math.min(begun + length, window);
    const strike = strikes[next];
    if (!strike || strike.time >= end) {
      pass(kind, end);
      return begun + length <= window ? 'done' : 'cut';
    }
    pass(kind, Math.max(time, strike.time));
    interruptions++;
    const up = Math.min(Math.max(time, strike.downUntil(time)), window);
    pass('down', up);
    while (next < strikes.length && (strikes[next]?.time ?? 0) < up) next++;
    // Without down time the failure itself must still be used up.
    if (strikes[next] === strike) next++;
    return 'struck';
  };
  const recover = (): void => {
    while (time < window) if (runs('restart', phases.restart) !== 'struck') return;
  };
  let finished = phases.solve <= 0;
  while (!finished && time < window) {
    const left = phases.solve - saved;
    const last = left <= phases.interval * (1 + 1e-12);
    const length = last ? left : phases.interval;
    const begun = time;
    const computed = runs('compute', length);
    if (computed === 'struck') {
      recover();
      continue;
    }
    if (computed === 'cut') {
      kept += time - begun;
      break;
    }
    if (last) {
      kept += length;
      finished = true;
      break;
    }
    const written = runs('checkpoint', phases.write);
    if (written === 'struck') {
      recover();
      continue;
    }
    saved += length;
    kept += length;
  }
  const books: RunBooks = {
    wall: time,
    useful: kept,
    lost: spent.compute - kept,
    checkpoint: spent.checkpoint,
    restart: spent.restart,
    down: spent.down,
    interruptions,
    finished,
  };
  const sum = books.useful + books.lost + books.checkpoint + books.restart + books.down;
  if (!(Math.abs(sum - books.wall) <= 1e-9 * Math.max(1, books.wall)) || books.lost < -1e-6) {
    throw new Error(`restartRun: ${sum} is booked of a wall time of ${books.wall}`);
  }
  return books;
}
