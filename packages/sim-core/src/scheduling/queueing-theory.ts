/** Stationary figures of a queue in units of the mean service time; `meanWait` leaves service out. */
export interface QueueFigures {
  readonly probWait: number;
  readonly meanWait: number;
  readonly meanQueue: number;
  readonly meanInSystem: number;
}

/**
 * M/M/c (Erlang C), spec/scheduling.md C: Erlang B by recursion, then C = B / (1 - rho (1 - B)).
 * @throws RangeError unless servers is a whole number and the load is below 1.
 */
export function erlangC(servers: number, arrivalRate: number, serviceRate: number): QueueFigures {
  const offered = arrivalRate / serviceRate;
  const load = offered / servers;
  if (!Number.isInteger(servers) || servers < 1) throw new RangeError(`erlangC: servers is ${servers}`);
  if (!(load >= 0 && load < 1)) throw new RangeError(`erlangC: load is ${load}, must be below 1`);
  let blocking = 1;
  for (let k = 1; k <= servers; k++) blocking = (offered * blocking) / (k + offered * blocking);
  const probWait = blocking / (1 - load * (1 - blocking));
  const meanWait = probWait / (servers * serviceRate - arrivalRate);
  return { probWait, meanWait, meanQueue: arrivalRate * meanWait, meanInSystem: arrivalRate * meanWait + offered };
}

/** Mean wait of M/G/1 in units of the mean service (Pollaczek and Khinchine): load (1 + scv) / (2 (1 - load)). */
export function pollaczekKhinchineWait(load: number, squaredVariation: number): number {
  return (load * (1 + squaredVariation)) / (2 * (1 - load));
}
