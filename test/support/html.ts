/** What is wrong with a page that must stand alone and be well formed: tags that do not close, and what would be fetched or run. */
export function pageProblems(html: string): string[] {
  const problems: string[] = [];
  const open: string[] = [];
  const single = new Set(['meta', 'br', 'hr', 'link', 'img']);
  for (const [, slash, name = '', rest = ''] of html.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^">])*)>/g)) {
    if (slash === '/') {
      const last = open.pop();
      if (last !== name) problems.push(`</${name}> closes <${last}>`);
    } else if (!single.has(name) && !rest.endsWith('/')) open.push(name);
  }
  if (open.length > 0) problems.push(`open: ${open.join(' ')}`);
  for (const pattern of [
    /<script/i,
    /<link/i,
    /<img/i,
    /\bsrc=/i,
    /\bhref=/i,
    /url\(/i,
    /@import/i,
    /https?:\/\//i,
    /NaN|undefined|Infinity/,
  ])
    if (pattern.test(html)) problems.push(`holds ${pattern}`);
  for (const [svg] of html.matchAll(/<svg[^>]*>/g))
    if (!/role="img" aria-label="[^"]{10,}"/.test(svg)) problems.push(`has no words: ${svg}`);
  return problems;
}
