import fc from 'fast-check';
import { checkedRun, type InvariantId, type Violation } from '../scheduling/invariants/invariant.js';
import { invariants, violationsOf } from '../scheduling/invariants/registry.js';
import { PolicyError, type SchedulingPolicy } from '../scheduling/policy.js';
import { type World, type WorldOptions, worldsFor } from './world.js';

export interface CheckOptions extends WorldOptions {
  /** Worlds to try (default 1000). */
  readonly runs?: number;
  /** Seed of the worlds (default 1). */
  readonly seed?: number;
  /** Path of a counterexample, as printed: tries that world alone. */
  readonly path?: string;
  /** Only these invariants (default: all that the policy claims or that hold for everyone). */
  readonly only?: readonly InvariantId[];
}

/** The smallest world found in which a policy breaks something. */
export interface Counterexample {
  readonly world: World;
  /** What is broken in it, the most telling first; empty when the policy threw. */
  readonly violations: readonly Violation[];
  /** The policy's own error. */
  readonly error?: Error;
  readonly seed: number;
  readonly path: string;
  readonly runs: number;
  readonly shrinks: number;
}

/**
 * Tries a policy on random worlds. Of all that it breaks in any of them, the most telling (the policy's own error, then the
 * order of `invariants`) is searched again and shrunk, looking at nothing else, so that what comes out explains one thing.
 */
export function findCounterexample(policy: SchedulingPolicy, options: CheckOptions = {}): Counterexample | undefined {
  const { runs = 1000, seed = 1, path, only } = options;
  const checks = only === undefined ? invariants : invariants.filter(({ id }) => only.includes(id));
  const worlds = worldsFor(policy, options);
  const replay = path === undefined ? {} : { path };
  let worst = Number.POSITIVE_INFINITY;
  fc.assert(
    fc.property(worlds, (world) => {
      // Only what is more telling than the worst so far is of interest.
      const { violations, error } = judge(policy, world, checks.slice(0, Math.min(worst, checks.length)));
      const first = checks.findIndex(({ id }) => id === violations[0]?.invariant);
      if (error !== undefined) worst = -1;
      else if (first >= 0) worst = Math.min(worst, first);
    }),
    { numRuns: path === undefined ? runs : 1, seed, ...replay },
  );
  if (worst === Number.POSITIVE_INFINITY) return undefined;
  const wanted = checks.slice(Math.max(0, worst), worst + 1);
  const breaks = (world: World): boolean => {
    const { violations, error } = judge(policy, world, wanted);
    return worst < 0 ? error !== undefined : violations.length > 0;
  };
  const details = fc.check(
    fc.property(worlds, (world) => !breaks(world)),
    { numRuns: path === undefined ? runs : 1, seed, ...replay },
  );
  if (!details.failed || details.counterexample === null) return undefined;
  const [world] = details.counterexample;
  const { violations, error } = judge(policy, world, checks);
  const id = wanted[0]?.id;
  return {
    world,
    violations: [...violations].sort((a, b) => Number(b.invariant === id) - Number(a.invariant === id)),
    ...(error === undefined ? {} : { error }),
    seed: details.seed,
    path: details.counterexamplePath ?? '',
    runs: details.numRuns,
    shrinks: details.numShrinks,
  };
}

function judge(
  policy: SchedulingPolicy,
  world: World,
  checks: typeof invariants,
): { violations: Violation[]; error?: Error } {
  try {
    return { violations: violationsOf(checkedRun({ ...world, policy }), checks) };
  } catch (error) {
    if (error instanceof PolicyError) return { violations: [], error };
    throw error;
  }
}
