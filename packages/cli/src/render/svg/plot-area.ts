/** A text made safe for HTML and SVG. */
export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A coordinate with as many digits as a screen shows. */
export const px = (value: number): string => String(Math.round(value * 100) / 100);

/** Width of every chart in its own units; a page scales it. */
export const chartWidth = 760;

/** One axis: values to units of the chart. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** Round numbers within a range, about as many as asked for. */
export function niceTicks(low: number, high: number, about: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough) ?? 10 * power;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

export function linearScale(low: number, high: number, from: number, to: number, about = 5): Scale {
  return {
    low,
    high,
    ticks: niceTicks(low, high, about),
    at: (value) => from + ((value - low) / (high - low || 1)) * (to - from),
  };
}

/** Logarithmic, with a tick at each of the given values. */
export function logScale(values: readonly number[], from: number, to: number, ticks = values): Scale {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = Math.log(high / low) || 1;
  return { low, high, ticks, at: (value) => from + (Math.log(value / low) / span) * (to - from) };
}

export interface PlotArea {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Grid lines, tick labels and names of both axes. */
export function axes(
  area: PlotArea,
  x: { readonly scale: Scale; readonly name: string; readonly label: (value: number) => string },
  y: { readonly scale: Scale; readonly name: string; readonly label: (value: number) => string },
): string {
  const { left, right, top, bottom } = area;
  const across = y.scale.ticks.map((value) => {
    const at = px(y.scale.at(value));
    return `<line class="grid" x1="${left}" y1="${at}" x2="${right}" y2="${at}"/><text x="${left - 8}" y="${at}" dy=".32em" text-anchor="end">${escapeText(y.label(value))}</text>`;
  });
  const up = x.scale.ticks.map((value) => {
    const at = px(x.scale.at(value));
    return `<line class="grid" x1="${at}" y1="${top}" x2="${at}" y2="${bottom}"/><text x="${at}" y="${bottom + 18}" text-anchor="middle">${escapeText(x.label(value))}</text>`;
  });
  const names = [
    `<text class="axis" x="${px((left + right) / 2)}" y="${bottom + 38}" text-anchor="middle">${escapeText(x.name)}</text>`,
    `<text class="axis" x="${left}" y="${top - 12}" text-anchor="start">${escapeText(y.name)}</text>`,
  ];
  return [...across, ...up, ...names].join('\n');
}

/** A chart that says in words what it shows, for those who do not see it. */
export function chart(height: number, title: string, body: readonly string[], width = chartWidth): string {
  return `<svg class="chart" viewBox="0 0 ${width} ${px(height)}" role="img" aria-label="${escapeText(title)}">\n${body.join('\n')}\n</svg>`;
}

/** Black or white, whichever is read on a colour (#rrggbb). */
export function inkOn(colour: string): string {
  const channel = (at: number): number => Number.parseInt(colour.slice(at, at + 2), 16) / 255;
  return 0.299 * channel(1) + 0.587 * channel(3) + 0.114 * channel(5) > 0.6 ? '#000' : '#fff';
}

/** Colours and what they stand for, as a list that breaks into lines. */
export function legend(entries: readonly { readonly name: string; readonly colour: string }[]): string {
  const items = entries.map(
    ({ name, colour }) => `<li><span class="swatch" style="background:${colour}"></span>${escapeText(name)}</li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}
