import { parameterCount } from '@regatta/sim-core';
import { catalogueClusters } from './clusters.js';
import { deviceHardware } from './devices.js';
import { failureProfiles } from './failure-profiles.js';
import { catalogueModels } from './models.js';
import { catalogueScenarios } from './scenarios.js';
import { stacks } from './stacks.js';

/** Names of the catalogue by kind, each with what it is and where its numbers come from. */
export type CatalogueListing = Readonly<
  Record<string, readonly { readonly name: string; readonly about: string; readonly source: string }[]>
>;

const billions = (count: number): string => `${(count / 1e9).toFixed(1)}B`;

/** Everything that has a name. */
export function catalogueListing(): CatalogueListing {
  return {
    models: catalogueModels.map(({ shape, source }) => {
      const { total, active } = parameterCount(shape);
      const routed = active < total ? ` (${billions(active)} active)` : '';
      return {
        name: shape.name,
        about: `${billions(total)}${routed}, ${shape.layers} layers of ${shape.hidden}`,
        source,
      };
    }),
    devices: deviceHardware.map(({ name, peakFlops, memoryBytes, source }) => ({
      name,
      about: `${Math.round(peakFlops.bf16 / 1e12)} TFLOP/s, ${Math.round(memoryBytes / 2 ** 30)} GiB`,
      source,
    })),
    stacks: stacks.map(({ name, devices, fittedOn }) => ({ name, about: devices.join(', '), source: fittedOn })),
    clusters: catalogueClusters.map(({ name, cluster, source }) => ({
      name,
      about: `${cluster.nodes} nodes of ${cluster.gpusPerNode} ${cluster.device}`,
      source,
    })),
    failures: failureProfiles.map(({ name, components, lemons, correlated, startup, source }) => {
      const more = Object.entries({ lemons, correlated, startup }).flatMap(([what, figures]) =>
        figures ? [what] : [],
      );
      const causes = components.map((component) => component.name).join(', ');
      return { name, about: `${causes}${more.length > 0 ? `; to switch on: ${more.join(', ')}` : ''}`, source };
    }),
    scenarios: Object.entries(catalogueScenarios).map(([name, { about }]) => ({ name, about, source: '' })),
  };
}
