/** What a vertex of the fabric graph is; the column `vertexKind` holds positions in this list. */
export const vertexKinds = ['gpu', 'nic', 'switch', 'nvswitch', 'pcieSwitch', 'hostBridge'] as const;
export type VertexKind = (typeof vertexKinds)[number];

/** What a link is; the column `kind` holds positions in this list. */
export const linkKinds = ['scaleUp', 'pcie', 'interSocket', 'nic', 'fabric'] as const;
export type LinkKind = (typeof linkKinds)[number];

/** One full-duplex cable: link 2c runs from `from` to `to` ("up"), link 2c + 1 back ("down"). */
export interface Cable {
  readonly from: number;
  readonly to: number;
  readonly bytesPerSecond: number;
  readonly upLatencySeconds: number;
  readonly downLatencySeconds: number;
  readonly kind: LinkKind;
  /** 0 inside a node or domain, 1 NIC to first switch, 2 and 3 above. */
  readonly tier: number;
  readonly name: string;
}

/** Collects vertices and cables; a name that comes twice gets a number, so that names stay unique. */
export class GraphBuilder {
  readonly vertexNames: string[] = [];
  readonly vertexKind: VertexKind[] = [];
  readonly cables: Cable[] = [];
  readonly #taken = new Map<string, number>();

  vertex(kind: VertexKind, name: string): number {
    this.vertexKind.push(kind);
    this.vertexNames.push(name);
    return this.vertexNames.length - 1;
  }

  /** Adds a cable and returns the id of its upward link; the downward one is that id xor 1. */
  cable(cable: Cable): number {
    const again = this.#taken.get(cable.name) ?? 0;
    this.#taken.set(cable.name, again + 1);
    this.cables.push(again === 0 ? cable : { ...cable, name: `${cable.name}.${again}` });
    return 2 * (this.cables.length - 1);
  }
}
