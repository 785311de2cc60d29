import {
  type Ailment,
  type Cluster,
  DeadlockError,
  interchangeableColumns,
  type Job,
  type Perturbation,
  PerturbedSteps,
  RankGrid,
} from '@regatta/sim-core';
import type { ColumnLayout } from './ailing-columns.js';
import { type AilingNode, ailingNodes, textOf } from './ailing-nodes.js';
import { standardState } from './standard-state.js';
import type { StepMemo, StepTable } from './step-memo.js';

/** Whole stages, the last ones, of which some nodes are away, and how much more the others of them do. */
export interface TakeOver {
  readonly stages: number;
  readonly factor: number;
}

export const noTakeOver: TakeOver = { stages: 0, factor: 1 };

/**
 * Step times of one job while nodes of it ail, each from the simulation of the very state, all that ails together; states that are the
 * same but for which replica and which NIC is which (`standardState`) are simulated once.
 */
export class AilingJob {
  readonly #gpusPerNode: number;
  readonly #nicsPerNode: number;
  readonly #grid: RankGrid;
  readonly #perturbation: Perturbation;
  readonly #steps: PerturbedSteps;
  readonly #layout: ColumnLayout | undefined;
  readonly #known: StepTable;
  #last: { readonly ailments: readonly Ailment[]; readonly takeOver: TakeOver; readonly seconds: number } | undefined;

  constructor(job: Job, cluster: Cluster, perturbation: Perturbation, memo: StepMemo) {
    const columns = interchangeableColumns(job, cluster, perturbation);
    const { gpusPerNode } = cluster;
    this.#gpusPerNode = gpusPerNode;
    this.#nicsPerNode = cluster.fabric.kind === 'clos' ? (cluster.fabric.nicsPerNode ?? gpusPerNode) : gpusPerNode;
    this.#grid = new RankGrid(job.parallel);
    this.#perturbation = perturbation;
    this.#steps = new PerturbedSteps(job, cluster);
    this.#layout = columns && { ...columns, gpusPerNode };
    this.#known = memo.tableOf({ job, cluster, perturbation });
  }

  /** Seconds of a step in a state; Infinity when it waits for a node whose NICs are all down. */
  stepSeconds(ailments: readonly Ailment[], takeOver: TakeOver): number {
    const last = this.#last;
    // A run asks for the state that it is in at every checkpoint.
    if (last && sameTakeOver(last.takeOver, takeOver) && sameAilments(last.ailments, ailments)) return last.seconds;
    const nodes = ailingNodes(ailments, Math.ceil(this.#grid.ranks / this.#gpusPerNode));
    const standard = this.#layout ? standardState(nodes, this.#layout) : nodes;
    const state = `${takeOver.stages}x${takeOver.factor} ${textOf(standard)}`;
    const seconds = this.#known.get(state) ?? this.#simulated(state, standard, takeOver);
    this.#last = { ailments, takeOver, seconds };
    return seconds;
  }

  #simulated(state: string, nodes: readonly AilingNode[], takeOver: TakeOver): number {
    const seconds = this.#secondsOf(nodes, takeOver);
    this.#known.add(state, seconds);
    return seconds;
  }

  #secondsOf(nodes: readonly AilingNode[], takeOver: TakeOver): number {
    try {
      return this.#steps.stepSeconds(this.#perturbed(nodes, takeOver));
    } catch (error) {
      if (error instanceof DeadlockError && nodes.some((node) => this.#isCutOff(node))) return Number.POSITIVE_INFINITY;
      throw error;
    }
  }

  #isCutOff({ nics }: AilingNode): boolean {
    return nics.length === this.#nicsPerNode && nics.every(({ capacityFactor }) => capacityFactor === 0);
  }

  #perturbed(nodes: readonly AilingNode[], { stages, factor }: TakeOver): Perturbation {
    const { ranks, stageRanks } = this.#grid;
    const slowRanks = this.#perturbation.slowRanks.filter(({ rank }) => rank < ranks);
    const links = [...this.#perturbation.links];
    for (const { node, slowFactor, nics } of nodes) {
      const first = node * this.#gpusPerNode;
      const end = Math.min(first + this.#gpusPerNode, ranks);
      if (slowFactor !== 1) for (let rank = first; rank < end; rank++) slowRanks.push({ rank, factor: slowFactor });
      for (const { nic, capacityFactor } of nics) links.push({ link: `node${node}.nic${nic}`, capacityFactor });
    }
    for (let rank = ranks - stages * stageRanks; rank < ranks; rank++) slowRanks.push({ rank, factor });
    return { ...this.#perturbation, slowRanks, links };
  }
}

const sameTakeOver = (a: TakeOver, b: TakeOver): boolean => a.stages === b.stages && a.factor === b.factor;

function sameAilments(a: readonly Ailment[], b: readonly Ailment[]): boolean {
  return a.length === b.length && a.every((one, i) => isSame(one, b[i]));
}

const isSame = (a: Ailment, b: Ailment | undefined): boolean =>
  b !== undefined &&
  a.firstNode === b.firstNode &&
  a.nodeCount === b.nodeCount &&
  a.slowFactor === b.slowFactor &&
  a.capacityFactor === b.capacityFactor &&
  a.nics.length === b.nics.length &&
  a.nics.every((nic, i) => nic === b.nics[i]);
