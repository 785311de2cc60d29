import type { ReplayPoint, ReplayReport } from '@regatta/scenarios';
import type { StepTimeline } from '@regatta/sim-core';
import { causeColour, causeName } from './cause-names.js';
import { duration, gibibytes, number, percent, whole } from './format.js';
import { escapeHtml, figure, htmlPage, htmlTable, originSection, tiles } from './html-page.js';
import { pipelineChart } from './pipeline-chart.js';
import { pointRow, pointTitles, shareOf } from './replay-text.js';
import { scalingChart } from './svg/scaling-chart.js';
import { stackedBars } from './svg/stacked-bars.js';

export interface ReplayPage {
  readonly report: ReplayReport;
  /** The step of the largest GPU count. */
  readonly timeline: StepTimeline;
  readonly warnings: readonly string[];
  readonly commandLine: string;
}

const gpusOf = (point: ReplayPoint): string => `${whole(point.gpus)} GPUs`;

function scalingSection({ points, baselineGpus, scaling }: ReplayReport): string {
  if (points.length < 2) return '';
  const speedup = scalingChart({
    title: `Speedup against ${whole(baselineGpus)} GPUs`,
    marks: points.map(({ gpus, speedup: value }) => ({ gpus, value })),
    ideal: points.map(({ gpus, idealSpeedup: value }) => ({ gpus, value })),
    logarithmic: true,
    yName: 'speedup (dashed: ideal)',
    show: (value) => `${number(value, 4)}x`,
  });
  const lowest = Math.min(...points.map((point) => point.scalingEfficiency));
  const highest = Math.max(1, ...points.map((point) => point.scalingEfficiency));
  const efficiency = scalingChart({
    title: 'Linear-scaling efficiency',
    marks: points.map(({ gpus, scalingEfficiency: value }) => ({ gpus, value })),
    logarithmic: false,
    range: [Math.min(0.9, Math.floor(lowest * 10) / 10), highest],
    yName: 'linear-scaling efficiency',
    show: (value) => percent(value),
  });
  const batch = scaling === 'weak' ? 'the batch grows with the GPUs' : 'the same batch on more GPUs';
  return `<h2>Scaling</h2>\n<div class="pair">${figure(speedup, `Throughput over that of ${whole(baselineGpus)} GPUs, ${scaling} scaling: ${batch}.`)}${figure(efficiency, 'Speedup over the ideal one. The axis does not begin at 0.')}</div>`;
}

function lossSection({ points, baselineGpus }: ReplayReport): string {
  const causes = (points[0]?.loss ?? []).map(({ cause }) => cause);
  const shown = causes.filter((cause) => points.some((point) => Math.abs(shareOf(point, cause)) >= 5e-5));
  const base = points.find((point) => point.gpus === baselineGpus);
  const bars = stackedBars({
    title: 'Where GPU time goes',
    full: 1,
    bars: points.map((point) => ({
      label: gpusOf(point),
      parts: shown.map((cause) => ({
        name: causeName(cause),
        colour: causeColour(cause),
        value: shareOf(point, cause),
        text: percent(shareOf(point, cause)),
      })),
    })),
  });
  const others = points.filter((point) => point !== base);
  const lost = (share: number): string => {
    const text = (100 * share).toFixed(2);
    return Number(text) === 0 ? '0.00' : share > 0 ? `+${text}` : text;
  };
  const head = ['share of GPU time', ...points.map(gpusOf), ...others.map((point) => `${whole(point.gpus)}: lost`)];
  const rows = shown.map((cause) => [
    causeName(cause),
    ...points.map((point) => percent(shareOf(point, cause), 2)),
    ...others.map((point) => (base ? lost(shareOf(point, cause) - shareOf(base, cause)) : '')),
  ]);
  const against = others.length > 0 ? ` Lost: percentage points against ${whole(baselineGpus)} GPUs.` : '';
  return `<h2>Where GPU time goes</h2>\n${figure(bars, `Every GPU-second has one cause; the ideal share is the MFU.${against}`)}\n${htmlTable(head, rows)}`;
}

