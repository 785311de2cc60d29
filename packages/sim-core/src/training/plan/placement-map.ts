import type { Cluster } from '../../platform/cluster.js';
import type { Device } from '../../platform/device.js';
import type { Perturbation } from '../job.js';

/** Where ranks sit and what is particular about the place: device kind, slow factor, link factors. Rank r is on node floor(r/G). */
export class RankPlaces {
  readonly devices: readonly Device[];
  readonly gpusPerNode: number;
  readonly nicsPerNode: number;
  /** Ranks of one scale-up domain; at least one node's. The chips of a torus have nothing but its cables: all are one domain. */
  readonly domainRanks: number;
  /** Perturbed links beyond the NICs. */
  readonly fabricLinks: Perturbation['links'];
  readonly traffic: NonNullable<Perturbation['traffic']>;
  readonly #slow = new Map<number, number>();
  readonly #port = new Map<number, number>();
  readonly #nic = new Map<number, number>();
  readonly #ranges: readonly { readonly first: number; readonly end: number; readonly device: number }[];

  constructor(
    readonly cluster: Cluster,
    readonly perturbation: Perturbation,
    readonly ranks: number,
  ) {
    const fabric = cluster.fabric;
    this.gpusPerNode = cluster.gpusPerNode;
    this.nicsPerNode = fabric.kind === 'clos' ? (fabric.nicsPerNode ?? cluster.gpusPerNode) : cluster.gpusPerNode;
    this.domainRanks =
      fabric.kind === 'torus' ? Math.max(1, ranks) : Math.max(cluster.gpusPerNode, cluster.device.scaleUp.domain);
    const devices = [cluster.device];
    this.#ranges = (cluster.deviceRanges ?? []).map((range) => {
      devices.push(range.device);
      return { first: range.first, end: range.first + range.count, device: devices.length - 1 };
    });
    this.devices = devices;
    for (const { rank, factor } of perturbation.slowRanks) {
      if (rank < ranks) this.#slow.set(rank, (this.#slow.get(rank) ?? 1) * factor);
    }
    this.fabricLinks = perturbation.links.filter(({ link, capacityFactor }) => !this.#addLink(link, capacityFactor));
    this.traffic = perturbation.traffic ?? [];
  }

  /** Takes a NIC's or a port's factor; false for another link. */
  #addLink(link: string, factor: number): boolean {
    const nic = /^node(\d+)\.nic(\d+)(?:\.(?:up|down))?$/.exec(link);
    if (nic) this.#nic.set(Number(nic[1]) * this.nicsPerNode + Number(nic[2]), factor);
    const gpu = /^node(\d+)\.gpu(\d+)(?:\.(?:up|down))?$/.exec(link);
    if (gpu) this.#port.set(Number(gpu[1]) * this.gpusPerNode + Number(gpu[2]), factor);
    return nic !== null || gpu !== null;
  }

  /** Runs of nodes, up to `end`, whose device (index into `devices`) is not the first. */
  get deviceRanges(): readonly { readonly first: number; readonly end: number; readonly device: number }[] {
    return this.#ranges;
  }

  nodeOf(rank: number): number {
    return Math.floor(rank / this.gpusPerNode);
  }

  domainOf(rank: number): number {
    return Math.floor(rank / this.domainRanks);
  }

  /** Index into `devices` of the device that a rank runs on. */
  deviceOf(rank: number): number {
    if (this.#ranges.length === 0) return 0;
    const node = this.nodeOf(rank);
    for (const range of this.#ranges) if (node >= range.first && node < range.end) return range.device;
    return 0;
  }

  slowFactorOf(rank: number): number {
    return this.#slow.get(rank) ?? 1;
  }

  portFactorOf(rank: number): number {
    return this.#port.get(rank) ?? 1;
  }

  nicFactorOf(nic: number): number {
    return this.#nic.get(nic) ?? 1;
  }

  /** NIC (global index) through which a rank reaches the network; a NIC that is down hands over to the next one of its node. */
  nicOf(rank: number): number {
    const node = this.nodeOf(rank);
    const own = Math.floor(((rank % this.gpusPerNode) * this.nicsPerNode) / this.gpusPerNode);
    for (let step = 0; step < this.nicsPerNode; step++) {
      const nic = node * this.nicsPerNode + ((own + step) % this.nicsPerNode);
      if (this.nicFactorOf(nic) > 0) return nic;
    }
    return node * this.nicsPerNode + own;
  }

  /** True when every rank has a NIC of its own. */
  get privateNics(): boolean {
    return this.nicsPerNode >= this.gpusPerNode && !this.hasNicDown;
  }

  /** True when some NIC is down, so that others of its node serve its ranks. */
  get hasNicDown(): boolean {
    for (const factor of this.#nic.values()) if (factor === 0) return true;
    return false;
  }

  /** Ranks whose own NIC is down. */
  reroutedRanks(): number[] {
    if (!this.hasNicDown) return [];
    return this.touchedRanks().filter((rank) => {
      const own = Math.floor(((rank % this.gpusPerNode) * this.nicsPerNode) / this.gpusPerNode);
      return this.nicOf(rank) % this.nicsPerNode !== own;
    });
  }

  /** Ranks that differ from the rest by a slow factor or by a link. */
  touchedRanks(): number[] {
    const touched = new Set<number>(this.#slow.keys());
    for (const rank of this.#port.keys()) touched.add(rank);
    for (const nic of this.#nic.keys()) {
      const node = Math.floor(nic / this.nicsPerNode);
      for (let local = 0; local < this.gpusPerNode; local++) {
        const rank = node * this.gpusPerNode + local;
        if (
          this.nicOf(rank) === nic ||
          Math.floor((local * this.nicsPerNode) / this.gpusPerNode) === nic % this.nicsPerNode
        )
          touched.add(rank);
      }
    }
    return [...touched].filter((rank) => rank < this.ranks).sort((a, b) => a - b);
  }
}
