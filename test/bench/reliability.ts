/**
 * Long runs: time of one trial and of a thousand, of 54 days at 16,384 GPUs, for each way to recover and to save.
 * Run: `npx --yes pnpm@12 run bench reliability`
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';

const regatta = join(process.cwd(), 'packages/cli/bin/regatta.js');

/** Whole-process seconds of a run of so many trials. */
function seconds(trials: number, failures: string, recovery: string, checkpoint: string, workers: number): number {
  const line = ['run', 'llama-3.1-405b-h100', '--gpus', '16384', '--days', '54', '--trials', `${trials}`];
  const sets = [`failures=${failures}`, `recovery=${recovery}`, `checkpoint=${checkpoint}`];
  const args = [...line, ...sets.flatMap((set) => ['--set', set]), '--workers', `${workers}`, '--json'];
  const start = process.hrtime.bigint();
  const result = spawnSync(regatta, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (result.status !== 0) throw new Error(`${args.join(' ')}: exit ${result.status}\n${result.stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

console.log(`${cpus()[0]?.model ?? ''}, ${cpus().length} cores, Node ${process.version}`);
/** Beside those of Llama 3: lemons, failures that come together, nodes and links that are slow until they are found. */
const more = `{profile: llama3-2024, lemons: {fraction: 0.01, factor: 20}, correlated: {probability: 0.05, withinSeconds: 300}, components: [
  {name: thermal, level: gpu, mtbfHours: 400000, mode: slow, slowFactor: 1.3, detectSeconds: 3600, repairHours: 12},
  {name: flap, level: link, mtbfHours: 400000, mode: slow, capacityFactor: 0.5, transient: true, detectSeconds: 1800}]}`;
const failureSets = { 'Llama 3': '{profile: llama3-2024}', 'with lemons, correlated, fail-slow': more };

console.log('| failures | recovery, checkpoint | a trial, ms | 1,000 trials, s, 1 worker | 2 workers |');
console.log('|---|---|---|---|---|');
for (const [name, failures] of Object.entries(failureSets)) {
  for (const policy of ['spares', 'shrink', 'replan', 'reroute']) {
    for (const kind of policy === 'spares' ? ['synchronous', 'asynchronous', 'in-memory'] : ['synchronous']) {
      const recovery = `{policy: ${policy}, spares: ${policy === 'spares' ? 64 : 8}}`;
      const of = (trials: number, workers: number): number =>
        median([1, 2, 3].map(() => seconds(trials, failures, recovery, `{kind: ${kind}}`, workers)));
      const [few, many] = [of(100, 1), of(1000, 1)];
      const trial = ((many - few) / 900) * 1000;
      console.log(
        `| ${name} | ${policy}, ${kind} | ${trial.toFixed(2)} | ${many.toFixed(2)} | ${of(1000, 2).toFixed(2)} |`,
      );
    }
  }
}
