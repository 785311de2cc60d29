import { chart, chartWidth, escapeText, inkOn, linearScale, px } from './plot-area.js';

export interface GanttBlock {
  readonly start: number;
  readonly end: number;
  readonly colour: string;
  readonly tooltip: () => string;
  /** Written inside where there is room. */
  readonly label: string;
}

export interface GanttRow {
  readonly label: string;
  readonly blocks: readonly GanttBlock[];
}

export interface Gantt {
  readonly title: string;
  readonly rows: readonly GanttRow[];
  readonly from: number;
  readonly to: number;
  readonly showTime: (seconds: number) => string;
}

const left = 118;
const right = chartWidth - 12;
/** Over so many blocks they are drawn as one path a colour, without tooltips: a page of megabytes helps nobody. */
const mostTooltips = 2500;

/** Rows of blocks over time. */
export function gantt({ title, rows, from, to, showTime }: Gantt): string {
  const rowHeight = Math.max(7, Math.min(22, 420 / rows.length));
  const scale = linearScale(from, to, left, right, 7);
  const bottom = rows.length * rowHeight;
  const seen = rows.map(({ label, blocks }) => ({
    label,
    blocks: blocks.filter(({ start, end }) => end > from && start < to),
  }));
  const count = seen.reduce((sum, { blocks }) => sum + blocks.length, 0);
  const grid = scale.ticks.map((value) => {
    const at = px(scale.at(value));
    return `<line class="grid" x1="${at}" y1="0" x2="${at}" y2="${px(bottom)}"/><text x="${at}" y="${px(bottom + 18)}" text-anchor="middle">${escapeText(showTime(value))}</text>`;
  });
  const every = Math.ceil(14 / rowHeight);
  const lines = seen.map(({ label, blocks }, row) => {
    const y = row * rowHeight;
    const box = (block: GanttBlock): readonly [number, number] => {
      const x = scale.at(Math.max(from, block.start));
      return [x, scale.at(Math.min(to, block.end)) - x];
    };
    const drawn =
      count > mostTooltips
        ? paths(blocks, box, y, rowHeight)
        : blocks.map((block) => rect(block, box(block), y, rowHeight)).join('');
    const name =
      row % every === 0
        ? `<text x="${left - 8}" y="${px(y + rowHeight / 2)}" dy=".34em" text-anchor="end">${escapeText(label)}</text>`
        : '';
    return `${name}<rect class="empty" x="${left}" y="${px(y + 0.5)}" width="${right - left}" height="${px(rowHeight - 1)}"/>${drawn}`;
  });
  return chart(bottom + 26, title, [...lines, ...grid]);
}

function rect(block: GanttBlock, [x, width]: readonly [number, number], y: number, rowHeight: number): string {
  const { colour, label, tooltip } = block;
  const box = `<rect x="${px(x)}" y="${px(y + 0.5)}" width="${px(Math.max(width - 0.4, 0.2))}" height="${px(rowHeight - 1)}" fill="${colour}"><title>${escapeText(tooltip())}</title></rect>`;
  if (label === '' || width < label.length * 7.5 + 3 || rowHeight < 13) return box;
  return `${box}<text class="inside" x="${px(x + width / 2)}" y="${px(y + rowHeight / 2)}" dy=".34em" text-anchor="middle" style="fill:${inkOn(colour)}">${escapeText(label)}</text>`;
}

function paths(
  blocks: readonly GanttBlock[],
  box: (block: GanttBlock) => readonly [number, number],
  y: number,
  rowHeight: number,
): string {
  const byColour = new Map<string, string[]>();
  for (const block of blocks) {
    const [x, width] = box(block);
    const list = byColour.get(block.colour) ?? [];
    list.push(`M${px(x)} ${px(y + 0.5)}h${px(width)}v${px(rowHeight - 1)}h${px(-width)}z`);
    byColour.set(block.colour, list);
  }
  return [...byColour].map(([colour, list]) => `<path fill="${colour}" d="${list.join('')}"/>`).join('');
}
