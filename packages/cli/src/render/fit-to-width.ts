/** A table as `table` wrote it: its rule of dashes says where each column begins and ends. */
interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns whose text stands at the left. */
  readonly left: readonly boolean[];
}

const gap = 2;
const narrowest = 14;
const isRule = (line: string): boolean => /^-+(?: {2}-*)+$/.test(line);
const isBar = (text: string): boolean => /^[█▏▎▍▌▋▊▉ ]*$/.test(text);

/**
 * Fits a text to a terminal: tables that are wider lose their bars, then wrap their longest texts, then swap rows and columns,
 * and what still does not fit is shown row by row. Other long lines break between words, unless they are laid out in columns.
 */
export function fitToWidth(text: string, width: number): string {
  const lines = text.split('\n');
  const out: string[] = [];
  for (let i = 0; i < lines.length; ) {
    const rule = lines[i + 1];
    if (rule === undefined || !isRule(rule)) {
      const line = lines[i] ?? '';
      out.push(...(/\S {3,}\S/.test(line) || line.startsWith('#') ? [line] : wrapped(line, width)));
      i++;
      continue;
    }
    let end = i + 2;
    while (end < lines.length && (lines[end] ?? '').trim() !== '') end++;
    const block = [lines[i] ?? '', ...lines.slice(i + 2, end)];
    const widest = Math.max(rule.length, ...block.map((line) => line.length));
    out.push(...(widest <= width ? lines.slice(i, end) : narrowed(parsed(rule, block), width)));
    i = end;
  }
  return out.join('\n');
}

function parsed(rule: string, block: readonly string[]): TextTable {
  const spans: [number, number][] = [];
  for (let at = 0; at <= rule.length; ) {
    let end = at;
    while (rule[end] === '-') end++;
    spans.push([at, end]);
    at = end + gap;
  }
  const cut = (line: string): string[] => spans.map(([from, to]) => line.slice(from, to));
  const cells = block.map(cut);
  const left = spans.map((_, column) => cells.every((row) => !/^ /.test(row[column] ?? '') || column === 0));
  const [head = [], ...rows] = cells.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.trimEnd() : cell.trim())),
  );
  return { head, rows, left };
}

function narrowed(table: TextTable, width: number): string[] {
  const bars = table.head.map((title, column) => title === '' && table.rows.every((row) => isBar(row[column] ?? '')));
  const kept = withColumns(table, (column) => !bars[column]);
  for (const candidate of [kept, swapped(kept)]) {
    const widths = shrunk(naturalWidths(candidate), candidate.left, width);
    if (widths) return drawn(candidate, widths);
  }
  return records(kept, width);
}

const naturalWidths = ({ head, rows }: TextTable): number[] =>
  head.map((title, column) => longest([title, ...rows.map((row) => row[column] ?? '')]));

/** The table with its rows as columns. */
function swapped({ head, rows }: TextTable): TextTable {
  const [corner = '', ...titles] = head;
  return {
    head: [corner.trim(), ...rows.map((row) => (row[0] ?? '').trim())],
    rows: titles.map((title, column) => [title, ...rows.map((row) => row[column + 1] ?? '')]),
    left: [true, ...rows.map(() => false)],
  };
}

const longest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));

function withColumns({ head, rows, left }: TextTable, keep: (column: number) => boolean): TextTable {
  const of = <T>(row: readonly T[]): T[] => row.filter((_, column) => keep(column));
  return { head: of(head), rows: rows.map(of), left: of(left) };
}

/** Widths that fit, the widest text columns made narrower; undefined when there is no such. */
function shrunk(natural: readonly number[], left: readonly boolean[], width: number): number[] | undefined {
  const widths = [...natural];
  const room = width - gap * (widths.length - 1);
  for (;;) {
    const total = widths.reduce((sum, one) => sum + one, 0);
    if (total <= room) return widths;
    let widest = -1;
    widths.forEach((one, column) => {
      if (left[column] && one > narrowest && one > (widths[widest] ?? 0)) widest = column;
    });
    if (widest < 0) return undefined;
    widths[widest] = Math.max(narrowest, (widths[widest] ?? 0) - (total - room > 8 ? 4 : 1));
  }
}

function drawn({ head, rows, left }: TextTable, widths: readonly number[]): string[] {
  const row = (cells: readonly string[]): string[] => {
    const parts = cells.map((cell, column) => wrapped(cell, widths[column] ?? 0));
    const height = Math.max(...parts.map((part) => part.length));
    return Array.from({ length: height }, (_, line) =>
      parts
        .map((part, column) => {
          const text = part[line] ?? '';
          const size = widths[column] ?? 0;
          return left[column] ? text.padEnd(size) : text.padStart(size);
        })
        .join(' '.repeat(gap))
        .trimEnd(),
    );
  };
  return [...row(head), widths.map((size) => '-'.repeat(size)).join(' '.repeat(gap)), ...rows.flatMap(row)];
}

/** One block of lines a row: its first cell, then the others with their titles. */
function records({ head, rows }: TextTable, width: number): string[] {
  const titles = longest(head.slice(1));
  return rows.flatMap((cells) => [
    ...wrapped(`${head[0]?.trim() ? `${head[0].trim()}: ` : ''}${(cells[0] ?? '').trim()}`, width),
    ...cells.slice(1).flatMap((cell, i) => {
      if (cell === '') return [];
      const title = head[i + 1] ?? '';
      // A title that leaves no room for its value is followed by it in running text.
      if (titles + narrowest + 4 > width) return wrapped(`  ${title}: ${cell}`, width);
      const label = `  ${title.padEnd(titles)}  `;
      return wrapped(cell, width - label.length).map((part, line) =>
        line === 0 ? label + part : ' '.repeat(label.length) + part,
      );
    }),
  ]);
}

/** A line broken between words; what has no blank is cut. Its indentation is kept. */
function wrapped(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const indent = /^ */.exec(line)?.[0].slice(0, Math.floor(width / 2)) ?? '';
  const out: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width);
    const cut = at > indent.length ? at : width;
    out.push(rest.slice(0, cut).trimEnd());
    rest = indent + rest.slice(cut).trimStart();
  }
  return [...out, rest];
}
