/** Names of a Slurm hostlist, or where and why it cannot be read (offset from 0). */
export type Hostlist =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly offset: number; readonly message: string };

/** Most names that one hostlist may expand to; Slurm's own limit is 64 Ki hosts. */
const most = 1 << 20;

class HostlistError extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** Expands `n[0-3,08-11]x,m5`: zero padding is kept, several brackets multiply. */
export function expandHostlist(text: string): Hostlist {
  try {
    const names: string[] = [];
    let start = 0;
    let depth = 0;
    for (let i = 0; i <= text.length; i++) {
      const char = text[i];
      if (char === '[') depth++;
      else if (char === ']') depth--;
      if (depth < 0 || depth > 1) throw new HostlistError(i, `unexpected "${char}"`);
      if (char !== undefined && !(char === ',' && depth === 0)) continue;
      if (depth === 1) throw new HostlistError(text.lastIndexOf('['), 'the bracket is not closed: the list is cut');
      if (i === start) throw new HostlistError(i, 'a name is missing');
      for (const name of expandOne(text.slice(start, i), start)) names.push(name);
      if (names.length > most) throw new HostlistError(start, `more than ${most} names`);
      start = i + 1;
    }
    return { ok: true, names };
  } catch (error) {
    if (error instanceof HostlistError) return { ok: false, offset: error.offset, message: error.message };
    throw error;
  }
}

function expandOne(text: string, base: number): string[] {
  let names = [''];
  let at = 0;
  for (const bracket of text.matchAll(/\[([^\]]*)\]/g)) {
    const before = text.slice(at, bracket.index);
    const values = expandRanges(bracket[1] ?? '', base + bracket.index + 1);
    if (names.length * values.length > most) throw new HostlistError(base, `more than ${most} names`);
    names = names.flatMap((name) => values.map((value) => name + before + value));
    at = bracket.index + bracket[0].length;
  }
  const rest = text.slice(at);
  return names.map((name) => name + rest);
}

function expandRanges(text: string, base: number): string[] {
  let offset = base;
  return text.split(',').flatMap((range) => {
    const at = offset;
    offset += range.length + 1;
    const match = /^(\d+)(?:-(\d+))?$/.exec(range.trim());
    if (!match) throw new HostlistError(at, `"${range}" is no number or range`);
    const [, first = '', last = first] = match;
    const [low, high] = [Number(first), Number(last)];
    if (high < low) throw new HostlistError(at, `the range ${range} runs backwards`);
    if (high - low >= most) throw new HostlistError(at, `the range ${range} has more than ${most} names`);
    const width = first.startsWith('0') ? first.length : 0;
    return Array.from({ length: high - low + 1 }, (_, i) => String(low + i).padStart(width, '0'));
  });
}
