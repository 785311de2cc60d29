import { type Ailment, type Parallel, RankGrid } from '@regatta/sim-core';

/** Ailments of one replica (or of replicas that share experts, or of one cause on several nodes), in a standard place. */
export type AilingUnit = readonly Ailment[];

/**
 * The ailing parts of a job in standard form, since replicas are alike wherever they are, and so are the NICs of a node: what was
 * simulated for one is known for all. One ailment that a node has twice is one.
 */
export class CoupledAilments {
  readonly units: readonly AilingUnit[];
  /**
   * Whether units hold each other up, beyond a step's waiting for the slowest: with ZeRO 3 the replicas meet in every layer. In the
   * one exchange of gradients of other jobs replicas meet too, and add at most 0.4 % of a step, 3.9 % where a link ails: left out,
   * since simulating every pair costs more than it tells (degraded-states.test.ts).
   */
  readonly meet: boolean;
  readonly #grid: RankGrid;
  readonly #gpusPerNode: number;
  readonly #unitRanks: number;

  constructor(parallel: Parallel, gpusPerNode: number, ailments: readonly Ailment[]) {
    this.#grid = new RankGrid(parallel);
    this.#gpusPerNode = gpusPerNode;
    const { tensor, context, expert, expertTensor, zero } = parallel;
    this.#unitRanks = Math.max(tensor * context, expert > 1 ? expert * expertTensor : 1, gpusPerNode);
    const inJob = ailments.filter(({ firstNode }) => firstNode * gpusPerNode < this.#grid.ranks);
    const narrow = new Map<number, Ailment[]>();
    const wide: AilingUnit[] = [];
    for (const ailment of inJob) {
      const unit = Math.floor(((ailment.firstNode * gpusPerNode) % this.#grid.stageRanks) / this.#unitRanks);
      const members = narrow.get(unit);
      if (ailment.nodeCount > 1) wide.push(this.#moved([this.#atStageStart(ailment)], 0, true));
      else if (members) members.push(ailment);
      else narrow.set(unit, [ailment]);
    }
    const forms = new Map<string, AilingUnit>();
    this.units = [...wide, ...[...narrow.values()].map((unit) => this.#moved(distinct(unit), 0, false))];
    for (const unit of this.units) forms.set(unit.map(formOf).join('/'), unit);
    this.meet = zero === 3;
    // Where units only wait for each other, as many of one form are as one.
    if (!this.meet) this.units = [...forms.values()];
  }

  /** Units side by side in one job: those of one node each in replicas after the ones that others of several nodes take. */
  sideBySide(units: readonly AilingUnit[]): readonly Ailment[] {
    const sorted = [...units].sort((a, b) => (a.map(formOf).join('/') < b.map(formOf).join('/') ? -1 : 1));
    const slots = Math.max(1, Math.floor(this.#grid.stageRanks / this.#unitRanks));
    const widest = units.flat().reduce((most, { nodeCount }) => Math.max(most, nodeCount > 1 ? nodeCount : 0), 0);
    let slot = Math.ceil((widest * this.#gpusPerNode) / this.#unitRanks);
    return sorted.flatMap((unit) => {
      if (unit.some(({ nodeCount }) => nodeCount > 1)) return unit;
      return this.#moved(unit, slot++ % slots, false);
    });
  }

  /** A unit at a replica's place; its only NIC, where a node lies within one stage, is as good as the first. */
  #moved(unit: readonly Ailment[], to: number, keep: boolean): AilingUnit {
    const { stageRanks } = this.#grid;
    const alike = unit.length === 1 && stageRanks % this.#gpusPerNode === 0;
    const moved = unit.map((ailment): Ailment => {
      const nics = alike && ailment.nics.length === 1 ? [0] : ailment.nics;
      if (keep) return { ...ailment, nics };
      const first = ailment.firstNode * this.#gpusPerNode;
      const rank = Math.floor(first / stageRanks) * stageRanks + to * this.#unitRanks + (first % this.#unitRanks);
      return { ...ailment, nics, firstNode: Math.floor(rank / this.#gpusPerNode) };
    });
    return moved.sort((a, b) => (formOf(a) < formOf(b) ? -1 : 1));
  }

  /** Nodes of one stage are alike. */
  #atStageStart(ailment: Ailment): Ailment {
    const stageNodes = this.#grid.stageRanks / this.#gpusPerNode;
    const within = ailment.firstNode % stageNodes;
    const inOneStage = Number.isInteger(stageNodes) && within + ailment.nodeCount <= stageNodes;
    return inOneStage ? { ...ailment, firstNode: ailment.firstNode - within } : ailment;
  }
}

const formOf = (ailment: Ailment): string => Object.values(ailment).join(':');

const distinct = (ailments: readonly Ailment[]): Ailment[] => [
  ...new Map(ailments.map((ailment) => [formOf(ailment), ailment])).values(),
];
