import type { Invariant } from './invariant.js';

/** S21: a second pass at the same instant, with nothing new, changes nothing. */
export const idempotentPass: Invariant = {
  id: 'S21',
  title: 'idempotent pass',
  applies: () => true,
  check(run) {
    const outcome = run.input.checkIdempotence === true ? run.outcome : run.rerun({ checkIdempotence: true });
    return outcome.unsettledPasses.slice(0, 1).map(({ timeSeconds, decision }) => ({
      invariant: 'S21' as const,
      timeSeconds,
      message: `a second pass at the same instant decides ${decision}`,
    }));
  },
};
