/**
 * Whole-process times and peak memory of the step simulation, as a user gets them.
 * Run: `npx --yes pnpm@12 run bench step`
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveScenario, scalingPoints } from '@regatta/scenarios';
import { buildPlan, buildProgram, noPerturbation, simulateStep } from '@regatta/sim-core';

const regatta = join(process.cwd(), 'packages/cli/bin/regatta.js');
const reportMemory = `data:text/javascript,process.on('exit',()=>process.stderr.write('@maxrss '+process.resourceUsage().maxRSS+'\\n'))`;

interface Measured {
  readonly seconds: number;
  readonly mebibytes: number;
  readonly stdout: string;
}

function measure(args: readonly string[], repeats: number): Measured {
  const runs: Measured[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = process.hrtime.bigint();
    const result = spawnSync(process.execPath, ['--import', reportMemory, regatta, ...args], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    if (result.status !== 0) throw new Error(`${args.join(' ')}: exit ${result.status}\n${result.stderr}`);
    const rss = /@maxrss (\d+)/.exec(result.stderr)?.[1] ?? '0';
    runs.push({ seconds, mebibytes: Number(rss) / 1024, stdout: result.stdout });
  }
  runs.sort((a, b) => a.seconds - b.seconds);
  const median = runs[Math.floor(runs.length / 2)];
  if (!median) throw new Error('no runs');
  return median;
}

/** 1 % of 16,384 ranks slowed, each by a factor of its own. */
function stragglers(): string {
  const slowRanks = Array.from({ length: 164 }, (_, i) => ({ rank: (i * 9973) % 16384, factor: 1 + (i + 1) / 2000 }));
  const file = join(mkdtempSync(join(tmpdir(), 'regatta-bench-')), 'slow.json');
  writeFileSync(file, JSON.stringify(slowRanks));
  return `perturb.slowRanks=${JSON.stringify(slowRanks)}`;
}

const scenario = 'llama-3.1-405b-h100';
const replay = (gpus: number, ...rest: string[]): string[] => [
  'replay',
  scenario,
  '--gpus',
  String(gpus),
  '--json',
  ...rest,
];
const link = 'perturb.links=[{link: rail0.leaf3.spine5, capacityFactor: 0}]';
const traffic = 'perturb.traffic=[{from: 3, to: 1500, bytesPerSecond: 2e11}]';
const work: readonly (readonly [string, readonly string[], number, number])[] = [
  ['start-up: --help', ['--help'], 0.15, 5],
  ['405B at 1,024 GPUs', replay(1024), 1, 3],
  ['405B at 4,096 GPUs', replay(4096), 1, 3],
  ['405B at 16,384 GPUs', replay(16384), 1, 5],
  ['405B at 65,536 GPUs', replay(65536, '--global-batch', '8192'), 2, 3],
  ['405B at 131,072 GPUs', replay(131072, '--global-batch', '16384'), 2, 3],
  ['405B at 1,048,576 GPUs', replay(1048576, '--global-batch', '131072'), 5, 3],
  ['16,384 GPUs, 1 % of ranks slowed', replay(16384, '--set', stragglers()), 5, 3],
  ['16,384 GPUs, --no-fold', replay(16384, '--no-fold'), 10, 3],
  ['16,384 GPUs, an uplink down', replay(16384, '--set', link), 5, 3],
  ['16,384 GPUs, another job between two nodes', replay(16384, '--set', traffic), 5, 3],
  ['16,384 GPUs, 4:1 oversubscribed', replay(16384, '--set', 'cluster.fabric.oversubscription=4'), 5, 3],
  ['16,384 GPUs, ECMP', replay(16384, '--set', 'cluster.fabric.routing=ecmp'), 10, 3],
];

console.log(`node ${process.version}, ${cpus()[0]?.model ?? ''} x ${cpus().length}`);
console.log('| work | wall, s | target, s | peak memory, MiB | classes | events |');
console.log('|---|---|---|---|---|---|');
for (const [name, args, target, repeats] of work) {
  const { seconds, mebibytes, stdout } = measure(args, repeats);
  const folding = stdout.startsWith('{') ? JSON.parse(stdout).points[0].folding : { classes: '', events: '' };
  console.log(
    `| ${name} | ${seconds.toFixed(2)} | ${target} | ${mebibytes.toFixed(0)} | ${folding.classes} | ${folding.events} |`,
  );
}

/** Where the time of one step goes, in this process after a first run: plan, program, execution. */
function phases(gpus: number, fold: boolean, slowRanks: number): string {
  const resolution = resolveScenario({ source: scenario, readText: () => undefined });
  const [point] = scalingPoints(resolution, { gpus: [gpus], scaling: 'strong' }).points;
  if (!point) throw new Error('no scaling point');
  const slow = Array.from({ length: slowRanks }, (_, i) => ({ rank: (i * 997) % gpus, factor: 1 + (i + 1) / 2000 }));
  const perturbation = { ...noPerturbation, slowRanks: slow };
  const times: number[][] = [];
  for (let i = 0; i < 4; i++) {
    const marks = [performance.now()];
    const plan = buildPlan(point.job, point.cluster, perturbation, { fold });
    marks.push(performance.now());
    buildProgram(plan);
    marks.push(performance.now());
    simulateStep(point.job, point.cluster, perturbation, { fold });
    marks.push(performance.now());
    const [start = 0, planned = 0, programmed = 0, simulated = 0] = marks;
    const whole = simulated - programmed;
    times.push([planned - start, programmed - planned, Math.max(0, whole - (programmed - start)), whole]);
  }
  const best = times.sort((a, b) => (a[3] ?? 0) - (b[3] ?? 0))[0] ?? [];
  return best.map((ms) => ms.toFixed(1)).join(' | ');
}

console.log('\n| step | plan, ms | program, ms | execution and books, ms | whole, ms |');
console.log('|---|---|---|---|---|');
console.log(`| 16,384 GPUs, folded | ${phases(16384, true, 0)} |`);
console.log(`| 4,096 GPUs, 41 ranks slowed | ${phases(4096, true, 41)} |`);
console.log(`| 4,096 GPUs, every rank | ${phases(4096, false, 0)} |`);
