import { offloadedOptimizerSeconds, optimizerSeconds } from '../operator-time.js';
import { heldParameters, parameterGroupSizes } from './parameter-groups.js';
import type { StageWriter } from './stage-writer.js';
import { TemplateBuilder } from './template.js';

/** Adam on the device or, offloaded, on its host. */
function updateSeconds(writer: StageWriter, updated: number): number {
  const { job, device } = writer;
  const { offloadOptimizer, dataOverlap, gradientBytes, bucketBytes } = job.options;
  if (!offloadOptimizer) return optimizerSeconds(device, updated);
  if (!dataOverlap && job.parallel.zero < 3)
    return offloadedOptimizerSeconds(device, updated, gradientBytes, 0, updated);
  let backward = 0;
  for (const part of writer.parts(0))
    for (const o of part.backward) if (o.kind !== 'communication') backward += o.seconds;
  return offloadedOptimizerSeconds(device, updated, gradientBytes, backward, bucketBytes / 4);
}

/** Writes the end of a step: tied embedding, gradient norm and loss scale, optimizer, gather of parameters, what Python does once a step. */
export function writeFinish(writer: StageWriter): void {
  const { job, device, tables, rank } = writer;
  const { pipeline, zero, tensor } = job.parallel;
  const sizes = parameterGroupSizes(job);
  const held = heldParameters(writer);
  const builder = new TemplateBuilder();
  const shared = job.model.tiedEmbeddings || (job.model.mtpLayers ?? 0) > 0;
  // In a V the first and the last stage are one rank's.
  const apart = pipeline > 1 && writer.schedule.layout !== 'v';
  if (shared && apart && (rank === 0 || rank === pipeline - 1)) {
    const bytes = (job.options.gradientBytes * job.model.vocab * job.model.hidden) / tensor;
    builder.collective(tables.collective('tie', 'all_reduce', bytes));
  }
  builder.collective(tables.collective('world', 'all_reduce', 8));
  const shards = zero >= 1 ? sizes : { shard: 1, expertData: 1 };
  const updated = held.dense / Math.max(1, shards.shard) + held.expert / Math.max(1, shards.expertData);
  builder.compute(2, updateSeconds(writer, updated), 0, 'optimizer');
  if (zero >= 1 && zero < 3 && !job.options.dataOverlap) {
    if (sizes.data > 1) builder.collective(tables.collective('data', 'all_gather', 2 * held.dense));
    if (sizes.expertData > 1 && held.expert > 0) {
      builder.collective(tables.collective('expertData', 'all_gather', 2 * held.expert));
    }
  }
  builder.compute(2, device.stepOverheadSeconds, 0);
  writer.run(tables.add(builder), true, 'optimizer step');
}
