/**
 * Layers of each global stage: each of the p*v chunks gets floor(L/(p*v)); the rest go one each to chunks 1, 2, ... in order,
 * the last chunk and then the first get theirs last, since they also carry head and embedding (spec/model.md 4.5).
 * @throws RangeError when there are fewer layers than chunks.
 */
export function layersOfStages(layers: number, pipeline: number, virtualStages: number): number[] {
  const chunks = pipeline * virtualStages;
  if (layers < chunks) throw new RangeError(`layersOfStages: ${layers} layers cannot fill ${chunks} chunks`);
  const base = Math.floor(layers / chunks);
  const rest = layers - base * chunks;
  const order: number[] = [];
  for (let chunk = 1; chunk < chunks - 1; chunk++) order.push(chunk);
  if (chunks > 1) order.push(chunks - 1);
  order.push(0);
  const counts = new Array<number>(chunks).fill(base);
  for (const chunk of order.slice(0, rest)) counts[chunk] = base + 1;
  return counts;
}
