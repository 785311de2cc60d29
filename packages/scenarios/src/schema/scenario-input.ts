import type { ReadText } from './expand-names.js';
import type { InputIssue } from './input-error.js';
import type { Tree } from './paths.js';

/** A value that a flag lays over the file, with the flag's name for messages. */
export interface Override {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly flag: string;
}

export interface ScenarioInput {
  /** Path of a scenario file, or a name of the catalogue; absent: from flags alone. */
  readonly source?: string;
  readonly overrides?: readonly Override[];
  /** `path=value` texts of --set, in order. */
  readonly sets?: readonly string[];
  /** Laid over the sets. */
  readonly last?: readonly Override[];
  readonly readText: ReadText;
  /** The first bad row of a log is wrong input. */
  readonly strict?: boolean;
  /** The caller's own idea of what to start from (a reader of another tool's file made it). */
  readonly base?: Tree;
  /** GPU count that the command line asks for, where another tool's file leaves sizes to it. */
  readonly gpus?: number;
}

/** Where a field stands, for messages. */
export type Locate = (path: readonly string[]) => Pick<InputIssue, 'file' | 'line' | 'column'>;
