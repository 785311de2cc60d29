import type { CollectiveTable } from '@regatta/scenarios';

/** Microseconds in seven columns, as nccl-tests prints them. */
function microseconds(seconds: number): string {
  const time = seconds * 1e6;
  return time.toFixed(time >= 9999.5 ? 0 : time >= 99.995 ? 1 : 2);
}

/** Elements of 4 bytes as nccl-tests counts them: of one rank's part where each holds a part. */
function elements({ op, gpus }: CollectiveTable, bytes: number): number {
  const parts = op === 'all_gather' || op === 'reduce_scatter' || op === 'all_to_all' ? gpus : 1;
  return Math.floor(bytes / 4 / parts);
}

/** The table of nccl-tests, with the algorithm and protocol of each size behind it. */
export function collectiveText(table: CollectiveTable): string {
  const { op, gpus, cluster, device, launchSeconds, rows } = table;
  const redop = op === 'all_reduce' || op === 'reduce_scatter' || op === 'reduce' ? 'sum' : 'none';
  const root = op === 'broadcast' || op === 'reduce' ? '0' : '-1';
  const line = (cells: readonly string[]): string => {
    const [size = '', count = '', type = '', op = '', where = '', time = '', algbw = '', busbw = '', ...names] = cells;
    const numbers = `${size.padStart(12)}  ${count.padStart(12)}  ${type.padStart(8)}  ${op.padStart(6)}  ${where.padStart(6)}`;
    return `${numbers}  ${time.padStart(7)}  ${algbw.padStart(6)}  ${busbw.padStart(6)}  ${names.map((name) => name.padEnd(9)).join('  ')}`.trimEnd();
  };
  const mean = rows.reduce((sum, row) => sum + row.busbwGBps, 0) / Math.max(1, rows.length);
  return [
    `# ${op}_perf, simulated: ${gpus} x ${device} on ${cluster}, one rank a GPU; an iteration takes ${microseconds(launchSeconds)} us at least`,
    '#',
    line(['#       size', 'count', 'type', 'redop', 'root', 'time', 'algbw', 'busbw', 'algorithm', 'protocol']),
    line(['#        (B)', '(elements)', '', '', '', '(us)', '(GB/s)', '(GB/s)']),
    ...rows.map((row) =>
      line([
        String(row.bytes),
        String(elements(table, row.bytes)),
        'float',
        redop,
        root,
        microseconds(row.seconds),
        row.algbwGBps.toFixed(2),
        row.busbwGBps.toFixed(2),
        row.algorithm,
        row.protocol,
      ]),
    ),
    `# Avg bus bandwidth    : ${mean.toPrecision(6)}`,
    '',
  ].join('\n');
}
