import type { Cluster, FailureComponent, FailureDomains, FailureModel } from '@regatta/sim-core';
import { type FailureProfile, failureProfiles } from '../catalogue/failure-profiles.js';
import { didYouMean } from '../schema/did-you-mean.js';
import type { ResolvedScenario } from '../schema/scenario-schema.js';
import { incidentFailures } from './incident-failures.js';

/** Takes a problem of a scenario's field: its path, what is wrong, what is allowed. */
export type ReportProblem = (path: string, message: string, expected: string) => void;

type Failures = NonNullable<ResolvedScenario['failures']>;

/** Failures of a scenario: its profile's components with its own over them, and what it switches on beside them. */
export function failureModelOf(
  scenario: ResolvedScenario,
  domains: FailureDomains,
  problem: ReportProblem,
): FailureModel {
  const { failures } = scenario;
  if (!failures) return { components: [] };
  const logged = failures.incidents && incidentFailures(failures.incidents, domains);
  const profile = profileOf(failures, problem);
  const lemons = switchedOn('lemons', failures.lemons, profile?.lemons, problem);
  const correlated = switchedOn('correlated', failures.correlated, profile?.correlated, problem);
  const startup = switchedOn('startup', failures.startup, profile?.startup, problem);
  const stated = componentsOf(failures, profile, scenario.cluster.fabric.kind, problem);
  const components = [...(logged?.components ?? []), ...stated];
  return {
    components,
    ...(logged?.incidents ? { incidents: logged.incidents } : {}),
    ...(lemons ? { lemons } : {}),
    ...(correlated ? { correlated } : {}),
    ...(startup ? { startup } : {}),
  };
}

function profileOf({ profile: name }: Failures, problem: ReportProblem): FailureProfile | undefined {
  if (name === 'none') return undefined;
  const profile = failureProfiles.find((known) => known.name === name);
  const names = ['none', ...failureProfiles.map((known) => known.name)];
  if (!profile) problem('failures.profile', `unknown profile ${name}${didYouMean(name, names)}`, names.join(' | '));
  return profile;
}

/** Figures that a scenario states, or its profile's when it only switches them on. */
function switchedOn<Figures extends object>(
  kind: string,
  asked: boolean | Figures,
  ofProfile: Figures | undefined,
  problem: ReportProblem,
): Figures | undefined {
  if (typeof asked !== 'boolean') return asked;
  if (asked && !ofProfile) problem(`failures.${kind}`, 'is true, but the profile has no figures for it', 'figures');
  return asked ? ofProfile : undefined;
}

function componentsOf(
  failures: Failures,
  profile: FailureProfile | undefined,
  fabric: Cluster['fabric']['kind'],
  problem: ReportProblem,
): FailureComponent[] {
  const byName = new Map<string, FailureComponent>();
  for (const component of profile?.components ?? []) byName.set(component.name, component);
  failures.components.forEach((component, i) => {
    const { shape, values, slowFactor, capacityFactor, transient, ...rest } = component;
    const needs = (when: boolean, field: string, what: string): void => {
      if (when) problem(`failures.components.${i}.${field}`, 'is missing', what);
    };
    needs(component.distribution === 'weibull' && shape === undefined, 'shape', 'a shape above 0 for weibull');
    needs(component.distribution === 'empirical' && !values, 'values', 'observed gaps in hours for empirical');
    const slows = slowFactor !== undefined || capacityFactor !== undefined;
    needs(component.mode === 'slow' && !slows, 'slowFactor', 'a factor above 1 for slow, or a capacityFactor of links');
    const path = `failures.components.${i}.capacityFactor`;
    if (capacityFactor !== undefined && !['nic', 'link', 'switch'].includes(component.level))
      problem(path, `is of links, not of a ${component.level}`, 'level nic, link or switch');
    else if (capacityFactor !== undefined && fabric !== 'clos')
      problem(path, `takes NICs of a Clos, the fabric is a ${fabric}`, 'a clos, or perturb.links for a step');
    if (capacityFactor !== undefined && component.mode === 'planned')
      problem(path, 'is for failures, planned work stops the job', 'mode stop or slow');
    byName.set(component.name, {
      ...rest,
      ...(shape === undefined ? {} : { shape }),
      ...(values ? { values } : {}),
      ...(slowFactor === undefined ? {} : { slowFactor }),
      ...(capacityFactor === undefined ? {} : { capacityFactor }),
      ...(transient === undefined ? {} : { transient }),
    });
  });
  return [...byName.values()];
}

/** What fails together in a cluster: nodes under a leaf, in a rack. Racks of four nodes, or of a scale-up domain where that is more. */
export function failureDomainsOf(cluster: Cluster, gpus: number, spares: number): FailureDomains {
  const { fabric, gpusPerNode } = cluster;
  const clos = fabric.kind === 'clos' ? fabric : undefined;
  return {
    nodes: Math.ceil(gpus / gpusPerNode),
    spares,
    gpusPerNode: Math.min(gpusPerNode, gpus),
    nicsPerNode: clos?.nicsPerNode ?? gpusPerNode,
    nodesPerSwitch: clos?.nodesPerLeaf ?? 32,
    switchesPerGroup: clos?.rails ?? 1,
    nodesPerRack: Math.max(4, Math.floor(cluster.device.scaleUp.domain / gpusPerNode)),
  };
}