const memoryParts = [
  ['weightsBytes', 'weights', '#0072b2'],
  ['gradientsBytes', 'gradients', '#56b4e9'],
  ['optimizerBytes', 'optimizer states', '#009e73'],
  ['activationsBytes', 'activations', '#e69f00'],
  ['otherBytes', 'buffers, NCCL, context', '#b8b8b8'],
] as const;

function memorySection({ points }: ReplayReport): string {
  const device = points[0]?.memory.deviceBytes ?? 0;
  const full = Math.max(device, ...points.map((point) => point.memory.peakBytes));
  const bars = stackedBars({
    title: 'Memory of the fullest rank',
    full,
    limit: { value: device, name: `device: ${gibibytes(device)}` },
    bars: points.map((point) => ({
      label: gpusOf(point),
      parts: memoryParts.map(([key, name, colour]) => ({
        name,
        colour,
        value: point.memory[key],
        text: gibibytes(point.memory[key]),
      })),
    })),
  });
  const rows = points.map(({ gpus, memory }) => [
    whole(gpus),
    ...memoryParts.map(([key]) => gibibytes(memory[key])),
    gibibytes(memory.peakBytes),
    memory.fits ? 'fits' : 'does not fit',
    String(memory.worstRank),
  ]);
  const head = ['GPUs', ...memoryParts.map(([, name]) => name), 'peak', '', 'fullest rank'];
  return `<h2>Memory</h2>\n${figure(bars, 'Peak of the rank that holds most, by part.')}\n${htmlTable(head, rows)}`;
}

function assumptions({ scenario }: ReplayReport): string {
  const { job, cluster } = scenario;
  const table = (title: string, fields: Readonly<Record<string, unknown>>): string =>
    `<h3>${title}</h3>\n${htmlTable(['field', 'value'], flattened(fields), 'wrap')}`;
  const { model: _model, options, ...rest } = job;
  return `<h2>Assumptions</h2>\n<div class="pair"><div>${table('Job', rest)}${table('Options', options)}</div><div>${table('Device and its software stack', cluster.device)}${table('Network', cluster.fabric)}</div></div>`;
}

/** Fields and their values, those of maps with dotted names. */
function flattened(fields: Readonly<Record<string, unknown>>, prefix = ''): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]): [string, string][] => {
    const path = prefix + name;
    if (Array.isArray(value)) return [[path, JSON.stringify(value)]];
    if (typeof value === 'object' && value !== null) return flattened({ ...value }, `${path}.`);
    const text =
      typeof value === 'number' && Math.abs(value) >= 1e6 ? value.toExponential().replace('e+', 'e') : String(value);
    return [[path, text]];
  });
}

/** A replay as a page of its own: scaling, where the time goes, memory, the pipeline in time, what was assumed. */
export function replayHtml({ report, timeline, warnings, commandLine }: ReplayPage): string {
  const { scenario, points, scaling, baselineGpus } = report;
  const { device } = scenario.cluster;
  const last = points.at(-1);
  const lead = `${scenario.job.model.name ?? 'model'} on ${device.name ?? 'device'} (stack ${device.stack ?? 'inline'})${points.length > 1 ? `, ${scaling} scaling against ${whole(baselineGpus)} GPUs` : ''}. Simulated; no GPU was used.`;
  const headline = last
    ? tiles([
        { name: `step of ${whole(last.gpus)} GPUs`, value: duration(last.stepSeconds) },
        { name: 'tokens/s', value: whole(last.tokensPerSecond) },
        { name: 'MFU', value: percent(last.mfu) },
        { name: 'linear-scaling efficiency', value: percent(last.scalingEfficiency) },
        { name: 'memory of the fullest rank', value: gibibytes(last.memory.peakBytes) },
      ])
    : '';
  return htmlPage(
    scenario.name,
    [
      `<p class="lead">${escapeHtml(lead)}</p>`,
      headline,
      htmlTable(pointTitles, points.map(pointRow)),
      scalingSection(report),
      lossSection(report),
      memorySection(report),
      pipelineChart(timeline, last?.gpus ?? 0),
      assumptions(report),
      originSection({ commandLine, warnings }, scenario),
    ].join('\n'),
  );
}
