/**
 * Waiting in a queue with c servers (M/M/c): a small simulation of your own with Regatta's kernel, checked against Erlang C.
 * Run: npx esbuild examples/mmc-queue.ts --bundle --platform=node --format=esm | node --input-type=module -
 */
import { RandomStreams, Resource, Simulation } from '@regatta/sim-core';
import { isMain, printTable } from './support/flows.js';

/** Mean wait of an M/M/c queue in units of the mean service time (Erlang C; spec/scheduling.md C). */
export function erlangWait(servers: number, load: number): number {
  let blocking = 1;
  for (let k = 1; k <= servers; k++) blocking = (load * blocking) / (k + load * blocking);
  const waits = blocking / (1 - (load / servers) * (1 - blocking));
  return waits / (servers - load);
}

/** Mean wait over `customers` arrivals, the first tenth left out, service times of mean 1. */
export function simulatedWait(servers: number, load: number, customers: number, seed: number): number {
  const simulation = new Simulation();
  const streams = new RandomStreams(seed);
  const arrivals = streams.stream('arrivals');
  const services = streams.stream('services');
  const desk = new Resource(servers);
  let waited = 0;
  let counted = 0;
  const customer = function* (index: number) {
    const came = simulation.now;
    yield desk.request();
    if (index >= customers / 10) {
      waited += simulation.now - came;
      counted++;
    }
    yield simulation.timeout(services.exponential(1));
    desk.release();
  };
  simulation.process(function* () {
    for (let i = 0; i < customers; i++) {
      yield simulation.timeout(arrivals.exponential(1 / load));
      simulation.process(() => customer(i));
    }
  });
  simulation.run();
  return waited / counted;
}

/** Simulated and exact waits side by side. */
export function main(): { servers: number; load: number; simulated: number; exact: number }[] {
  const rows = [
    [1, 0.5],
    [2, 1.4],
    [8, 6.4],
  ].map(([servers = 1, load = 0]) => {
    const runs = Array.from({ length: 10 }, (_, seed) => simulatedWait(servers, load, 10_000, seed));
    const simulated = runs.reduce((sum, wait) => sum + wait, 0) / runs.length;
    return { servers, load, simulated, exact: erlangWait(servers, load) };
  });
  printTable('mean wait in units of the service time', rows);
  return rows;
}

if (isMain(import.meta.url)) main();
