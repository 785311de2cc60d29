import type { RandomStreams } from '../../kernel/random-streams.js';
import type { PlacementPolicy } from '../placement-policy.js';
import { packed } from './packed.js';
import { railAligned } from './rail-aligned.js';
import { randomPlacement } from './random.js';
import { spread } from './spread.js';
import { topologyAware } from './topology-aware.js';

const makers: Readonly<Record<string, (streams: RandomStreams) => PlacementPolicy>> = {
  packed: () => packed,
  spread: () => spread,
  'rail-aligned': () => railAligned,
  'topology-aware': () => topologyAware,
  random: randomPlacement,
};

export const placementNames: readonly string[] = Object.keys(makers);

/** A built-in placement policy by name; undefined when there is none. */
export function builtInPlacement(name: string, streams: RandomStreams): PlacementPolicy | undefined {
  return Object.hasOwn(makers, name) ? makers[name]?.(streams) : undefined;
}
