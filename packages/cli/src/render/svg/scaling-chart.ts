import { grouped } from '../format.js';
import { axes, chart, escapeText, linearScale, logScale, type PlotArea, px } from './plot-area.js';

export interface ScalingMark {
  readonly gpus: number;
  readonly value: number;
  /** Ends of an interval around the value. */
  readonly interval?: readonly [number, number];
}

export interface ScalingChart {
  readonly title: string;
  readonly marks: readonly ScalingMark[];
  /** What would be there without any loss, at the same GPU counts. */
  readonly ideal?: readonly ScalingMark[];
  /** Both axes logarithmic, as growth is read; otherwise values are on a linear axis. */
  readonly logarithmic: boolean;
  /** Ends of a linear axis; absent: of the values. */
  readonly range?: readonly [number, number];
  readonly yName: string;
  readonly show: (value: number) => string;
}

/** Two of them stand side by side. */
const width = 440;
const height = 290;
const area: PlotArea = { left: 62, right: width - 20, top: 34, bottom: height - 48 };

/** A figure by GPU count, which is on a logarithmic axis, against what would be ideal. */
export function scalingChart({ title, marks, ideal = [], logarithmic, range, yName, show }: ScalingChart): string {
  const counts = marks.map(({ gpus }) => gpus);
  const values = [...marks, ...ideal].flatMap(({ value, interval = [value, value] }) => [value, ...interval]);
  const inset = { from: area.left + 24, to: area.right - 24 };
  const x = logScale(counts, inset.from, inset.to);
  const [low, high] = range ?? [Math.min(...values), Math.max(...values)];
  const y = logarithmic
    ? logScale(
        [low, high],
        area.bottom - 26,
        area.top + 14,
        ideal.length > 0 ? ideal.map(({ value }) => value) : [low, high],
      )
    : linearScale(low, high, area.bottom, area.top + 24);
  const point = ({ gpus, value }: ScalingMark): string => `${px(x.at(gpus))},${px(y.at(value))}`;
  const line = (list: readonly ScalingMark[], style: string): string =>
    list.length < 2 ? '' : `<polyline ${style} fill="none" points="${list.map(point).join(' ')}"/>`;
  const whiskers = marks.flatMap(({ gpus, interval }) =>
    interval
      ? [
          `<line class="mark" stroke-width="2" x1="${px(x.at(gpus))}" x2="${px(x.at(gpus))}" y1="${px(y.at(interval[0]))}" y2="${px(y.at(interval[1]))}"/>`,
        ]
      : [],
  );
  const dots = marks.map((mark) => {
    const text = `${grouped(mark.gpus)} GPUs: ${show(mark.value)}`;
    const end = mark.gpus === counts.at(-1);
    // Beside the line: rising ones of a logarithmic chart leave room below, falling ones above.
    const below = end !== logarithmic ? 18 : -9;
    const label = `<text class="value" x="${px(x.at(mark.gpus) + (end ? -8 : 8))}" y="${px(y.at(mark.value) + below)}" text-anchor="${end ? 'end' : 'start'}">${escapeText(show(mark.value))}</text>`;
    return `<circle class="dot" r="5" cx="${px(x.at(mark.gpus))}" cy="${px(y.at(mark.value))}"><title>${escapeText(text)}</title></circle>${label}`;
  });
  const spoken = `${title}: ${marks.map(({ gpus, value }) => `${show(value)} at ${gpus} GPUs`).join(', ')}`;
  return chart(
    height,
    spoken,
    [
      axes(area, { scale: x, name: 'GPUs', label: grouped }, { scale: y, name: yName, label: show }),
      line(ideal, 'class="ideal" stroke-dasharray="6 5"'),
      line(marks, 'class="mark" stroke-width="2"'),
      ...whiskers,
      ...dots,
    ],
    width,
  );
}
