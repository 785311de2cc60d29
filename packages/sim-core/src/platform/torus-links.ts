import { bytesPerSecondOfGbps, defaultSwitchLatencySeconds } from './clos-shape.js';
import type { TorusFabric } from './cluster.js';
import type { GraphBuilder } from './graph-builder.js';

/** Links of a torus: plus[chip * dims.length + d] goes to the next chip in dimension d, -1 where the extent is 1. */
export interface TorusLinks {
  readonly dims: readonly number[];
  readonly plus: readonly number[];
}

const axisNames = ['x', 'y', 'z'];

/** Chip (global index) beside `chip` in dimension d; the first dimension varies fastest. */
export function torusNeighbour(dims: readonly number[], chip: number, d: number, step: 1 | -1): number {
  let stride = 1;
  for (let i = 0; i < d; i++) stride *= dims[i] ?? 1;
  const extent = dims[d] ?? 1;
  const at = Math.floor(chip / stride) % extent;
  return chip + (((at + step + extent) % extent) - at) * stride;
}

/** Adds a torus over the GPU vertices 0 … product of dims: each chip has a cable to the next one in each dimension. */
export function addTorusLinks(builder: GraphBuilder, fabric: TorusFabric): TorusLinks {
  const chips = fabric.dims.reduce((product, extent) => product * extent, 1);
  const plus: number[] = [];
  for (let chip = 0; chip < chips; chip++) {
    fabric.dims.forEach((extent, d) => {
      plus.push(
        extent < 2
          ? -1
          : builder.cable({
              from: chip,
              to: torusNeighbour(fabric.dims, chip, d, 1),
              bytesPerSecond: bytesPerSecondOfGbps(fabric.linkGbps),
              upLatencySeconds: defaultSwitchLatencySeconds,
              downLatencySeconds: defaultSwitchLatencySeconds,
              kind: 'fabric',
              tier: 1,
              name: `chip${chip}.${axisNames[d] ?? `dim${d}`}`,
            }),
      );
    });
  }
  return { dims: fabric.dims, plus };
}
