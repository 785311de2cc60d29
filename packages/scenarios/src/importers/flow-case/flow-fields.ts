import { type Flow, type FlowCase, FlowColumns } from '@regatta/sim-core';
import { didYouMean } from '../../schema/did-you-mean.js';
import { isTree, type Tree } from '../../schema/paths.js';

const known = {
  case: ['name', 'note', 'units', 'links', 'flows', 'expected', 'check'],
  link: ['id', 'capacity'],
  flow: ['id', 'start', 'bytes', 'links', 'rateCap'],
  units: { capacity: 'bytes/s', bytes: 'bytes', start: 's' },
};

export type Path = readonly (string | number)[];
/** Takes what is wrong with a field. */
export type Report = (path: Path, code: string, message: string, expected: string, received?: unknown) => void;

// Here and not where they are passed: a file has many flows, and each would get functions of its own.
const isPositive = (value: number): boolean => value > 0;
const isNotNegative = (value: number): boolean => value >= 0;

export function readCase(value: unknown, report: Report): FlowCase {
  if (!isTree(value)) {
    report([], 'type', `is ${kindOf(value)}`, 'a map with links and flows', value);
    return { name: '', capacitiesBytesPerSecond: [], flows: new FlowColumns() };
  }
  const name = readHead(value, report);
  const links = listOf(value, 'links', report);
  const capacities = links.map((link, i) => readLink(link, i, report));
  const flows = new FlowColumns();
  for (const flow of listOf(value, 'flows', report)) flows.add(readFlow(flow, flows.length, links.length, report));
  return { name, capacitiesBytesPerSecond: capacities, flows };
}

/** What stands beside links and flows: the name, and nothing that is not known. */
function readHead(tree: Tree, report: Report): string {
  checkKeys(tree, known.case, [], report);
  checkUnits(tree.units, report);
  if (tree.name === undefined) return '';
  if (typeof tree.name === 'string') return tree.name;
  report(['name'], 'type', `is ${show(tree.name)}`, 'a text', tree.name);
  return '';
}

function readLink(link: unknown, i: number, report: Report): number {
  const path = ['links', i];
  if (!isTree(link)) {
    report(path, 'type', `is ${kindOf(link)}`, 'a map with capacity', link);
    return 1;
  }
  checkKeys(link, known.link, path, report);
  checkId(link, i, path, report);
  return readNumber(link, 'capacity', path, report, isPositive, 'a number above 0, in bytes/s');
}

function readFlow(flow: unknown, i: number, links: number, report: Report): Flow {
  const path = ['flows', i];
  if (!isTree(flow)) {
    report(path, 'type', `is ${kindOf(flow)}`, 'a map with start, bytes and links', flow);
    return { startSeconds: 0, bytes: 0, links: [] };
  }
  checkKeys(flow, known.flow, path, report);
  checkId(flow, i, path, report);
  const startSeconds = readNumber(flow, 'start', path, report, isNotNegative, 'a number of at least 0, in seconds');
  const bytes = readNumber(flow, 'bytes', path, report, isNotNegative, 'a number of at least 0');
  const route = readRoute(flow, path, links, report);
  if (flow.rateCap === undefined || flow.rateCap === null) {
    const empty = Array.isArray(flow.links) && flow.links.length === 0;
    if (empty) report([...path, 'links'], 'route', 'is empty and there is no rateCap', 'a route, or a rateCap');
    return { startSeconds, bytes, links: route };
  }
  const rateCap = readNumber(flow, 'rateCap', path, report, isPositive, 'a number above 0 in bytes/s, or null');
  return { startSeconds, bytes, links: route, rateCap };
}

function readRoute(flow: Tree, path: Path, links: number, report: Report): number[] {
  const list = listOf(flow, 'links', report, path);
  if (isRoute(list, links)) return list;
  const route: number[] = [];
  const allowed = links === 0 ? 'there are no links' : `0 to ${links - 1}`;
  for (const [at, link] of list.entries()) {
    const here = [...path, 'links', at];
    if (typeof link !== 'number' || !Number.isInteger(link) || link < 0 || link >= links) {
      report(here, 'unknown-link', `unknown link ${show(link)}`, allowed, link);
    } else if (route.includes(link)) {
      report(here, 'loop', `link ${link} stands twice: the route loops`, 'each link once', link);
    } else route.push(link);
  }
  return route;
}

/** A route without mistakes, which is kept as it was read. */
function isRoute(list: readonly unknown[], links: number): list is number[] {
  for (let at = 0; at < list.length; at++) {
    const link = list[at];
    if (typeof link !== 'number' || !Number.isInteger(link) || link < 0 || link >= links) return false;
    if (list.indexOf(link) !== at) return false;
  }
  return true;
}

function readNumber(
  tree: Tree,
  key: string,
  path: Path,
  report: Report,
  allowed: (value: number) => boolean,
  expected: string,
): number {
  const value = tree[key];
  if (typeof value === 'number' && Number.isFinite(value) && allowed(value)) return value;
  if (value === undefined) report([...path, key], 'missing', 'is missing', expected);
  else report([...path, key], 'number', `is ${show(value)}`, expected, value);
  return 1;
}

export function listOf(tree: Tree, key: string, report: Report, path: Path = []): unknown[] {
  const value = tree[key];
  if (Array.isArray(value)) return value;
  if (value === undefined) report([...path, key], 'missing', 'is missing', 'a list');
  else report([...path, key], 'type', `is ${kindOf(value)}`, 'a list', value);
  return [];
}

function checkId(tree: Tree, position: number, path: Path, report: Report): void {
  if (tree.id === undefined || tree.id === position) return;
  report([...path, 'id'], 'id', `is ${show(tree.id)}`, `its position ${position}`, tree.id);
}

function checkKeys(tree: Tree, allowed: readonly string[], path: Path, report: Report): void {
  for (const key of Object.keys(tree)) {
    if (allowed.includes(key)) continue;
    report([...path, key], 'unknown-key', `unknown key${didYouMean(key, allowed)}`, allowed.join(', '), tree[key]);
  }
}

/** Units are for people, but bits or milliseconds would be misread. */
function checkUnits(units: unknown, report: Report): void {
  if (!isTree(units)) return;
  for (const [key, unit] of Object.entries(known.units)) {
    const said = units[key];
    if (said !== undefined && said !== unit) report(['units', key], 'unit', `is ${show(said)}`, unit, said);
  }
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : show(value);
}

export function show(value: unknown): string {
  if (value === undefined) return '';
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
