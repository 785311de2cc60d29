import type { FailureLevel } from './failure-component.js';

/** What a failure takes with it: how many things there are of each level, and which nodes hang on each. */
export interface FailureDomains {
  /** Nodes of the job. */
  readonly nodes: number;
  /** Nodes that stand by; they are numbered after the job's. */
  readonly spares: number;
  readonly gpusPerNode: number;
  readonly nicsPerNode: number;
  /** Nodes under one leaf switch, and leaf switches of such a group (one a rail). */
  readonly nodesPerSwitch: number;
  readonly switchesPerGroup: number;
  /** Nodes of one rack or power domain. */
  readonly nodesPerRack: number;
}

/** Instances of a level, spares included (those fail only while they are in use). */
export function instancesOf(level: FailureLevel, domains: FailureDomains): number {
  const nodes = domains.nodes + domains.spares;
  switch (level) {
    case 'gpu':
      return nodes * domains.gpusPerNode;
    case 'nic':
    case 'link':
      return nodes * domains.nicsPerNode;
    case 'switch':
      return Math.ceil(nodes / domains.nodesPerSwitch) * domains.switchesPerGroup;
    case 'node':
      return nodes;
    case 'rack':
      return Math.ceil(nodes / domains.nodesPerRack);
    case 'software':
      return 1;
  }
}

/** Instances that can hit the job while it runs on its own nodes: what the rate of the closed forms sums over. */
export const jobInstancesOf = (level: FailureLevel, domains: FailureDomains): number =>
  instancesOf(level, { ...domains, spares: 0 });

/** NICs of each node hit that hang on an instance; none where it is not a matter of the network. */
export function nicsHit(level: FailureLevel, instance: number, domains: FailureDomains): readonly number[] {
  switch (level) {
    case 'nic':
    case 'link':
      return [instance % domains.nicsPerNode];
    case 'switch': {
      const rail = instance % domains.switchesPerGroup;
      const nics = Array.from({ length: domains.nicsPerNode }, (_, nic) => nic);
      return nics.filter((nic) => nic % domains.switchesPerGroup === rail);
    }
    default:
      return [];
  }
}

/** Nodes that an instance takes down: [first, first + count); none for software. */
export function nodesHit(
  level: FailureLevel,
  instance: number,
  domains: FailureDomains,
): { readonly first: number; readonly count: number } {
  const all = domains.nodes + domains.spares;
  const range = (first: number, count: number) => ({ first, count: Math.min(count, all - first) });
  switch (level) {
    case 'gpu':
      return range(Math.floor(instance / domains.gpusPerNode), 1);
    case 'nic':
    case 'link':
      return range(Math.floor(instance / domains.nicsPerNode), 1);
    case 'switch':
      return range(Math.floor(instance / domains.switchesPerGroup) * domains.nodesPerSwitch, domains.nodesPerSwitch);
    case 'node':
      return range(instance, 1);
    case 'rack':
      return range(instance * domains.nodesPerRack, domains.nodesPerRack);
    case 'software':
      return { first: 0, count: 0 };
  }
}
