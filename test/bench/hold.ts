/**
 * HOLD: pop the least event, push it again an exponential time later, with n pending. Event queue of the kernel beside
 * flatqueue and tinyqueue in the same run; medians. The kernel's keeps the order of scheduling among equal times.
 * SimPy's looping timeout processes are run beside the kernel's where Python has it (Debian: python3-simpy3).
 * Run: `npx --yes pnpm@12 run bench hold`.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { EventQueue, Simulation } from '@regatta/sim-core';
import FlatQueue from 'flatqueue';
import TinyQueue from 'tinyqueue';

interface Held {
  time: number;
  id: number;
}

const gaps = new Float64Array(1 << 16);
let state = 12345;
for (let i = 0; i < gaps.length; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  gaps[i] = -Math.log1p(-state / 2 ** 32);
}
const gap = (i: number): number => gaps[i & 0xffff] ?? 0;

/** Million holds a second of one queue. */
function rate(hold: (operations: number) => void, operations: number): number {
  hold(Math.floor(operations / 4));
  const start = process.hrtime.bigint();
  hold(operations);
  return operations / (Number(process.hrtime.bigint() - start) / 1e9) / 1e6;
}

function kernel(n: number): (operations: number) => void {
  const queue = new EventQueue(n);
  for (let i = 0; i < n; i++) queue.push(gap(i), i);
  let k = 0;
  return (operations) => {
    for (let i = 0; i < operations; i++) {
      const payload = queue.pop();
      queue.push(queue.poppedTime + gap(k++), payload);
    }
  };
}

function flat(n: number): (operations: number) => void {
  const queue = new FlatQueue<number>();
  for (let i = 0; i < n; i++) queue.push(i, gap(i));
  let k = 0;
  return (operations) => {
    for (let i = 0; i < operations; i++) {
      const time = queue.peekValue() ?? 0;
      const payload = queue.pop() ?? 0;
      queue.push(payload, time + gap(k++));
    }
  };
}

function tiny(n: number): (operations: number) => void {
  const queue = new TinyQueue<Held>([], (a, b) => a.time - b.time);
  for (let i = 0; i < n; i++) queue.push({ time: gap(i), id: i });
  let k = 0;
  return (operations) => {
    for (let i = 0; i < operations; i++) {
      const held = queue.pop();
      if (!held) return;
      held.time += gap(k++);
      queue.push(held);
    }
  };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;

console.log('| pending | kernel, M/s | flatqueue, M/s | tinyqueue, M/s | against flatqueue | against tinyqueue |');
console.log('|---|---|---|---|---|---|');
for (const n of [1e3, 1e5, 1e6]) {
  const operations = n === 1e6 ? 1e6 : 2e6;
  const results = [kernel, flat, tiny].map(() => [] as number[]);
  for (let round = 0; round < 5; round++) {
    for (const [i, make] of [kernel, flat, tiny].entries()) results[i]?.push(rate(make(n), operations));
  }
  const [own = 0, other = 0, slow = 0] = results.map(median);
  console.log(
    `| ${n} | ${own.toFixed(2)} | ${other.toFixed(2)} | ${slow.toFixed(2)} | ${(own / other).toFixed(2)} | ${(own / slow).toFixed(2)} |`,
  );
}

/** Million timeouts a second of n processes that wait an exponential time, over and over: as users write models. */
function processes(n: number, timeouts: number): number {
  const simulation = new Simulation();
  let k = 0;
  for (let i = 0; i < n; i++) {
    simulation.process(function* () {
      for (;;) yield simulation.timeout(gap(k++));
    });
  }
  for (let i = 0; i < n + timeouts / 4; i++) simulation.step();
  const start = process.hrtime.bigint();
  for (let i = 0; i < timeouts; i++) simulation.step();
  return timeouts / (Number(process.hrtime.bigint() - start) / 1e9) / 1e6;
}

function simpy(n: number, timeouts: number): number | undefined {
  const script = join(process.cwd(), 'test/bench/simpy/timeouts.py');
  for (const python of ['/usr/bin/python3', 'python3']) {
    const run = spawnSync(python, [script, `${n}`, `${timeouts}`], { encoding: 'utf8' });
    if (run.status === 0) return Number(run.stdout) / 1e6;
  }
  return undefined;
}

console.log('\n| processes | kernel, M timeouts/s | SimPy, M timeouts/s | against SimPy |');
console.log('|---|---|---|---|');
for (const n of [1e3, 1e5]) {
  const own = median([1, 2, 3].map(() => processes(n, 1e6)));
  const theirs = [1, 2, 3].flatMap(() => simpy(n, 2e5) ?? []);
  const other = theirs.length > 0 ? median(theirs) : undefined;
  const ratio = other === undefined ? 'SimPy is not installed' : (own / other).toFixed(1);
  console.log(`| ${n} | ${own.toFixed(2)} | ${other?.toFixed(3) ?? ''} | ${ratio} |`);
}
