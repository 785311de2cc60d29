import type { ScoredRow } from '@regatta/scenarios';
import { percent } from './format.js';

const width = 900;
const height = 640;
const left = 70;
const top = 44;
const bottom = height - 60;
const right = 620;
/** Width of the band about the diagonal. */
const band = 0.1;

/** Colours that people of any colour vision tell apart (Okabe and Ito), then the same darker. */
const palette = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
  '#8c6d00',
  '#5b2a86',
  '#7f7f7f',
];
const shapes = ['circle', 'square', 'triangle'] as const;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const seconds = (value: number): string => {
  if (value >= 1) return `${Number(value.toPrecision(3))} s`;
  return value >= 1e-3 ? `${Number((value * 1e3).toPrecision(3))} ms` : `${Number((value * 1e6).toPrecision(3))} us`;
};

function mark(shape: (typeof shapes)[number], x: number, y: number, size: number): string {
  if (shape === 'circle') return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${size}"`;
  if (shape === 'square')
    return `<rect x="${(x - size).toFixed(1)}" y="${(y - size).toFixed(1)}" width="${2 * size}" height="${2 * size}"`;
  const points = [
    [x, y - size * 1.2],
    [x - size * 1.1, y + size * 0.8],
    [x + size * 1.1, y + size * 0.8],
  ];
  return `<polygon points="${points.map(([a = 0, b = 0]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(' ')}"`;
}

/** Ticks at 1, 2 and 5 of each power of ten, or at the powers alone where they would crowd. */
function ticksOf(low: number, high: number): number[] {
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const steps = high - low > 2.5 ? [1] : [1, 2, 5];
  return powers
    .flatMap((power) => steps.map((step) => step * 10 ** power))
    .filter((value) => Math.log10(value) >= low - 1e-9 && Math.log10(value) <= high + 1e-9);
}

