import type { TopologySummary } from '@regatta/sim-core';
import { grouped } from './format.js';

/** Bytes per second for people: GB/s, TB/s, PB/s. */
function rate(bytesPerSecond: number): string {
  const [unit = '', factor = 1] = (
    [
      ['PB/s', 1e15],
      ['TB/s', 1e12],
      ['GB/s', 1e9],
    ] as const
  ).find(([, least]) => bytesPerSecond >= least) ?? ['MB/s', 1e6];
  return `${Number((bytesPerSecond / factor).toPrecision(4))} ${unit}`;
}

function count(value: number): string {
  return Number.isInteger(value) ? grouped(value) : value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function micros(seconds: number): string {
  return `${Number((seconds * 1e6).toPrecision(3))} us`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** Rows under a heading: the first column to the left, numbers to the right. */
function table(heading: string, columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [columns, ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('   ')}`.trimEnd();
  return ['', heading, ...(columns.some((name) => name !== '') ? all : rows).map(line)];
}

/** The summary of a cluster as aligned text. */
export function topologyText(summary: TopologySummary, warnings: readonly string[] = []): string {
  const { scaleUp, job } = summary;
  const inside = scaleUp.kind === 'pcie' ? 'PCIe' : 'NVSwitch';
  const lines = [
    `${summary.name}: ${count(summary.nodes)} nodes of ${summary.gpusPerNode} ${summary.device} = ${count(summary.gpus)} GPUs, ${count(summary.nics)} NICs`,
    `scale-up: ${inside}, ${count(scaleUp.domains)} domains of ${scaleUp.domainGpus} GPUs, ${rate(scaleUp.bytesPerSecond)} a GPU each way, ${micros(scaleUp.latencySeconds)}`,
    `fabric: ${summary.fabric}, ${summary.rails} ${summary.rails === 1 ? 'rail' : 'rails'}, routing ${summary.routing}`,
  ];
  if (summary.tiers.length > 0) {
    const rows = summary.tiers.map((tier) => [
      tier.name,
      count(tier.count),
      count(tier.downPorts),
      count(tier.upPorts),
    ]);
    lines.push(...table('switches', ['tier', 'count', 'ports down', 'ports up'], rows));
  }
  const cables = summary.cables.map((tier) => [
    tier.name,
    count(tier.cables),
    rate(tier.bytesPerSecond),
    rate(tier.totalBytesPerSecond),
  ]);
  lines.push(...table('cables', ['between', 'count', 'each, one way', 'together'], cables));
  const paths = summary.paths.map((path) => [
    path.between,
    count(path.switches),
    count(path.paths),
    micros(path.latencySeconds),
  ]);
  lines.push(
    ...table('ways', ['apart by', summary.fabric === 'torus' ? 'hops' : 'switches', 'equal ways', 'latency'], paths),
  );
  const { leaf, spine, overall } = summary.oversubscription;
  lines.push(
    ...table(
      'figures',
      ['', ''],
      [
        [
          'bisection, one way',
          summary.nodes < 2
            ? 'one node'
            : `${rate(summary.bisectionBytesPerSecond)} (${percent(summary.bisectionShare)} of full)`,
        ],
        ['oversubscription', `${count(overall)}:1 (leaf ${count(leaf)}:1, spine ${count(spine)}:1)`],
        [
          'diameter',
          `${summary.diameter.switches} ${summary.fabric === 'torus' ? 'hops' : 'switches'}, ${micros(summary.diameter.latencySeconds)}`,
        ],
      ],
    ),
  );
  if (job) {
    lines.push(
      ...table(
        'the job occupies',
        ['', ''],
        [
          ['GPUs', `${count(job.gpus)} (${percent(job.shareOfGpus)})`],
          ['nodes', `${count(job.nodes)}${job.partialNodes > 0 ? ` (${count(job.partialNodes)} in part)` : ''}`],
          ['scale-up domains', count(job.scaleUpDomains)],
          ['first switches', `${count(job.leaves)} (${count(job.fewestLeaves)} if packed)`],
          ...(job.pods > 0 ? [['pods', count(job.pods)]] : []),
          ['NICs, one way', rate(job.nicBytesPerSecond)],
        ],
      ),
    );
  }
  if (warnings.length > 0) lines.push('', ...warnings.map((warning) => `warning: ${warning}`));
  return `${lines.join('\n')}\n`;
}
