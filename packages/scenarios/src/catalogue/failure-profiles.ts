import type { FailureComponent, FailureModel } from '@regatta/sim-core';

/** Components fail by default; lemons, correlated failures and deaths at start-up are there to be switched on. */
export interface FailureProfile extends Pick<FailureModel, 'components' | 'lemons' | 'correlated' | 'startup'> {
  readonly name: string;
  readonly source: string;
  /** Spare nodes that stand by where a scenario doesn't say how it recovers. */
  readonly spares: number;
}

/** Spare nodes where the source has no number: enough that a job hardly ever waits for one. */
const plentySpares = 64;

const stop = (
  name: string,
  level: FailureComponent['level'],
  mtbfHours: number,
  detectSeconds = 60,
): FailureComponent => ({
  name,
  level,
  mode: 'stop',
  mtbfHours,
  distribution: 'exponential',
  detectSeconds,
  repairHours: level === 'software' ? 0 : 24,
});

/** Mean hours between failures of one of `instances` that had `count` failures in Llama 3's 54 days. */
const llamaHours = (instances: number, count: number): number => (54 * 24 * instances) / count;
const gpus = 16384;
const nodes = 2048;

/** Mean hours between failures of one of `instances` of a job that has 2 faults a day, `share` of them of this cause. */
const megascaleHours = (instances: number, share: number): number => (24 * instances) / (2 * share);

/** Lemons of RSC-1: share of the nodes, and how many times as often large jobs fail with them (from P = 1 - exp(-rate)). */
const rscLemonShare = 0.012;
const rscLemonRateRatio = Math.log(1 - 0.14) / Math.log(1 - 0.04);

/** Failure statistics by name; rates of one instance, detection and repair as stated or, where nothing was, our defaults. */
export const failureProfiles: readonly FailureProfile[] = [
  {
    name: 'llama3-2024',
    components: [
      stop('gpu', 'gpu', llamaHours(gpus, 148)),
      stop('gpu-memory', 'gpu', llamaHours(gpus, 72)),
      stop('gpu-other', 'gpu', llamaHours(gpus, 48)),
      stop('network', 'nic', llamaHours(gpus, 35 + 7)),
      stop('host', 'node', llamaHours(nodes, 419 - 148 - 72 - 48 - 42 - 54)),
      // Of the nodes' processes: rates by node are what the published rate, 3.79 per 1000 node-days, is made of.
      { ...stop('software', 'node', llamaHours(nodes, 54)), repairHours: 0 },
      { ...stop('maintenance', 'software', llamaHours(1, 47)), mode: 'planned', detectSeconds: 600 },
    ],
    spares: plentySpares,
    source:
      'Llama 3 (arXiv 2407.21783) 3.3.4, Table 5 by counts: 419 unexpected and 47 planned interruptions in 54 days on 16,384 H100; detection 60 s, repair 24 h, 10 min of planned work and 64 spare nodes are ours',
  },
  {
    name: 'meta-rsc-1',
    components: [stop('node', 'node', (1000 * 24) / 6.5)],
    // The ratio is one of failures as jobs met them, so that a lemon is back for the next at once.
    lemons: { fraction: rscLemonShare, factor: 1 + (rscLemonRateRatio - 1) / rscLemonShare, repairHours: 0 },
    correlated: { probability: 0.03, withinSeconds: 300 },
    spares: plentySpares,
    source:
      'Kokolis et al., HPCA 2025 (arXiv 2410.21680): 6.50 failures per 1000 node-days on RSC-1; lemons: 1.2 % of the nodes, without which large jobs fail in 4 % instead of 14 % of cases; 3 % of failures come together, within a health check of 5 min; detection, repair and spares are ours',
  },
  {
    name: 'meta-rsc-2',
    components: [stop('node', 'node', (1000 * 24) / 2.34)],
    correlated: { probability: 0.05, withinSeconds: 300 },
    spares: plentySpares,
    source:
      'Kokolis et al., HPCA 2025 (arXiv 2410.21680): 2.34 failures per 1000 node-days on RSC-2; 5 % of failures come together, within a health check of 5 min; detection, repair and spares are ours',
  },
  {
    name: 'megascale',
    components: [
      stop('gpu-ecc', 'gpu', megascaleHours(8 * 1536, 0.257), 600),
      stop('cuda-execution', 'gpu', megascaleHours(8 * 1536, 0.15), 600),
      stop('gpu-execution', 'gpu', megascaleHours(8 * 1536, 0.1), 600),
      stop('pcie-downgrading', 'gpu', megascaleHours(8 * 1536, 0.086), 600),
      stop('other', 'node', megascaleHours(1536, 1 - 0.257 - 0.15 - 0.1 - 0.086), 600),
    ],
    spares: plentySpares,
    source:
      'ByteDance: 2 faults a day of a task and their mix (Minder, NSDI 2025), laid on the 12,288 GPUs of MegaScale (NSDI 2024), which counted over 100 restarts in several weeks; detection within 10 min as MegaScale has it; repair and spares are ours',
  },
  {
    name: 'opt-175b',
    components: [stop('node', 'node', (128 * 24) / 2)],
    spares: 12,
    source:
      "OPT-175B's public logbook (metaseq, final_update.md): about 2 machines a day down of 124 to 128 nodes; it ran with 12 to 18 spare nodes; detection and repair are ours",
  },
  {
    name: 'alibaba-aegis',
    components: [stop('node', 'node', 200 * 24)],
    startup: { probability: 0.73, meanSeconds: 600 },
    spares: plentySpares,
    source:
      'Aegis, NSDI 2025: a mean of 200 days between failures of an H100 host; 73 % of the tasks that fail do so in their first 10 min, read as the share of starts that die; detection, repair and spares are ours',
  },
];
