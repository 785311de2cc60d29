import type { FailureComponent } from './failure-component.js';

/** What may fail, and how failures hang together. */
export interface FailureModel {
  readonly components: readonly FailureComponent[];
  /**
   * Share of nodes whose own failures (gpu, nic, link, node) come `factor` times as often. What is wrong with them is not mended: they
   * are back after `repairHours`, or after the component's.
   */
  readonly lemons?: { readonly fraction: number; readonly factor: number; readonly repairHours?: number | undefined };
  /** With this probability a failure brings another of its kind on a neighbour in the rack, within about this time. */
  readonly correlated?: { readonly probability: number; readonly withinSeconds: number };
  /** Each start of the job dies with this probability, after an exponential time of this mean. */
  readonly startup?: { readonly probability: number; readonly meanSeconds: number };
  /** A log to replay: times in seconds of the run, component by index, node or -1. What is in it is not drawn. */
  readonly incidents?: readonly Incident[];
}

/** One line of a log that is met again. */
export interface Incident {
  readonly timeSeconds: number;
  readonly component: number;
  readonly node: number;
}

/** One failure; whether it strikes depends on what its nodes do then. */
export interface FailureEvent {
  readonly timeSeconds: number;
  /** Index in the model's components. */
  readonly component: number;
  /** Which of the component's things failed. */
  readonly instance: number;
  readonly firstNode: number;
  readonly nodeCount: number;
  /** It comes of what is wrong with a lemon node: any other node in its place would not have failed. */
  readonly ofLemon: boolean;
}

/** Which luck a trial has: the names of all its random streams begin with it. */
export interface TraceSeed {
  readonly seed: number | string;
  readonly trial: number;
}
