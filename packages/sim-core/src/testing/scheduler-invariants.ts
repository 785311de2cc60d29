import { invariants } from '../scheduling/invariants/registry.js';
import type { SchedulingPolicy } from '../scheduling/policy.js';
import { type CheckOptions, findCounterexample } from './counterexample.js';
import { renderCounterexample } from './timeline.js';

/**
 * Property-tests a policy against every invariant of spec/scheduling.md A that it claims or that holds for all; one line in any
 * test runner: `test('my policy', () => schedulerInvariants(myPolicy))`.
 * @throws Error that shows the smallest counterexample as a timeline, with the seed and path that replay it.
 */
export function schedulerInvariants(policy: SchedulingPolicy, options: CheckOptions = {}): void {
  const found = findCounterexample(policy, options);
  if (found === undefined) return;
  const replay = `schedulerInvariants(policy, { seed: ${found.seed}, path: '${found.path}' })`;
  throw new Error(
    `policy ${policy.name} breaks an invariant\n${renderCounterexample(policy, found)}\nreplay: ${replay}`,
  );
}

/** The same, one test for each invariant: `test.each(invariantTests(myPolicy))('%s', (_, check) => check())`. */
export function invariantTests(
  policy: SchedulingPolicy,
  options: Omit<CheckOptions, 'only'> = {},
): [name: string, check: () => void][] {
  return invariants.map(({ id, title }) => [
    `${id} ${title}`,
    () => schedulerInvariants(policy, { ...options, only: [id] }),
  ]);
}
