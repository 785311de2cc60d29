/** Plain tree of a parsed file. */
export type Tree = Record<string, unknown>;

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function getPath(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isTree(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, root);
}

/** A copy of the tree with one path set; maps on the way are made as needed. Keys that reach prototypes are refused by returning undefined. */
export function withPath(root: Tree, path: readonly string[], value: unknown): Tree | undefined {
  const [key, ...rest] = path;
  if (key === undefined || key === '__proto__' || key === 'constructor' || key === 'prototype') return undefined;
  if (rest.length === 0) return { ...root, [key]: value };
  const child = root[key];
  if (Array.isArray(child)) {
    const [index, ...deeper] = rest;
    const copy: unknown[] = [...child];
    const at = Number(index);
    if (!Number.isInteger(at) || at < 0 || at > copy.length) return undefined;
    if (deeper.length === 0) copy[at] = value;
    else {
      const inner = withPath(isTree(copy[at]) ? copy[at] : {}, deeper, value);
      if (!inner) return undefined;
      copy[at] = inner;
    }
    return { ...root, [key]: copy };
  }
  const inner = withPath(isTree(child) ? child : {}, rest, value);
  return inner ? { ...root, [key]: inner } : undefined;
}
