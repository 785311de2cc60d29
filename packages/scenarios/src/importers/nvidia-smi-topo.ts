import { looksBinary, plainLines, TextIssues } from './text-issues.js';

/** How two devices of a node are joined, near to far; `nvlink` with the number of bonded links. */
export interface TopoCell {
  readonly kind: 'self' | 'nvlink' | 'pix' | 'pxb' | 'phb' | 'node' | 'sys';
  readonly nvlinks: number;
}

/** One device of the matrix. */
export interface TopoDevice {
  readonly name: string;
  readonly kind: 'gpu' | 'nic';
  /** Name of the NIC's driver (`mlx5_0`) from the NIC legend, or the column's own. */
  readonly device?: string;
  readonly cpuAffinity?: string;
  readonly numaAffinity?: string;
}

/** The matrix that `nvidia-smi topo -m` prints. */
export interface NvidiaSmiTopo {
  readonly format: 'nvidia-smi-topo';
  readonly devices: readonly TopoDevice[];
  /** cells[i][j]: how devices i and j are joined. */
  readonly cells: readonly (readonly TopoCell[])[];
  readonly warnings: readonly string[];
}

const labels = /CPU Affinity|NUMA Affinity|GPU NUMA ID/;
const deviceName = /^(?:GPU\d+|NIC\d+|(?:mlx|bnxt|irdma|efa|rdma|hfi|qed|roce|ib|cxi)[\w.-]*|enp[\w.-]*|eth\d+)$/;
const cellKinds = new Map<string, TopoCell['kind']>([
  ['X', 'self'],
  ['PIX', 'pix'],
  ['PXB', 'pxb'],
  ['PHB', 'phb'],
  ['NODE', 'node'],
  ['SYS', 'sys'],
  ['SOC', 'sys'],
]);

function cellOf(text: string): TopoCell | undefined {
  const nvlinks = /^NV(\d+)$/.exec(text);
  if (nvlinks) return { kind: 'nvlink', nvlinks: Number(nvlinks[1]) };
  const kind = cellKinds.get(text);
  return kind && { kind, nvlinks: 0 };
}

/** True for the header: devices in columns and no cell. */
function headerDevices(line: string): string[] | undefined {
  const columns = (line.split(labels)[0] ?? '').trim().split(/\s+/);
  return columns[0] === 'GPU0' && columns.every((name) => deviceName.test(name)) ? columns : undefined;
}

interface TopoRow {
  readonly cells: readonly TopoCell[];
  /** What follows the cells: affinities. */
  readonly rest: readonly string[];
  readonly cut: boolean;
}

interface Word {
  readonly text: string;
  readonly column: number;
}

function words(line: string): Word[] {
  return [...line.matchAll(/\S+/g)].map((match) => ({ text: match[0], column: match.index + 1 }));
}

/**
 * Reads the output of `nvidia-smi topo -m` (spec/input-formats.md 9); text around the table is passed over. Throws
 * InputError with every mistake: no table, a table cut in the middle, a cell that is none.
 */
