import { isRackScale } from '@regatta/sim-core';
import { deviceHardware } from './devices.js';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const countOr = (value: unknown, usual: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : usual;

/** What was filled in for a device of which only the name is known, and how to say so. */
export interface UsualCluster {
  readonly cluster: Fields;
  readonly about: string;
}

/**
 * The cluster that a device usually stands in: nodes of 8, or of 4 where the scale-up domain is a rack, a NIC of the usual rate
 * for each device (spec/model.md 2.3), and a rail-optimised three-tier Clos without oversubscription. Undefined for a device
 * that the catalogue does not have.
 * @param given Fields of the cluster that are already known: they stay.
 * @param gpus Devices that it must hold, where it does not say how many nodes it has.
 */
export function usualCluster(device: string, given: Fields, gpus: number): UsualCluster | undefined {
  const hardware = deviceHardware.find(({ name }) => name === device);
  if (!hardware) return undefined;
  const gpusPerNode = countOr(given.gpusPerNode, isRackScale(hardware.scaleUp.domain) ? 4 : 8);
  const known = isFields(given.fabric) ? given.fabric : {};
  const clos = {
    kind: 'clos',
    tiers: 3,
    rails: countOr(known.nicsPerNode, gpusPerNode),
    nicGbps: hardware.usualNicGbps,
    oversubscription: 1,
    routing: 'spray',
  };
  const fabric = known.kind === undefined || known.kind === 'clos' ? { ...clos, ...known } : known;
  return {
    cluster: {
      name: `usual nodes of ${device}`,
      nodes: Math.ceil(gpus / gpusPerNode),
      ...given,
      gpusPerNode,
      fabric,
    },
    about: `no cluster is given: nodes of ${gpusPerNode} ${device}, a ${hardware.usualNicGbps} Gb/s NIC each, rail-optimised three-tier Clos`,
  };
}
