import type { CheckpointScheme } from './checkpoint-tiers.js';
import type { FailureMode } from './failure-component.js';

/** What happens to the nodes of a job at an instant. */
export interface RunEvent {
  readonly time: number;
  /** Of the component that failed. */
  readonly name: string;
  readonly mode: FailureMode;
  readonly firstNode: number;
  /** 0: no node in particular, only the job's processes die. */
  readonly nodeCount: number;
  /** From the failure until it is found; of a straggler until it is found or passes; of planned work how long it takes. */
  readonly detectSeconds: number;
  /** How long the nodes are away once found; 0: they stay. */
  readonly repairSeconds: number;
  readonly slowFactor: number;
  /** NICs of each node whose links carry only `capacityFactor` of what they should (see `Ailment`). */
  readonly nics: readonly number[];
  readonly capacityFactor: number;
  /** A straggler that passes by itself. */
  readonly transient: boolean;
  /** It comes of what is wrong with this very node: a spare in its place does not suffer it. */
  readonly ownNodeOnly: boolean;
}

/** What reaches a job from its trial's event queue. */
export type Happening = RunEvent | 'start-up death' | 'ailment end';

/** In one instant a start dies first, then failures strike, then ailments end. */
export const deathRank = -1;
export const failureRank = 0;
export const ailmentRank = Number.POSITIVE_INFINITY;

/** Whether the event's nodes leave the job: after a stop with part of a link's capacity left they stay and run degraded. */
export const takesNodesAway = ({ mode, repairSeconds, capacityFactor }: RunEvent): boolean =>
  repairSeconds > 0 && !(mode === 'stop' && capacityFactor < 1);

/** How it ends that a job waits for nodes without a network. */
export interface Standstill {
  readonly until: number;
  /** By which the job fails then; undefined: a NIC is back, and it may go on. */
  readonly failure: RunEvent | undefined;
}

/** The job's nodes as a run needs to know them. */
export interface RunNodes {
  /** Throughput over the healthy configuration's; 0: the job stands still. */
  readonly speed: number;
  /** The job waits for nodes of which all NICs are down; undefined: it does not. */
  readonly standstill: Standstill | undefined;
  /** When the next ailment is found, passes or is mended. */
  readonly nextAilmentEnd: number;
  /** Seconds to go on in another configuration without going back to a checkpoint; undefined: not possible. */
  readonly failoverSeconds: number | undefined;
  /** Whether the job uses a node of the event. */
  hits(event: RunEvent): boolean;
  /** Takes the event's nodes away from `found` on, or leaves them with what ails them. */
  takeAway(event: RunEvent, found: number): void;
  slowDown(event: RunEvent, time: number): void;
  /** Ends the ailments that are due; returns the events of those that the job must stop for, to take a node out. */
  endAilment(): readonly RunEvent[];
  /** At a standstill: gives back the NICs that are mended, or of which the failure has passed, at `time`. */
  reconnect(time: number): void;
  /**
   * From `found` on, when the job can run again; Infinity: never. It then runs in the best configuration of that time, without nodes
   * that it would wait for.
   * @param alsoGone Told the numbers of such nodes, which leave as failed ones do.
   */
  readyAt(found: number, alsoGone?: (node: number) => void): number;
  /** Speed of the best configuration that the nodes back by now would allow. */
  speedAfterReturns(time: number): number;
}

export interface RunPlan {
  /** Useful compute that the job needs at the healthy speed; Infinity: as much as the window allows. */
  readonly solveSeconds: number;
  readonly checkpoint: CheckpointScheme;
  /** Of each restart, beside the restoring of the checkpoint. */
  readonly restartSeconds: number;
  /** Of the healthy configuration: what fails over loses the step in flight. */
  readonly stepSeconds: number;
  /** A restart to grow back must pay within this time: the mean time between failures. */
  readonly horizonSeconds: number;
  /** Time after the n-th start (0: the first) at which the job dies of it; undefined: it lives. */
  readonly startupDeath?: (start: number) => number | undefined;
}

export type PhaseKind = 'compute' | 'checkpoint' | 'down' | 'restart';
export type PhaseInterval = readonly [PhaseKind, number, number];

/** A moment at which the job stopped: a failure or a death at start-up interrupts it, the others it plans itself. */
export interface RunStop {
  readonly time: number;
  readonly why: 'failure' | 'start-up' | 'planned' | 'straggler' | 'grow back';
  readonly event: RunEvent | undefined;
}

/** Who watches a run. */
export interface RunObserver {
  readonly phase?: (interval: PhaseInterval) => void;
  readonly stop?: (stop: RunStop) => void;
}

/** Where the time of a run went; useful, lost, checkpoint, restart and down add up to `wall` (spec/reliability.md 7.4). */
export interface RunBooks {
  readonly wall: number;
  /** Compute that was kept, at whatever speed. */
  readonly useful: number;
  /** The same at the healthy configuration's speed. */
  readonly work: number;
  readonly lost: number;
  readonly checkpoint: number;
  readonly restart: number;
  readonly down: number;
  /** Failures that stopped the job. */
  readonly interruptions: number;
  /** Stops that the job itself made: planned work, stragglers taken out, growing back. */
  readonly plannedStops: number;
  readonly finished: boolean;
}