export function readNvidiaSmiTopo(text: string, file?: string): NvidiaSmiTopo {
  const issues = new TextIssues(file);
  const lines = plainLines(text);
  const start = looksBinary(text) ? -1 : lines.findIndex((line) => headerDevices(line) !== undefined);
  if (start < 0) {
    issues.add({
      code: 'no-table',
      line: 1,
      column: 1,
      path: 'topo',
      message: 'no table of nvidia-smi topo -m: a header row that starts with GPU0 is missing',
      expected: 'the output of nvidia-smi topo -m',
    });
  }
  issues.throwIfAny();
  const names = headerDevices(lines[start] ?? '') ?? [];
  if (new Set(names).size !== names.length) {
    issues.add({
      code: 'duplicate',
      line: start + 1,
      column: 1,
      path: 'header',
      message: 'a device comes twice in the header',
    });
  }
  const rows = new Map<string, TopoRow>();
  let line = start + 1;
  for (; line < lines.length; line++) {
    const content = lines[line] ?? '';
    const first = words(content)[0]?.text;
    if (first === undefined) {
      if (rows.size === 0) continue;
      break;
    }
    if (!names.includes(first) && !/^(GPU|NIC)\d+$/.test(first)) break;
    readRow(content, line + 1, names, rows, issues);
  }
  const missing = names.filter((name) => !rows.has(name));
  // A last row that is cut says already where the table ends.
  const cutInRow = [...rows.values()].at(-1)?.cut === true;
  if (missing.length > 0 && !cutInRow) {
    issues.add({
      code: 'truncated',
      line: Math.min(line + 1, lines.length),
      column: 1,
      path: 'rows',
      message: `the table is cut: ${missing.length === 1 ? `the row of ${missing[0]} is` : `the rows of ${missing.join(', ')} are`} missing`,
      expected: `${names.length} rows`,
      received: `${rows.size} rows`,
    });
  }
  issues.throwIfAny();
  const legend = new Map<string, string>();
  for (const content of lines.slice(line)) {
    const match = /^\s*(NIC\d+):\s*(\S+)\s*$/.exec(content);
    if (match) legend.set(match[1] ?? '', match[2] ?? '');
  }
  const cells = names.map((name) => rows.get(name)?.cells ?? []);
  return {
    format: 'nvidia-smi-topo',
    devices: names.map((name) => deviceOf(name, rows.get(name)?.rest ?? [], legend)),
    cells,
    warnings: asymmetries(names, cells),
  };
}

function readRow(
  content: string,
  line: number,
  names: readonly string[],
  rows: Map<string, TopoRow>,
  issues: TextIssues,
): void {
  const [first, ...rest] = words(content);
  if (!first) return;
  const at = { line, path: first.text };
  if (!names.includes(first.text)) {
    issues.add({
      ...at,
      code: 'unknown-device',
      column: first.column,
      message: `${first.text} is not in the header`,
      expected: names.join(', '),
    });
    return;
  }
  if (rows.has(first.text)) {
    issues.add({ ...at, code: 'duplicate', column: first.column, message: `the row of ${first.text} comes twice` });
    return;
  }
  const cells: TopoCell[] = [];
  for (const [i, name] of names.entries()) {
    const word = rest[i];
    const cell = word && cellOf(word.text);
    if (cell) {
      cells.push(cell);
      continue;
    }
    const column = word?.column ?? content.trimEnd().length + 1;
    const path = `${first.text}.${name}`;
    const expected = 'X, NV#, PIX, PXB, PHB, NODE or SYS';
    if (word)
      issues.add({
        code: 'bad-cell',
        line,
        column,
        path,
        message: `"${word.text}" is no connection`,
        expected,
        received: word.text,
      });
    else
      issues.add({
        code: 'truncated',
        line,
        column,
        path,
        message: `the row is cut: ${rest.length} of ${names.length} cells`,
        expected,
      });
    break;
  }
  rows.set(first.text, {
    cells,
    rest: rest.slice(names.length).map((word) => word.text),
    cut: rest.length < names.length,
  });
}

function deviceOf(name: string, rest: readonly string[], legend: ReadonlyMap<string, string>): TopoDevice {
  if (!name.startsWith('GPU')) return { name, kind: 'nic', device: legend.get(name) ?? name };
  const [cpuAffinity, numaAffinity] = rest;
  return {
    name,
    kind: 'gpu',
    ...(cpuAffinity === undefined ? {} : { cpuAffinity }),
    ...(numaAffinity === undefined ? {} : { numaAffinity }),
  };
}

function asymmetries(names: readonly string[], cells: readonly (readonly TopoCell[])[]): string[] {
  const warnings: string[] = [];
  cells.forEach((row, i) => {
    for (let j = 0; j < i; j++) {
      const [a, b] = [row[j], cells[j]?.[i]];
      if (a?.kind !== b?.kind || a?.nvlinks !== b?.nvlinks) {
        warnings.push(`${names[i]} and ${names[j]} are joined differently in the two halves of the table`);
      }
    }
    if (row[i]?.kind !== 'self') warnings.push(`${names[i]} has no X on the diagonal`);
  });
  return warnings;
}
