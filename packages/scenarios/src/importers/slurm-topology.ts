import { expandHostlist } from './hostlist.js';
import { checkTree } from './slurm-tree.js';
import type { SlurmGroup, SlurmRecords, SlurmTopology } from './slurm-types.js';
import { looksBinary, plainLines, TextIssues } from './text-issues.js';

interface Pair {
  readonly key: string;
  readonly value: string;
  readonly line: number;
  /** Column of the key and of the value, from 1. */
  readonly column: number;
  readonly valueColumn: number;
}

const keys = ['switchname', 'switches', 'nodes', 'linkspeed', 'blockname', 'blocksizes', 'ringname'];

/** Reads Slurm's `topology.conf` (spec/input-formats.md 11). Throws InputError with every mistake and its place. */
export function readSlurmTopology(text: string, file?: string): SlurmTopology {
  const issues = new TextIssues(file);
  if (looksBinary(text))
    issues.add({ code: 'binary', line: 1, column: 1, path: 'topology', message: 'this is no text file' });
  issues.throwIfAny();
  const records: SlurmRecords = { switches: [], blocks: [], rings: [], blockSizes: [] };
  for (const pairs of logicalLines(plainLines(text), issues)) readRecord(pairs, records, issues);
  return finishSlurmTopology(records, issues);
}

