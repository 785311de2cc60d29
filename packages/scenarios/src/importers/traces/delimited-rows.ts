import { plainLines } from '../text-issues.js';

export interface DelimitedRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Rows of a CSV or TSV text; a cell may be quoted with " and then hold the delimiter. Empty lines are left out. */
export function delimitedRows(text: string, delimiter: ',' | '\t'): DelimitedRow[] {
  return plainLines(text).flatMap((content, index) =>
    content.trim() === '' ? [] : [{ line: index + 1, cells: cellsOf(content, delimiter) }],
  );
}

function cellsOf(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter).map((cell) => cell.trim());
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i];
    if (char === '"') {
      if (quoted && line[i + 1] === '"') {
        cell += '"';
        i++;
      } else quoted = !quoted;
    } else if (char === delimiter && !quoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += char;
  }
  return [...cells, cell.trim()];
}

/** Cells of a row by the names of the header. */
export function byHeader(header: readonly string[], row: DelimitedRow): Readonly<Record<string, string>> {
  return Object.fromEntries(header.map((name, column) => [name, row.cells[column] ?? '']));
}

/** A number; NaN for an empty cell or text. */
export function numberOf(cell: string | undefined): number {
  return cell === undefined || cell.trim() === '' ? Number.NaN : Number(cell);
}
