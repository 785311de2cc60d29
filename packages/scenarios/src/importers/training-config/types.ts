import type { InputIssue } from '../../schema/input-error.js';
import type { Tree } from '../../schema/paths.js';

/** What a reader of another tool's file has to say about one argument of it. Lines count from 1. */
export interface ConfigWarning {
  readonly file: string;
  readonly line: number;
  /** As the file spells it. */
  readonly argument: string;
  readonly why: string;
  /** Field of the scenario that is concerned: a flag that sets it makes the warning void. */
  readonly field?: string;
}

/** A mistake that a flag can mend: a flag over `field` makes it void. */
export interface ConfigIssue extends InputIssue {
  readonly field?: string;
}

export interface Place {
  readonly line: number;
  readonly column: number;
  /** Another file than the one that is read: a script that it sources, a configuration that it names. */
  readonly file?: string;
}

/** A place alone, of something that has one. */
export const placeOf = ({ line, column, file }: Place): Place => ({
  line,
  column,
  ...(file === undefined ? {} : { file }),
});

export const configFormats = {
  script: 'Megatron-LM launch script',
  megatron: 'Megatron-LM arguments',
  nemo: 'NeMo recipe',
  deepspeed: 'DeepSpeed configuration',
  torchtitan: 'torchtitan configuration',
  neox: 'GPT-NeoX configuration',
} as const;
export type ConfigFormat = keyof typeof configFormats;

/** A training configuration of another tool, as far as it says something about a scenario. */
export interface TrainingConfig {
  readonly format: ConfigFormat;
  readonly file: string;
  /** Fields of the scenario (contract); `cluster` is never there, no such file describes one. */
  readonly scenario: Tree;
  /** Sequences of one data-parallel replica in one step, where the file gives no global batch. */
  readonly batchPerReplica?: number;
  /** Micro-batches of a step on one replica, where the file says so: micro-batch x this x data-parallel size = global batch. */
  readonly accumulation?: number;
  /** Copies of the sharded state (hybrid sharding): the shard group is a share of the data-parallel ranks. */
  readonly replicas?: number;
  /** GPUs that the file itself asks for. */
  readonly gpus?: number;
  /** The catalogue's stack of this software, for devices that have it. */
  readonly stack?: string;
  readonly warnings: readonly ConfigWarning[];
  readonly issues: readonly ConfigIssue[];
  /** Where the argument stood that a field of the scenario is from. */
  readonly origins: ReadonlyMap<string, Place>;
}
