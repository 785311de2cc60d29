import type { JobSpec, NodeEvent, Tenant } from '@regatta/sim-core';

/** Formats of job traces, in the order in which they are tried. */
export type TraceFormat =
  | 'swf'
  | 'alibaba-2023'
  | 'gavel'
  | 'sia'
  | 'tiresias'
  | 'acme'
  | 'philly'
  | 'batsim'
  | 'csv'
  | 'json';

/** A row that is no job, with its reason: named and counted, never dropped silently. */
export interface RejectedRow {
  /** Line of the file, or position (from 1) in a JSON list. */
  readonly line: number;
  readonly job?: string;
  readonly reason: string;
}

/** Jobs of a trace in order of submission, times in seconds from its beginning. */
export interface JobTrace {
  readonly format: TraceFormat;
  readonly jobs: readonly JobSpec[];
  readonly rejected: readonly RejectedRow[];
  readonly warnings: readonly string[];
  /** GPUs of the machine that the trace is from, where it says so. */
  readonly machineGpus?: number;
  readonly tenants?: readonly Tenant[];
  readonly nodeEvents?: readonly NodeEvent[];
}

/** Length of the jobs of an application where a trace has none: seconds, or steps in a second for traces that count steps. */
export type ApplicationLength = number | { readonly stepsPerSecond: number };

export interface TraceOptions {
  /** Name of the file, for messages. */
  readonly file?: string;
  /** Default: recognised by its content. */
  readonly format?: TraceFormat;
  /** Throw at the first bad row instead of leaving it out. */
  readonly strict?: boolean;
  /** Lengths by application, before the defaults of ours. */
  readonly lengths?: Readonly<Record<string, ApplicationLength>>;
}
