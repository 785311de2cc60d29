import type { SchedulingPolicy } from '../policy.js';
import { conservative } from './conservative.js';
import { easy } from './easy.js';
import { fifo } from './fifo.js';
import { firstFit } from './first-fit.js';
import { las } from './las.js';
import { sjf } from './sjf.js';
import { srtf } from './srtf.js';

/** What built-in policies can be told. */
export interface PolicyOptions {
  /** Thresholds of `las` in GPU-seconds, ascending. */
  readonly lasThresholdsGpuSeconds?: readonly number[];
}

const makers: Readonly<Record<string, (options: PolicyOptions) => SchedulingPolicy>> = {
  fifo: () => fifo,
  'first-fit': () => firstFit,
  sjf: () => sjf,
  srtf: () => srtf,
  easy: () => easy,
  conservative: () => conservative,
  las: (options) => las(options.lasThresholdsGpuSeconds),
};

export const policyNames: readonly string[] = Object.keys(makers);

/** A built-in policy by name; undefined when there is none. */
export function builtInPolicy(name: string, options: PolicyOptions = {}): SchedulingPolicy | undefined {
  return Object.hasOwn(makers, name) ? makers[name]?.(options) : undefined;
}
