import { FluidNetwork } from '@regatta/sim-core';
import fc from 'fast-check';

/** An activity that is under way, as the tests remember it. */
export interface LiveActivity {
  readonly id: number;
  readonly tag: number;
  readonly edges: readonly (readonly [number, number])[];
  readonly rateCap: number;
  readonly share: number;
  readonly volume: number;
  /** When the first byte flows. */
  readonly flowsFrom: number;
}

export type Command =
  | {
      readonly kind: 'start';
      readonly picks: readonly (readonly [number, number])[];
      readonly rateCap: number;
      readonly share: number;
      readonly volume: number;
      readonly latency: number;
    }
  | { readonly kind: 'advance' }
  | { readonly kind: 'wait'; readonly part: number }
  | { readonly kind: 'capacity'; readonly link: number; readonly value: number }
  | { readonly kind: 'cancel'; readonly pick: number };

export interface History {
  readonly capacities: readonly number[];
  readonly commands: readonly Command[];
}

const start = fc.record({
  kind: fc.constant('start' as const),
  picks: fc.array(fc.tuple(fc.nat(59), fc.constantFrom(1, 1, 1, 0.5, 3)), { minLength: 1, maxLength: 4 }),
  rateCap: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 3, 40),
  share: fc.constantFrom(1, 1, 2),
  volume: fc.integer({ min: 1, max: 500 }),
  latency: fc.constantFrom(0, 0, 0, 0.25, 2),
});

const capacity = fc.integer({ min: 5, max: 100 });

/** Starts, cancellations, completions, pauses and changes of capacity (down to none) in any order, on few links or nearly idle ones. */
export const historyArbitrary: fc.Arbitrary<History> = fc.record({
  capacities: fc.oneof(
    fc.array(capacity, { minLength: 3, maxLength: 10 }),
    fc.array(capacity, { minLength: 20, maxLength: 60 }),
  ),
  commands: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: start },
      { weight: 3, arbitrary: fc.constant({ kind: 'advance' as const }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), part: fc.constantFrom(0, 0.3, 0.7) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('capacity' as const),
          link: fc.nat(59),
          value: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 })),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat(20) }) },
    ),
    { minLength: 1, maxLength: 60, size: 'max' },
  ),
});

export interface Observation {
  readonly network: FluidNetwork;
  /** Present capacities. */
  readonly capacities: readonly number[];
  readonly live: readonly LiveActivity[];
  /** Tags that the last step completed. */
  readonly finished: readonly number[];
}

/** Plays a history on a network and shows every step to `look`. */
export function play({ capacities, commands }: History, look: (seen: Observation) => void): void {
  const links = [...capacities];
  const network = new FluidNetwork(links);
  let live: LiveActivity[] = [];
  let tag = 0;
  for (const command of commands) {
    let finished: number[] = [];
    if (command.kind === 'start') {
      const { picks, rateCap, share, volume, latency } = command;
      // A link may be picked twice: its weights add up.
      const named = picks.map(([pick, weight]) => [pick % links.length, weight] as const);
      const edges = new Map<number, number>();
      for (const [link, weight] of named) edges.set(link, (edges.get(link) ?? 0) + weight);
      const id = network.start(
        named.map(([link]) => link),
        named.map(([, weight]) => weight),
        volume,
        { rateCap, share, latencySeconds: latency, tag },
      );
      live.push({ id, tag: tag++, edges: [...edges], rateCap, share, volume, flowsFrom: network.now + latency });
    } else if (command.kind === 'capacity') {
      links[command.link % links.length] = command.value;
      network.setCapacity(command.link % links.length, command.value);
    } else if (command.kind === 'cancel') {
      const [gone] = live.splice(command.pick % Math.max(1, live.length), 1);
      if (gone) network.cancel(gone.id);
    } else {
      const next = network.nextTime();
      if (next < Number.POSITIVE_INFINITY) {
        network.advanceTo(command.kind === 'advance' ? next : network.now + command.part * (next - network.now));
        finished = [...network.finishedTags.slice(0, network.finishedCount)];
        live = live.filter((activity) => !finished.includes(activity.tag));
      }
    }
    look({ network, capacities: links, live, finished });
  }
}

/** Those whose bytes flow now: what begins within rounding of an instant (FluidNetwork.advanceTo) begins with it. */
export const flowing = ({ network, live }: Observation): LiveActivity[] =>
  live.filter(
    ({ id, flowsFrom }) =>
      flowsFrom <= network.now || (flowsFrom <= network.now * (1 + 2 ** -50) && network.rateOf(id) > 0),
  );
