import { empiricalGaps, exponentialGaps, type GapDistribution, weibullGaps } from './gap-distribution.js';

/** Where a failure strikes. `software` has one instance, the job; a switch or rack takes all of its nodes. */
export const failureLevels = ['gpu', 'nic', 'link', 'switch', 'node', 'rack', 'software'] as const;
export type FailureLevel = (typeof failureLevels)[number];

/**
 * stop: the job dies; slow: a straggler appears and is found after `detectSeconds`; planned: the job saves first, then stops
 * for `detectSeconds`.
 */
export const failureModes = ['stop', 'slow', 'planned'] as const;
export type FailureMode = (typeof failureModes)[number];

/** One kind of failure, the same for each of its instances. */
export interface FailureComponent {
  readonly name: string;
  readonly level: FailureLevel;
  readonly mode: FailureMode;
  /** Mean time between failures of one instance. */
  readonly mtbfHours: number;
  readonly distribution: 'exponential' | 'weibull' | 'empirical';
  /** weibull only. */
  readonly shape?: number;
  /** empirical only: observed gaps in hours, scaled to the mean `mtbfHours`. */
  readonly values?: readonly number[];
  /** From the failure to the start of recovery; for a straggler until it is found. */
  readonly detectSeconds: number;
  /** How long the node is away after detection; 0: only the processes die. Infinity: for ever. */
  readonly repairHours: number;
  /** slow only: by how much the node's operators take longer, > 1. */
  readonly slowFactor?: number;
  /**
   * nic, link and switch only: share of the links' capacity that is left (0: down). slow: the job goes on with it until it is found;
   * stop: the job restarts with it, its nodes stay, until it is repaired.
   */
  readonly capacityFactor?: number;
  /** slow only: it goes away by itself after `detectSeconds`, without a restart. */
  readonly transient?: boolean;
  /**
   * Draw at this shorter mean and keep each failure with probability baseMtbfHours / mtbfHours (exponential only): variants
   * that share the base then meet the same failures, one of them fewer.
   */
  readonly baseMtbfHours?: number;
}

/** Gaps of one instance as drawn, before thinning. @throws RangeError when a field makes no sense. */
export function gapsOf(component: FailureComponent): GapDistribution {
  const where = `gapsOf: component ${component.name}`;
  const mean = component.mtbfHours * 3600;
  if (!(mean > 0)) throw new RangeError(`${where}: mtbfHours is ${component.mtbfHours}, must be positive`);
  switch (component.distribution) {
    case 'exponential':
      return exponentialGaps(3600 * Math.min(component.mtbfHours, component.baseMtbfHours ?? Number.POSITIVE_INFINITY));
    case 'weibull': {
      const { shape } = component;
      if (shape === undefined || !(shape > 0)) throw new RangeError(`${where}: weibull needs a positive shape`);
      return weibullGaps(mean, shape);
    }
    case 'empirical':
      if (!component.values || component.values.length === 0) throw new RangeError(`${where}: empirical needs values`);
      return empiricalGaps(component.values, mean);
  }
}

/** Share of the drawn failures that are kept (see `baseMtbfHours`). */
export function keptShare(component: FailureComponent): number {
  const { baseMtbfHours, distribution, mtbfHours } = component;
  return distribution === 'exponential' && baseMtbfHours !== undefined ? Math.min(1, baseMtbfHours / mtbfHours) : 1;
}
