import type { Job } from './job.js';

/** Chunks in the order in which they take one layer more than others: the first has embeddings to carry, the last the head. */
function takers(chunks: number): number[] {
  const order: number[] = [];
  for (let chunk = 1; chunk < chunks; chunk++) order.push(chunk);
  order.push(0);
  return order;
}

/**
 * Layers of each global stage: each of the p*v chunks gets floor(L/(p*v)); the rest go one each to chunks 1, 2, ... in order,
 * the last chunk and then the first get theirs last, since they also carry head and embedding (spec/model.md 4.5).
 * @throws RangeError when there are fewer layers than chunks.
 */
export function layersOfStages(layers: number, pipeline: number, virtualStages: number): number[] {
  const chunks = pipeline * virtualStages;
  if (layers < chunks) throw new RangeError(`layersOfStages: ${layers} layers cannot fill ${chunks} chunks`);
  const base = Math.floor(layers / chunks);
  const counts = new Array<number>(chunks).fill(base);
  for (const chunk of takers(chunks).slice(0, layers - base * chunks)) counts[chunk] = base + 1;
  return counts;
}

/**
 * Layers of each global stage where the pipeline ranks that hold them differ in speed: layers go one by one to the stage
 * whose rank would be done first with it. On ranks of one speed that is `layersOfStages`.
 * @param rankOfStage Pipeline rank that holds each stage.
 * @param secondsOfRank Seconds of one layer on each rank.
 * @throws RangeError when there are fewer layers than stages.
 */
export function layersBySpeed(
  layers: number,
  rankOfStage: readonly number[],
  secondsOfRank: readonly number[],
): number[] {
  const stages = rankOfStage.length;
  if (layers < stages) throw new RangeError(`layersBySpeed: ${layers} layers cannot fill ${stages} chunks`);
  const counts = new Array<number>(stages).fill(1);
  const held = new Array<number>(secondsOfRank.length).fill(0);
  for (const rank of rankOfStage) held[rank] = (held[rank] ?? 0) + 1;
  const order = takers(stages);
  for (let left = layers - stages; left > 0; left--) {
    let best = order[0] ?? 0;
    let least = Number.POSITIVE_INFINITY;
    for (const stage of order) {
      const rank = rankOfStage[stage] ?? 0;
      const seconds = secondsOfRank[rank] ?? 1;
      // Of the chunks of one rank the emptiest is filled first.
      const done = ((held[rank] ?? 0) + 1) * seconds + 1e-6 * seconds * (counts[stage] ?? 0);
      if (done < least * (1 - 1e-12)) {
        least = done;
        best = stage;
      }
    }
    counts[best] = (counts[best] ?? 0) + 1;
    const rank = rankOfStage[best] ?? 0;
    held[rank] = (held[rank] ?? 0) + 1;
  }
  return counts;
}

/**
 * Layers of each of a job's global stages: as `options.stageLayers` lists them, else evenly.
 * @throws RangeError when the list does not have a number for each stage, or does not hold all layers.
 */
export function stageLayersOf(job: Pick<Job, 'model' | 'options'>, stages: number): readonly number[] {
  const { stageLayers } = job.options;
  if (!stageLayers) return layersOfStages(job.model.layers, stages, 1);
  if (stageLayers.length !== stages)
    throw new RangeError(`stageLayers: lists ${stageLayers.length} stages, the schedule has ${stages}`);
  const total = stageLayers.reduce((sum, count) => sum + count, 0);
  if (total !== job.model.layers)
    throw new RangeError(`stageLayers: hold ${total} layers, the model has ${job.model.layers}`);
  return stageLayers;
}
