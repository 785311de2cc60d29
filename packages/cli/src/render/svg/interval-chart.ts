import { chart, chartWidth, escapeText, linearScale, px } from './plot-area.js';

export interface IntervalMark {
  readonly name: string;
  readonly value: number;
  readonly interval: readonly [number, number];
}

export interface IntervalChart {
  readonly title: string;
  readonly marks: readonly IntervalMark[];
  /** Name of the axis. */
  readonly name: string;
  readonly show: (value: number) => string;
}

const inset = 24;
const pitch = 46;

/** Values with their intervals, one a row, around a line at zero. */
export function intervalChart({ title, marks, name, show }: IntervalChart): string {
  const ends = [0, ...marks.flatMap(({ interval }) => interval)];
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  const room = 0.05 * (high - low || 1);
  const scale = linearScale(low - room, high + room, inset, chartWidth - inset, 7);
  const bottom = marks.length * pitch + 6;
  const grid = scale.ticks.map((tick) => {
    const at = px(scale.at(tick));
    return `<line class="grid" x1="${at}" y1="0" x2="${at}" y2="${bottom}"/><text x="${at}" y="${bottom + 18}" text-anchor="middle">${escapeText(show(tick))}</text>`;
  });
  const zero = px(scale.at(0));
  const rows = marks.map(({ name: of, value, interval }, row) => {
    const y = row * pitch + 34;
    const words = `${of}: ${show(value)} (${show(interval[0])} to ${show(interval[1])})`;
    return [
      `<text class="value" x="${inset}" y="${y - 14}">${escapeText(words)}</text>`,
      `<line class="mark" stroke-width="3" x1="${px(scale.at(interval[0]))}" x2="${px(scale.at(interval[1]))}" y1="${y}" y2="${y}"/>`,
      `<circle class="dot" r="5" cx="${px(scale.at(value))}" cy="${y}"><title>${escapeText(words)}</title></circle>`,
    ].join('');
  });
  const spoken = marks.map(
    ({ name: of, value, interval }) => `${of}: ${show(value)}, from ${show(interval[0])} to ${show(interval[1])}`,
  );
  return chart(bottom + 44, `${title}. ${spoken.join('. ')}`, [
    ...grid,
    `<line class="limit" x1="${zero}" x2="${zero}" y1="0" y2="${bottom}"/>`,
    ...rows,
    `<text class="axis" x="${chartWidth / 2}" y="${bottom + 38}" text-anchor="middle">${escapeText(name)}</text>`,
  ]);
}
