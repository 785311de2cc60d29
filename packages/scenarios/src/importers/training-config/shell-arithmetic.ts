/**
 * Value of a bash arithmetic expression of whole numbers, + - * / % and parentheses. Names are looked up; undefined when one
 * has no value, on division by zero and for any other operator.
 */
export function shellArithmetic(source: string, lookUp: (name: string) => string | undefined): number | undefined {
  const tokens = source.match(/\$?\{?[A-Za-z_]\w*\}?|\d+|[-+*/%()]|\S/g) ?? [];
  let at = 0;
  const primary = (): number | undefined => {
    const token = tokens[at++];
    if (token === undefined) return undefined;
    if (token === '(') {
      const value = sum();
      return tokens[at++] === ')' ? value : undefined;
    }
    if (token === '-') {
      const value = primary();
      return value === undefined ? undefined : -value;
    }
    if (token === '+') return primary();
    if (/^\d+$/.test(token)) return Number(token);
    const name = /^\$?\{?([A-Za-z_]\w*)\}?$/.exec(token)?.[1];
    const text = name === undefined ? undefined : lookUp(name);
    return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
  };
  const product = (): number | undefined => {
    let value = primary();
    while (tokens[at] === '*' || tokens[at] === '/' || tokens[at] === '%') {
      const operator = tokens[at++];
      const right = primary();
      if (value === undefined || right === undefined) return undefined;
      if (operator === '*') value *= right;
      else if (right === 0) return undefined;
      else value = operator === '/' ? Math.trunc(value / right) : value % right;
    }
    return value;
  };
  const sum = (): number | undefined => {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-') {
      const operator = tokens[at++];
      const right = product();
      if (value === undefined || right === undefined) return undefined;
      value = operator === '+' ? value + right : value - right;
    }
    return value;
  };
  const value = sum();
  return at === tokens.length ? value : undefined;
}
