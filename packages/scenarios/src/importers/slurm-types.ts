/** One switch of a tree with what hangs on it. */
export interface SlurmSwitch {
  readonly name: string;
  readonly switches: readonly string[];
  readonly nodes: readonly string[];
  readonly line: number;
}

/** A named list of nodes: a block or a ring. */
export interface SlurmGroup {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly line: number;
}

/** A Slurm topology: levels, no rates. Nodes come in the order of the file. */
export type SlurmTopology = { readonly format: 'slurm-topology'; readonly warnings: readonly string[] } & (
  | {
      readonly kind: 'tree';
      readonly switches: readonly SlurmSwitch[];
      readonly roots: readonly string[];
      readonly nodes: readonly string[];
    }
  | {
      readonly kind: 'block';
      readonly blocks: readonly SlurmGroup[];
      readonly blockSizes: readonly number[];
      readonly nodes: readonly string[];
    }
  | { readonly kind: 'ring'; readonly rings: readonly SlurmGroup[]; readonly nodes: readonly string[] }
);

/** What the two notations of a topology have in common before it is checked. */
export interface SlurmRecords {
  readonly switches: SlurmSwitch[];
  readonly blocks: SlurmGroup[];
  readonly rings: SlurmGroup[];
  readonly blockSizes: number[];
}