/** Predicted against measured step time, both logarithmic, coloured by source, with a band of 10 % about the diagonal, as SVG. */
export function scatterSvg(rows: readonly ScoredRow[]): string {
  const values = rows
    .flatMap((row) => [row.predictedStepSeconds, row.measuredStepSeconds])
    .filter((value) => value > 0);
  const low = Math.log10(Math.min(...(values.length > 0 ? values : [1]))) - 0.1;
  const high = Math.log10(Math.max(...(values.length > 0 ? values : [10]))) + 0.1;
  const share = (value: number): number => (Math.log10(value) - low) / (high - low);
  const x = (value: number): number => left + share(value) * (right - left);
  const y = (value: number): number => bottom - share(value) * (bottom - top);
  const sources = [...new Set(rows.map((row) => row.source))].sort();
  const style = (source: string): { colour: string; shape: (typeof shapes)[number] } => {
    const at = sources.indexOf(source);
    return {
      colour: palette[at % palette.length] ?? '#000000',
      shape: shapes[Math.floor(at / palette.length) % shapes.length] ?? 'circle',
    };
  };
  const [first, last] = [10 ** low, 10 ** high];
  const edge = (factor: number): string => {
    const from = factor >= 1 ? first : first / factor;
    const to = factor >= 1 ? last / factor : last;
    return `${x(from).toFixed(1)},${y(from * factor).toFixed(1)} ${x(to).toFixed(1)},${y(to * factor).toFixed(1)}`;
  };
  const corners = `${x(first).toFixed(1)},${y(first).toFixed(1)}`;
  const far = `${x(last).toFixed(1)},${y(last).toFixed(1)}`;
  const [upperFrom, upperTo] = edge(1 + band).split(' ');
  const [lowerFrom, lowerTo] = edge(1 - band).split(' ');
  const ticks = ticksOf(low, high).flatMap((value) => [
    `<line x1="${x(value).toFixed(1)}" y1="${top}" x2="${x(value).toFixed(1)}" y2="${bottom}" stroke="#e4e4e4"/>`,
    `<line x1="${left}" y1="${y(value).toFixed(1)}" x2="${right}" y2="${y(value).toFixed(1)}" stroke="#e4e4e4"/>`,
    `<text x="${x(value).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${seconds(value)}</text>`,
    `<text x="${left - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${seconds(value)}</text>`,
  ]);
  const dots = rows.map((row) => {
    const { colour, shape } = style(row.source);
    const title = `${row.id} ${row.model}, ${row.gpus} x ${row.hardware}: ${seconds(row.predictedStepSeconds)} predicted, ${seconds(row.measuredStepSeconds)} measured, ${row.signedError >= 0 ? '+' : ''}${percent(row.signedError)}`;
    return `${mark(shape, x(row.measuredStepSeconds), y(row.predictedStepSeconds), 3.2)} fill="${colour}" fill-opacity="0.55"><title>${escaped(title)}</title></${shape === 'circle' ? 'circle' : shape === 'square' ? 'rect' : 'polygon'}>`;
  });
  const legend = sources.flatMap((source, i) => {
    const own = rows.filter((row) => row.source === source && !row.uncertain);
    const error = own.reduce((sum, row) => sum + row.error, 0) / Math.max(1, own.length);
    const { colour, shape } = style(source);
    const at = top + 30 + i * 22;
    const name = source.length > 26 ? `${source.slice(0, 25)}…` : source;
    return [
      `${mark(shape, right + 28, at - 4, 4.5)} fill="${colour}"/>`,
      `<text x="${right + 40}" y="${at}">${escaped(name)}</text>`,
      `<text x="${width - 12}" y="${at}" text-anchor="end">${own.length}, ${percent(error)}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${left}" y="26" font-size="15" font-weight="bold">Step times of ${rows.length} runs: predicted against measured</text>`,
    `<clipPath id="area"><rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"/></clipPath>`,
    `<polygon clip-path="url(#area)" points="${[corners, upperFrom, upperTo, far, lowerTo, lowerFrom].join(' ')}" fill="#0072b2" fill-opacity="0.12"/>`,
    ...ticks,
    `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="#888"/>`,
    `<polyline points="${corners} ${far}" stroke="#444" fill="none"/>`,
    ...dots,
    `<text x="${right + 20}" y="${top + 8}" font-weight="bold">source</text><text x="${width - 12}" y="${top + 8}" text-anchor="end" font-weight="bold">rows, mean |error|</text>`,
    ...legend,
    `<text x="${right + 20}" y="${bottom - 22}">line: predicted = measured</text>`,
    `<text x="${right + 20}" y="${bottom - 4}">band: within ${percent(band, 0)} of measured</text>`,
    `<text x="${(left + right) / 2}" y="${height - 18}" text-anchor="middle">measured step time</text>`,
    `<text transform="translate(18 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">predicted step time</text>`,
    '</svg>\n',
  ].join('\n');
}

/** The plot with the rows beneath it, worst first, as a page of its own. */
export function scatterHtml(rows: readonly ScoredRow[]): string {
  const head = [
    'row',
    'model',
    'device',
    'stack',
    'GPUs',
    'type',
    'predicted',
    'measured',
    'error',
    'fits',
    'use',
    'assumed',
  ];
  const lines = [...rows]
    .sort((a, b) => b.error - a.error)
    .map((row) => [
      row.id,
      row.model,
      row.hardware,
      row.stack,
      String(row.gpus),
      row.precision,
      seconds(row.predictedStepSeconds),
      seconds(row.measuredStepSeconds),
      `${row.signedError >= 0 ? '+' : ''}${percent(row.signedError)}`,
      row.fits ? 'yes' : 'no',
      `${row.use}${row.uncertain ? ', uncertain' : ''}`,
      row.assumed.join('; '),
    ]);
  const cells = (tag: 'th' | 'td', texts: readonly string[]): string =>
    `<tr>${texts.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>Regatta: predicted against measured</title>',
    '<style>body{font-family:sans-serif;margin:1.5rem;color:#222}svg{max-width:100%;height:auto}table{border-collapse:collapse;font-size:12px}th,td{padding:3px 8px;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}th{position:sticky;top:0;background:#fff}td:nth-child(5),td:nth-child(n+7):nth-child(-n+9){text-align:right;white-space:nowrap}</style></head><body>',
    scatterSvg(rows),
    `<table><thead>${cells('th', head)}</thead><tbody>`,
    ...lines.map((line) => cells('td', line)),
    '</tbody></table></body></html>\n',
  ].join('\n');
}
