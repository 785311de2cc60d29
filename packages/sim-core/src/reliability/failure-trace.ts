import { RankedEvents } from '../kernel/ranked-events.js';
import type { FailureDomains } from './failure-domain.js';
import type { FailureEvent, FailureModel, TraceSeed } from './failure-model.js';
import { startFailures } from './failure-processes.js';

/**
 * Every failure of a trial before `horizonSeconds`, in order of time: what a long run of this seed meets. A later horizon only
 * appends.
 * @throws RangeError as `startFailures` does.
 */
export function drawFailures(
  model: FailureModel,
  domains: FailureDomains,
  horizonSeconds: number,
  seed: TraceSeed,
): FailureEvent[] {
  const events = new RankedEvents<FailureEvent>();
  startFailures(events, { model, domains, seed, untilSeconds: horizonSeconds }, (failure) => failure);
  const trace: FailureEvent[] = [];
  while (events.nextTime < horizonSeconds) {
    const failure = events.wakeNext();
    if (failure) trace.push(failure);
  }
  return trace;
}
