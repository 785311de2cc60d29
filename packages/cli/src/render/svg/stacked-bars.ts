import { chart, chartWidth, escapeText, inkOn, legend, px } from './plot-area.js';

export interface BarPart {
  readonly name: string;
  readonly colour: string;
  readonly value: number;
  /** The value as a person reads it. */
  readonly text: string;
}

export interface StackedBar {
  readonly label: string;
  readonly parts: readonly BarPart[];
}

export interface StackedBars {
  readonly title: string;
  readonly bars: readonly StackedBar[];
  /** Value at the right end of the chart. */
  readonly full: number;
  /** A line across all bars, with its name. */
  readonly limit?: { readonly value: number; readonly name: string };
}

const left = 118;
const right = chartWidth - 12;
const barHeight = 30;
const pitch = 42;
/** Room that a part needs to hold its text. */
const letter = 7.5;

/** Horizontal bars of parts, one below the other, with what the colours mean. */
export function stackedBars({ title, bars, full, limit }: StackedBars): string {
  const top = limit ? 24 : 6;
  const scale = (right - left) / full;
  const rows = bars.map(({ label, parts }, row) => {
    const y = top + row * pitch;
    let at = left;
    const rects = parts.map(({ name, colour, value, text }) => {
      const width = Math.max(0, value * scale);
      const x = at;
      at += width;
      const rect = `<rect x="${px(x)}" y="${y}" width="${px(width)}" height="${barHeight}" fill="${colour}"><title>${escapeText(`${label}, ${name}: ${text}`)}</title></rect>`;
      return width > text.length * letter + 6
        ? `${rect}<text x="${px(x + width / 2)}" y="${y + barHeight / 2}" dy=".34em" text-anchor="middle" style="fill:${inkOn(colour)}">${escapeText(text)}</text>`
        : rect;
    });
    return `<text x="${left - 8}" y="${y + barHeight / 2}" dy=".34em" text-anchor="end">${escapeText(label)}</text>${rects.join('')}`;
  });
  const height = top + bars.length * pitch;
  const mark = limit
    ? [
        `<line class="limit" x1="${px(left + limit.value * scale)}" x2="${px(left + limit.value * scale)}" y1="${top - 4}" y2="${height - 6}"/>`,
        `<text x="${px(left + limit.value * scale)}" y="14" text-anchor="end">${escapeText(limit.name)}</text>`,
      ]
    : [];
  const spoken = bars.map(
    ({ label, parts }) =>
      `${label}: ${parts
        .filter(({ value }) => value > 0)
        .map(({ name, text }) => `${name} ${text}`)
        .join(', ')}`,
  );
  const names = new Map(bars.flatMap(({ parts }) => parts.map(({ name, colour }) => [name, colour] as const)));
  const key = legend([...names].map(([name, colour]) => ({ name, colour })));
  return `${chart(height, `${title}. ${spoken.join('. ')}`, [...rows, ...mark])}\n${key}`;
}
