import type { GroupPlacement, Plan } from '../plan/plan.js';
import { Book } from './books.js';
import type { CollectiveDescriptor, StepGroupKind, StepProgram } from './program.js';
import type { Route } from './route.js';
import type { StepNetwork } from './step-network.js';

/** Classes that meet in collectives. */
export interface MeetingGroup {
  readonly kind: StepGroupKind;
  readonly classes: readonly number[];
  readonly placement: GroupPlacement;
  /** Column of the books for what its collectives leave exposed. */
  readonly book: number;
}

const bookOf: Readonly<Record<StepGroupKind, number>> = {
  tensor: Book.tensor,
  context: Book.context,
  expert: Book.expert,
  data: Book.data,
  expertData: Book.data,
  shard: Book.data,
  replica: Book.data,
  world: Book.data,
  tie: Book.pipeline,
};

/** Groups that meet during a step, those of the plan, tied-embedding pairs and all ranks, with the routes of their collectives. */
export class MeetingGroups {
  readonly all: readonly MeetingGroup[];
  /** No gradients or parameters cross scale-up ports: a blocking collective inside a domain has them to itself. */
  readonly portsAreFree: boolean;
  readonly #plan: Plan;
  readonly #collectives: readonly CollectiveDescriptor[];
  readonly #network: StepNetwork;
  readonly #tieOf: Int32Array;
  readonly #world: number;
  /** By group and descriptor, made when first used. */
  readonly #routes: (Route | undefined)[][];

  constructor(plan: Plan, { collectives }: StepProgram, network: StepNetwork) {
    this.#plan = plan;
    this.#collectives = collectives;
    this.#network = network;
    const groups: MeetingGroup[] = plan.groups.map((group) => ({ ...group, book: bookOf[group.kind] }));
    this.#tieOf = new Int32Array(plan.classes.length).fill(-1);
    for (const tie of tiedPairs(plan)) {
      for (const k of tie.classes) this.#tieOf[k] = groups.length;
      groups.push(tie);
    }
    this.#world = groups.length;
    this.portsAreFree = groups.every(({ book, placement }) => book !== Book.data || placement.ranksPerDomain === 1);
    groups.push(worldGroup(plan));
    this.all = groups;
    this.#routes = groups.map(() => []);
  }

  /** @throws Error when a class has no such group. */
  groupOf(k: number, kind: StepGroupKind): number {
    const group =
      kind === 'world' ? this.#world : kind === 'tie' ? (this.#tieOf[k] as number) : this.#plan.groupOf(kind, k);
    if (group < 0) throw new Error(`MeetingGroups: class ${k} has no ${kind} group`);
    return group;
  }

  collective(descriptor: number): CollectiveDescriptor {
    const collective = this.#collectives[descriptor];
    if (!collective) throw new Error(`MeetingGroups: no collective ${descriptor}`);
    return collective;
  }

  route(group: number, descriptor: number): Route {
    const row = this.#routes[group];
    const meeting = this.all[group];
    if (!row || !meeting) throw new Error(`MeetingGroups: no group ${group}`);
    const known = row[descriptor];
    if (known) return known;
    const route = this.#network.collective(
      this.collective(descriptor),
      meeting.classes,
      meeting.placement,
      meeting.kind,
    );
    row[descriptor] = route;
    return route;
  }

  /** Of two descriptors of one collective on unlike devices the one that hides less: it ends for all of its members at once. */
  lessHidden(a: number, b: number): number {
    return this.collective(b).hideBehindSeconds < this.collective(a).hideBehindSeconds ? b : a;
  }

  /** What a blocking collective takes of its members' time on an idle network. */
  exposedSeconds(group: number, descriptor: number): number {
    const { repeat, hideBehindSeconds } = this.collective(descriptor);
    const route = this.route(group, descriptor);
    const alone = route.aloneSeconds * repeat;
    const hidden = Math.min(alone, hideBehindSeconds);
    // What hides still takes compute units from the operator that it hides behind (spec/model.md 4.3).
    const { device } = this.#plan.cluster;
    return alone - hidden + hidden * (route.usesScaleUp ? device.smShareScaleUp : device.smShareNetwork);
  }
}

/** Holders of the two copies of a tied embedding, on the first and on the last stage. */
function tiedPairs(plan: Plan): MeetingGroup[] {
  const last = plan.grid.parallel.pipeline - 1;
  if (last === 0) return [];
  return plan.classes.flatMap(({ stage }, k) =>
    stage !== 0
      ? []
      : [
          {
            kind: 'tie',
            classes: [k, plan.peer(k, last)],
            placement: plan.sharesDomain(k, last)
              ? { ranks: 2, domains: 1, ranksPerDomain: 2, nicsPerDomain: 2 }
              : { ranks: 2, domains: 2, ranksPerDomain: 1, nicsPerDomain: 1 },
            book: bookOf.tie,
          },
        ],
  );
}

function worldGroup(plan: Plan): MeetingGroup {
  const ranks = plan.grid.ranks;
  const perDomain = Math.min(ranks, plan.places.domainRanks);
  return {
    kind: 'world',
    classes: plan.classes.map((_, k) => k),
    placement: { ranks, domains: Math.ceil(ranks / perDomain), ranksPerDomain: perDomain, nicsPerDomain: perDomain },
    book: bookOf.world,
  };
}
