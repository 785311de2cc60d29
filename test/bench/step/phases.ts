import { resolveScenario, scalingPoints } from '@regatta/scenarios';
import { buildPlan, buildProgram, type Cluster, noPerturbation, simulateStep } from '@regatta/sim-core';

interface Setting {
  readonly name: string;
  readonly gpus: number;
  readonly fold: boolean;
  readonly slowRanks: number;
  readonly oversubscription: number;
}

const settings: readonly Setting[] = [
  { name: '16,384 GPUs, folded', gpus: 16384, fold: true, slowRanks: 0, oversubscription: 1 },
  { name: '1,048,576 GPUs, 4:1 oversubscribed', gpus: 1048576, fold: true, slowRanks: 0, oversubscription: 4 },
  { name: '4,096 GPUs, 41 ranks slowed', gpus: 4096, fold: true, slowRanks: 41, oversubscription: 1 },
  { name: '4,096 GPUs, every rank', gpus: 4096, fold: false, slowRanks: 0, oversubscription: 1 },
];

function oversubscribed(cluster: Cluster, oversubscription: number): Cluster {
  return cluster.fabric.kind === 'clos' ? { ...cluster, fabric: { ...cluster.fabric, oversubscription } } : cluster;
}

/** Where the time of one step goes, in this process after a first run: plan, program, execution. */
export function printPhases(): void {
  console.log('\n| step | plan, ms | program, ms | execution and books, ms | whole, ms |');
  console.log('|---|---|---|---|---|');
  for (const { name, gpus, fold, slowRanks, oversubscription } of settings) {
    const sets = gpus > 16384 ? [`job.globalBatch=${gpus / 8}`] : [];
    const resolution = resolveScenario({ source: 'llama-3.1-405b-h100', sets, readText: () => undefined });
    const [point] = scalingPoints(resolution, { gpus: [gpus], scaling: 'strong' }).points;
    if (!point) throw new Error('no scaling point');
    const cluster = oversubscribed(point.cluster, oversubscription);
    const slow = Array.from({ length: slowRanks }, (_, i) => ({ rank: (i * 997) % gpus, factor: 1 + (i + 1) / 2000 }));
    const perturbation = { ...noPerturbation, slowRanks: slow };
    const times = Array.from({ length: 4 }, () => {
      const marks = [performance.now()];
      const plan = buildPlan(point.job, cluster, perturbation, { fold });
      marks.push(performance.now());
      buildProgram(plan);
      marks.push(performance.now());
      simulateStep(point.job, cluster, perturbation, { fold });
      marks.push(performance.now());
      const [start = 0, planned = 0, programmed = 0, simulated = 0] = marks;
      const whole = simulated - programmed;
      return [planned - start, programmed - planned, Math.max(0, whole - (programmed - start)), whole];
    });
    const best = times.sort((a, b) => (a[3] ?? 0) - (b[3] ?? 0))[0] ?? [];
    console.log(`| ${name} | ${best.map((ms) => ms.toFixed(1)).join(' | ')} |`);
  }
}
