import type { SchedulingPolicy } from '../policy.js';
import { cells } from './cells.js';
import { conservative } from './conservative.js';
import { drf, type ResourceTotals } from './drf.js';
import { easy } from './easy.js';
import { elastic } from './elastic.js';
import { fairShare } from './fair-share.js';
import { fifo } from './fifo.js';
import { firstFit } from './first-fit.js';
import { gang } from './gang.js';
import { las } from './las.js';
import { priority } from './priority.js';
import { quota } from './quota.js';
import { sjf } from './sjf.js';
import { srtf } from './srtf.js';

/** What built-in policies can be told. */
export interface PolicyOptions {
  /** Thresholds of `las` in GPU-seconds, ascending. */
  readonly lasThresholdsGpuSeconds?: readonly number[];
  /** CPUs and memory of the cluster, for `drf`. */
  readonly resourceTotals?: ResourceTotals;
  /** Half-life of past use for `fair`. */
  readonly halfLifeSeconds?: number;
  /** How long `gang` lets others pass a job. */
  readonly patienceSeconds?: number;
}

const makers: Readonly<Record<string, (options: PolicyOptions) => SchedulingPolicy>> = {
  fifo: () => fifo,
  'first-fit': () => firstFit,
  sjf: () => sjf,
  srtf: () => srtf,
  easy: () => easy,
  conservative: () => conservative,
  las: (options) => las(options.lasThresholdsGpuSeconds),
  drf: (options) => drf(options.resourceTotals),
  fair: (options) => fairShare(options.halfLifeSeconds),
  priority: () => priority,
  quota: () => quota,
  gang: (options) => gang(options.patienceSeconds),
  elastic: () => elastic,
  cells: () => cells,
};

export const policyNames: readonly string[] = Object.keys(makers);

/** A built-in policy by name; undefined when there is none. */
export function builtInPolicy(name: string, options: PolicyOptions = {}): SchedulingPolicy | undefined {
  return Object.hasOwn(makers, name) ? makers[name]?.(options) : undefined;
}