/** Key=value pairs of each line; `#` starts a comment, a `\` at the end joins the next line. */
function logicalLines(lines: readonly string[], issues: TextIssues): Pair[][] {
  const all: Pair[][] = [];
  let pairs: Pair[] = [];
  lines.forEach((content, i) => {
    const bare = content.replace(/#.*$/, '').trimEnd();
    const goesOn = bare.endsWith('\\');
    const body = goesOn ? bare.slice(0, -1) : bare;
    for (const word of body.matchAll(/\S+/g)) {
      const at = { line: i + 1, column: word.index + 1 };
      const equals = word[0].indexOf('=');
      if (equals <= 0) {
        issues.add({
          ...at,
          code: 'syntax',
          path: 'topology',
          message: `"${word[0]}" is no key=value`,
          expected: 'Key=value',
          received: word[0],
        });
        continue;
      }
      pairs.push({
        ...at,
        key: word[0].slice(0, equals).toLowerCase(),
        value: word[0].slice(equals + 1),
        valueColumn: at.column + equals + 1,
      });
    }
    if (goesOn && i === lines.length - 1) {
      issues.add({
        code: 'truncated',
        line: i + 1,
        column: bare.length,
        path: 'topology',
        message: 'the file is cut: the last line goes on',
      });
    }
    if (goesOn) return;
    if (pairs.length > 0) all.push(pairs);
    pairs = [];
  });
  if (pairs.length > 0) all.push(pairs);
  return all;
}

function readRecord(pairs: readonly Pair[], records: SlurmRecords, issues: TextIssues): void {
  const [head] = pairs;
  if (!head) return;
  for (const pair of pairs) {
    if (!keys.includes(pair.key)) {
      issues.add({
        ...pair,
        code: 'unknown-key',
        path: pair.key,
        message: `unknown key "${pair.key}"`,
        expected: 'SwitchName, Switches, Nodes, LinkSpeed, BlockName, BlockSizes or RingName',
        received: pair.key,
      });
      return;
    }
    if (pair.value === '') {
      issues.add({
        ...pair,
        column: pair.valueColumn,
        code: 'truncated',
        path: pair.key,
        message: 'a value is missing: the line is cut',
      });
      return;
    }
  }
  const list = (key: string): string[] => {
    const pair = pairs.find((candidate) => candidate.key === key);
    if (!pair) return [];
    const found = expandHostlist(pair.value);
    if (found.ok) return [...found.names];
    issues.add({
      line: pair.line,
      column: pair.valueColumn + found.offset,
      code: 'hostlist',
      path: pair.key,
      message: found.message,
      expected: 'a hostlist such as n[0-3,12],m5',
      received: pair.value,
    });
    return [];
  };
  const before = issues.count;
  const { line, column, value: name } = head;
  const nodes = list('nodes');
  const without = (what: string): void =>
    issues.add({
      line,
      column,
      code: 'truncated',
      path: name,
      message: `${name} has no ${what}: the line is cut`,
      expected: `${what}=hostlist`,
    });
  switch (head.key) {
    case 'switchname': {
      const switches = list('switches');
      if (nodes.length + switches.length === 0 && issues.count === before) without('Switches or Nodes');
      if (nodes.length > 0 && switches.length > 0)
        issues.add({
          line,
          column,
          code: 'both',
          path: name,
          message: `${name} has both Switches and Nodes`,
          expected: 'one of them',
        });
      records.switches.push({ name, switches, nodes, line });
      return;
    }
    case 'blockname':
    case 'ringname':
      if (nodes.length === 0 && issues.count === before) without('Nodes');
      (head.key === 'blockname' ? records.blocks : records.rings).push({ name, nodes, line });
      return;
    case 'blocksizes':
      for (const size of name.split(',')) {
        if (/^[1-9]\d*$/.test(size)) records.blockSizes.push(Number(size));
        else
          issues.add({
            line,
            column: head.valueColumn,
            code: 'number',
            path: 'BlockSizes',
            message: `"${size}" is no size`,
            expected: 'whole numbers from 1',
            received: name,
          });
      }
      return;
    default:
      issues.add({
        line,
        column,
        code: 'syntax',
        path: head.key,
        message: `a line starts with ${head.key}`,
        expected: 'SwitchName, BlockName, BlockSizes or RingName first',
      });
  }
}

/** Checks records of either notation against each other and makes the topology of them. */
export function finishSlurmTopology(records: SlurmRecords, issues: TextIssues): SlurmTopology {
  const { switches, blocks, rings, blockSizes } = records;
  const kinds = [switches, blocks, rings].filter((list) => list.length > 0);
  if (kinds.length === 0 && issues.count === 0) {
    issues.add({
      code: 'empty',
      line: 1,
      column: 1,
      path: 'topology',
      message: 'no switch, block or ring',
      expected: 'SwitchName=, BlockName= or RingName= lines',
    });
  }
  if (kinds.length > 1) {
    const line = Math.min(...kinds.slice(1).map((list) => list[0]?.line ?? 1));
    issues.add({
      code: 'mixed',
      line,
      column: 1,
      path: 'topology',
      message: 'switches, blocks and rings are mixed',
      expected: 'one of them',
    });
  }
  const seen = new Map<string, number>();
  const groups: readonly SlurmGroup[] = [...switches, ...blocks, ...rings];
  for (const { name, line } of groups) {
    const first = seen.get(name);
    if (first !== undefined)
      issues.add({
        code: 'duplicate',
        line,
        column: 1,
        path: name,
        message: `${name} is defined in line ${first} already`,
      });
    seen.set(name, first ?? line);
  }
  const warnings: string[] = [];
  const nodes = new Set<string>();
  for (const group of groups) {
    const again = group.nodes.filter((node) => nodes.has(node));
    if (again.length > 0)
      warnings.push(`line ${group.line}: ${again.length} nodes of ${group.name} are listed before (${again[0]})`);
    for (const node of group.nodes) nodes.add(node);
  }
  const common = { format: 'slurm-topology' as const, warnings, nodes: [...nodes] };
  if (rings.length > 0) {
    for (const { name, line, nodes: list } of rings) {
      if (list.length > 16)
        issues.add({
          code: 'ring',
          line,
          column: 1,
          path: name,
          message: `${name} has ${list.length} nodes`,
          expected: 'at most 16',
        });
    }
    issues.throwIfAny();
    return { ...common, kind: 'ring', rings };
  }
  if (blocks.length > 0) {
    issues.throwIfAny();
    return { ...common, kind: 'block', blocks, blockSizes };
  }
  const roots = checkTree(switches, issues);
  issues.throwIfAny();
  return { ...common, kind: 'tree', switches, roots };
}
