/**
 * Directed links of a two-level Clos: host up h | host down N + h | leaf to spine 2N + leaf S + s | spine to leaf
 * 2N + L S + s L + leaf, all of 50 GB/s.
 */
export class ClosPaths {
  readonly hosts: number;
  readonly capacities: Float64Array;

  constructor(
    readonly leaves: number,
    readonly hostsPerLeaf: number,
    readonly spines: number,
  ) {
    this.hosts = leaves * hostsPerLeaf;
    this.capacities = new Float64Array(2 * this.hosts + 2 * leaves * spines).fill(50e9);
  }

  path(from: number, to: number, spine: number): number[] {
    const leaf = Math.floor(from / this.hostsPerLeaf);
    const other = Math.floor(to / this.hostsPerLeaf);
    if (leaf === other) return [from, this.hosts + to];
    const up = 2 * this.hosts + leaf * this.spines + spine;
    const down = 2 * this.hosts + this.leaves * this.spines + spine * this.leaves + other;
    return [from, up, down, this.hosts + to];
  }
}
