/** Switches of one tier. */
export interface SwitchTier {
  readonly name: string;
  readonly count: number;
  /** Ports towards the hosts and away from them, of one switch (the most of the tier). */
  readonly downPorts: number;
  readonly upPorts: number;
}

/** Cables of one kind. */
export interface CableTier {
  readonly name: string;
  readonly cables: number;
  /** Bytes/s of one cable, each way, and of all. */
  readonly bytesPerSecond: number;
  readonly totalBytesPerSecond: number;
}

/** Shortest ways between two NICs that are a given way apart. */
export interface PathCount {
  readonly between: string;
  readonly switches: number;
  readonly paths: number;
  readonly latencySeconds: number;
}

/** The figures that depend on the kind of fabric. */
export interface FabricFigures {
  readonly nics: number;
  readonly nicsPerNode: number;
  readonly rails: number;
  readonly tiers: readonly SwitchTier[];
  readonly cables: readonly CableTier[];
  /** Down over up bandwidth: at the first switches, at the second, and NICs over the top. 1 = none. */
  readonly oversubscription: { readonly leaf: number; readonly spine: number; readonly overall: number };
  /** Most switches between two NICs, and the seconds that this way takes. */
  readonly diameter: { readonly switches: number; readonly latencySeconds: number };
  readonly paths: readonly PathCount[];
}
