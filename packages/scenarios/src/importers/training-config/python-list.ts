/** Longest list that is made: no model has more layers. */
const most = 10_000;

/**
 * Value of a Python list expression of whole numbers, such as `([0]*3+[1]*58)` or `[1,1,0]*4`, as arguments of Megatron-LM
 * have it; undefined for any other text.
 */
export function pythonList(text: string): number[] | undefined {
  const tokens = text.replaceAll(/["'\s]/g, '').match(/\d+|[[\](),+*]|./g) ?? [];
  let at = 0;
  const atom = (): number[] | undefined => {
    const open = tokens[at++];
    if (open === '(') {
      const inner = sum();
      return tokens[at++] === ')' ? inner : undefined;
    }
    if (open !== '[') return undefined;
    const items: number[] = [];
    while (/^\d+$/.test(tokens[at] ?? '')) {
      items.push(Number(tokens[at++]));
      if (tokens[at] === ',') at++;
    }
    return tokens[at++] === ']' ? items : undefined;
  };
  const product = (): number[] | undefined => {
    let list = atom();
    while (tokens[at] === '*') {
      at++;
      const times = Number(tokens[at++]);
      if (list === undefined || !Number.isInteger(times) || list.length * times > most) return undefined;
      const one: number[] = list;
      list = Array.from({ length: times }, () => one).flat();
    }
    return list;
  };
  const sum = (): number[] | undefined => {
    let list = product();
    while (tokens[at] === '+') {
      at++;
      const next = product();
      list = list && next && list.length + next.length <= most ? [...list, ...next] : undefined;
    }
    return list;
  };
  const list = sum();
  return at === tokens.length ? list : undefined;
}
