import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { expandHostlist } from './hostlist.js';
import { finishSlurmTopology } from './slurm-topology.js';
import type { SlurmRecords, SlurmTopology } from './slurm-types.js';
import { TextIssues } from './text-issues.js';

/** Reads one value after another with its place. */
class Reader {
  constructor(
    readonly lines: LineCounter,
    readonly issues: TextIssues,
  ) {}

  at(node: unknown): { line: number; column: number } {
    const offset = hasRange(node) ? (node.range?.[0] ?? 0) : 0;
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  fail(node: unknown, path: string, message: string, expected: string): void {
    this.issues.add({ ...this.at(node), code: 'yaml', path, message, expected });
  }

  list(parent: YAMLMap, key: string, path: string): YAMLMap[] {
    const value = parent.get(key, true);
    if (!isSeq(value)) {
      this.fail(value ?? parent, `${path}.${key}`, 'a list is missing', `a list ${key}`);
      return [];
    }
    const maps: YAMLMap[] = [];
    for (const item of value.items) {
      if (isMap(item)) maps.push(item);
      else this.fail(item, `${path}.${key}`, 'an entry is no mapping', 'a mapping');
    }
    return maps;
  }

  text(parent: YAMLMap, key: string): string | undefined {
    const value = parent.get(key, true);
    return isScalar(value) && value.value !== null ? String(value.value) : undefined;
  }

  hosts(parent: YAMLMap, key: string, path: string): string[] {
    const text = this.text(parent, key);
    if (text === undefined) return [];
    const found = expandHostlist(text);
    if (found.ok) return [...found.names];
    this.fail(parent.get(key, true), `${path}.${key}`, found.message, 'a hostlist such as n[0-3,12],m5');
    return [];
  }
}

function hasRange(node: unknown): node is Pick<Node, 'range'> {
  return typeof node === 'object' && node !== null && 'range' in node;
}

/**
 * Reads Slurm's `topology.yaml` (spec/input-formats.md 11): the topology with `cluster_default: true`, or the first.
 * Throws InputError with every mistake and its place.
 */
export function readSlurmTopologyYaml(text: string, file?: string): SlurmTopology {
  const issues = new TextIssues(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const reader = new Reader(lines, issues);
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0]);
    issues.add({ code: 'yaml', line, column: col, path: 'topology', message: error.message });
  }
  issues.throwIfAny();
  const root: unknown = document.contents;
  const entries: YAMLMap[] = [];
  for (const item of isSeq(root) ? root.items : []) if (isMap(item)) entries.push(item);
  const chosen = entries.find((entry) => entry.get('cluster_default') === true) ?? entries[0];
  if (!chosen) reader.fail(root, 'topology', 'no topology', 'a list of topologies');
  const warning = `${entries.length} topologies: ${chosen ? (reader.text(chosen, 'topology') ?? 'the first') : ''} is used`;
  const records: SlurmRecords = { switches: [], blocks: [], rings: [], blockSizes: [] };
  if (chosen) readTopology(reader, chosen, records);
  const topology = finishSlurmTopology(records, issues);
  return entries.length > 1 ? { ...topology, warnings: [...topology.warnings, warning] } : topology;
}

function readTopology(reader: Reader, entry: YAMLMap, records: SlurmRecords): void {
  const name = reader.text(entry, 'topology') ?? 'topology';
  const section = (key: string): YAMLMap | undefined => {
    const value = entry.get(key, true);
    return isMap(value) ? value : undefined;
  };
  const [tree, block, ring] = [section('tree'), section('block'), section('ring')];
  if (tree) {
    for (const item of reader.list(tree, 'switches', `${name}.tree`)) {
      const own = reader.text(item, 'switch') ?? '';
      if (own === '') reader.fail(item, `${name}.tree.switches`, 'a switch has no name', 'switch: name');
      const path = `${name}.tree.${own}`;
      const switches = reader.hosts(item, 'children', path);
      const nodes = reader.hosts(item, 'nodes', path);
      if (switches.length + nodes.length === 0)
        reader.fail(item, path, 'neither children nor nodes', 'children or nodes');
      records.switches.push({ name: own, switches, nodes, line: reader.at(item).line });
    }
  } else if (block || ring) {
    const [kind, holder, into] = block
      ? (['block', block, records.blocks] as const)
      : (['ring', ring, records.rings] as const);
    for (const item of holder ? reader.list(holder, `${kind}s`, `${name}.${kind}`) : []) {
      const own = reader.text(item, kind) ?? '';
      const nodes = reader.hosts(item, 'nodes', `${name}.${kind}.${own}`);
      if (own === '' || nodes.length === 0)
        reader.fail(item, `${name}.${kind}`, `a ${kind} lacks its name or nodes`, `${kind}: name, nodes: hostlist`);
      into.push({ name: own, nodes, line: reader.at(item).line });
    }
    const sizes = block?.get('block_sizes', true);
    if (isSeq(sizes))
      records.blockSizes.push(...sizes.items.map((item) => Number(isScalar(item) ? item.value : Number.NaN)));
  } else {
    reader.fail(
      entry,
      name,
      'no tree, block or ring: a flat or torus topology names no switches',
      'tree, block or ring',
    );
  }
}
