import { escapeText } from './svg/plot-area.js';

export { escapeText as escapeHtml } from './svg/plot-area.js';

const style = `:root{color-scheme:light dark;--ink:#1c1c1e;--soft:#5c5c63;--paper:#fff;--panel:#f4f4f6;--line:#dcdce0;--mark:#0072b2}
@media(prefers-color-scheme:dark){:root{--ink:#e6e6ea;--soft:#a2a2ab;--paper:#17171a;--panel:#232328;--line:#3a3a42;--mark:#56b4e9}}
body{font:15px/1.5 system-ui,sans-serif;max-width:66rem;margin:2rem auto;padding:0 1.2rem;color:var(--ink);background:var(--paper)}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2.4rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}h3{font-size:1rem;margin-bottom:.3rem}
p.lead,figcaption,.soft{color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}
td,th{padding:.25rem .65rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}td:first-child,th:first-child{text-align:left}
.wrap td,.wrap thead th{white-space:normal;text-align:left;overflow-wrap:anywhere}
figure{margin:1rem 0}.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1rem}
pre.command{white-space:pre-wrap;overflow-wrap:anywhere}.pair svg.chart{max-width:34rem}
svg.chart{width:100%;height:auto;display:block;font:12px system-ui,sans-serif}svg.chart text{fill:var(--ink)}svg.chart .axis{fill:var(--soft)}
svg.chart .value{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
svg.chart .inside{font-size:10px}svg.chart .grid{stroke:var(--line)}svg.chart .empty{fill:var(--panel)}svg.chart .ideal{stroke:var(--soft)}
svg.chart .mark{stroke:var(--mark)}svg.chart .dot{fill:var(--mark)}svg.chart .limit{stroke:var(--ink);stroke-width:2;stroke-dasharray:4 3}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.5rem 0}.swatch{display:inline-block;width:.9em;height:.9em;margin-right:.4em;border-radius:2px;vertical-align:-.08em}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.8rem;margin:1.2rem 0}.tiles div{background:var(--panel);border-radius:8px;padding:.7rem 1rem}
.tiles b{display:block;font-size:1.4rem}pre{background:var(--panel);padding:1rem;border-radius:8px;overflow:auto;font-size:13px}
.warning{border-left:4px solid #d55e00;padding-left:.8rem}summary{cursor:pointer}
@media print{body{max-width:none}h2{break-after:avoid}figure{break-inside:avoid}}`;

/** A page that stands alone: no script, nothing fetched. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeText(title)}</title><style>${style}</style></head>
<body><h1>${escapeText(title)}</h1>
${body}
</body></html>
`;
}

/** A table that scrolls where it is wider than the page. @param kind `wrap`: cells of text, which break into lines. */
export function htmlTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  kind: 'figures' | 'wrap' = 'figures',
): string {
  const line = (cells: readonly string[], tag: 'td' | 'th'): string =>
    `<tr>${cells
      .map((cell, i) => {
        const open = tag === 'th' ? '<th scope="col">' : i === 0 ? '<th scope="row">' : '<td>';
        return `${open}${escapeText(cell)}</${tag === 'th' || i === 0 ? 'th' : 'td'}>`;
      })
      .join('')}</tr>`;
  return `<div class="scroll"><table class="${kind}"><thead>${line(head, 'th')}</thead><tbody>\n${rows.map((row) => line(row, 'td')).join('\n')}\n</tbody></table></div>`;
}

/** Figures that are seen first. */
export function tiles(list: readonly { readonly name: string; readonly value: string }[]): string {
  const items = list.map(({ name, value }) => `<div><b>${escapeText(value)}</b>${escapeText(name)}</div>`);
  return `<div class="tiles">${items.join('')}</div>`;
}

export const figure = (body: string, caption: string): string =>
  `<figure>${body}<figcaption>${escapeText(caption)}</figcaption></figure>`;

/** What a page says of its own origin. */
export interface PageOrigin {
  readonly commandLine: string;
  readonly warnings: readonly string[];
}

/** What brought the page about: warnings, how to make it again, the scenario if it is of one. */
export function originSection({ commandLine, warnings }: PageOrigin, scenario?: unknown): string {
  const notes = warnings.map((warning) => `<p class="warning">${escapeText(warning)}</p>`);
  const whole =
    scenario === undefined
      ? ''
      : `<details><summary>The scenario, complete</summary><pre>${escapeText(JSON.stringify(scenario, null, 2))}</pre></details>`;
  return [
    '<h2>Where this comes from</h2>',
    ...notes,
    `<p>The same page again:</p>\n<pre class="command">${escapeText(commandLine)}</pre>`,
    whole,
  ].join('\n');
}
