/**
 * Nodes of a job on which thousands of ailments come and go in one instant: `JobNodes` beside two plain lists.
 * Run: `npx --yes pnpm@12 run bench ailments`
 */
import {
  JobNodes,
  type RecoveryPolicy,
  type RunEvent,
  type RunNodes,
  runJob,
  synchronousScheme,
} from '@regatta/sim-core';
import { failure } from '../support/job-under-failures.js';
import { PlainJobNodes } from '../support/plain-job-nodes.js';

const plan = {
  solveSeconds: Number.POSITIVE_INFINITY,
  checkpoint: synchronousScheme(1000, 1, 1),
  restartSeconds: 5,
  stepSeconds: 1,
  horizonSeconds: 100,
};
const policyOf = (nodes: number): RecoveryPolicy => ({
  configuration: (missing) => (missing.length > 0 ? -1 : 0),
  nodesInUse: () => nodes,
  speed: (_, ailments) => 1 / (1 + 1e-6 * ailments.length),
});
const ailing = (count: number): RunEvent[] =>
  Array.from({ length: count }, (_, firstNode) => ({
    ...failure,
    ...{ time: 100, mode: 'slow', firstNode, detectSeconds: 500, slowFactor: 1.5, transient: true },
  }));

/** Least of three, ms. */
function milliseconds(nodes: () => RunNodes, events: readonly RunEvent[]): number {
  const times = [1, 2, 3].map(() => {
    const start = process.hrtime.bigint();
    runJob(plan, nodes(), events, 3000);
    return Number(process.hrtime.bigint() - start) / 1e6;
  });
  return Math.min(...times);
}

console.log('| ailments at once | two lists, ms | JobNodes, ms |');
console.log('|---|---|---|');
for (const count of [500, 1000, 2000, 4000, 16000, 64000]) {
  const events = ailing(count);
  const fast = milliseconds(() => new JobNodes(policyOf(count), 0), events);
  const plain = count > 2000 ? Number.NaN : milliseconds(() => new PlainJobNodes(policyOf(count), 0, 8), events);
  console.log(`| ${count} | ${Number.isNaN(plain) ? '' : plain.toFixed(1)} | ${fast.toFixed(1)} |`);
}
